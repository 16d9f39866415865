"""The budget's laws, for any services in any order."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bytebridge.budget.claims import Claim, ClaimKey
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.reservations import Reservation, bookings_of, settle_beside
from bytebridge.budget.settlement import Books, Settlement
from bytebridge.budget.shares import Ledger, fair_shares
from unit.budget.build import DATABASE, after_rollouts, claim, key, most_connections, settled

REPLICAS = st.integers(1, 60)
POOLS = st.integers(1, 8)


@given(st.integers(1, 5_000), REPLICAS, POOLS)
def test_rounding_loses_no_more_than_one_connection_a_pool(
    limit: int, replicas: int, pools: int
) -> None:
    alone = claim("a", replicas, pools, most=10_000)
    found = settled(limit, alone).grants.get(key("a"))
    if found is not None and found.max_replicas == replicas:
        assert limit - found.connections < alone.connections(1, replicas)
    else:
        assert alone.connections(1, replicas) > limit


@given(
    st.integers(1, 3_000),
    st.lists(st.tuples(REPLICAS, POOLS, st.integers(1, 5)), min_size=1, max_size=6),
)
def test_fair_shares_leave_nothing_that_could_be_had(
    limit: int, wanted: list[tuple[int, int, int]]
) -> None:
    claims = [
        claim(str(number), replicas, pools, weight, most=500)
        for number, (replicas, pools, weight) in enumerate(wanted)
    ]
    shares, ledger = fair_shares(claims, {DATABASE: limit}), Ledger({DATABASE: limit})
    for each in claims:
        share = shares[each.key]
        ledger.take(each, each.connections(share.pool_size, share.max_replicas))
    left = ledger.left[DATABASE]
    assert left >= 0
    for each in claims:
        share = shares[each.key]
        if share.max_replicas == each.max_replicas and share.pool_size < each.max_pool_size:
            assert each.connections(1, each.max_replicas) > left


LIMITS = {Endpoint("w", 1): 300, Endpoint("r1", 1): 120, Endpoint("r2", 1): 90}
HALVES = {Endpoint("r1", 1): Fraction(1, 2), Endpoint("r2", 1): Fraction(2, 3)}


class Cluster(RuleBasedStateMachine):
    """Services come, change, roll out, cannot be understood any more, and go."""

    def __init__(self) -> None:
        super().__init__()
        self.claims: dict[ClaimKey, Claim] = {}
        self.settlement = Settlement()
        self.spoiled: set[ClaimKey] = set()
        self.count = 0

    def _settle(self, reopened: frozenset[ClaimKey] = frozenset()) -> Settlement:
        self.settlement = self._settled(reopened)
        return self.settlement

    def _settled(self, reopened: frozenset[ClaimKey] = frozenset()) -> Settlement:
        held = self.settlement.grants
        understood = [each for of, each in self.claims.items() if of not in self.spoiled]
        reserved = [
            Reservation(of, held[of], bookings_of(self.claims[of], held[of], LIMITS))
            for of in self.spoiled
        ]
        return settle_beside(Books(understood, LIMITS, held, reopened), reserved)

    @rule(replicas=REPLICAS, pools=POOLS, weight=st.integers(1, 4), reads=st.booleans())
    def add(self, replicas: int, pools: int, weight: int, reads: bool) -> None:
        before = dict(self.settlement.grants)
        self.count += 1
        shares = HALVES if reads else {Endpoint("w", 1): Fraction(1)}
        new = claim(str(self.count), replicas, pools, weight, shares=shares)
        self.claims[new.key] = new
        after = self._settle()
        for held, grant in before.items():
            assert after.grants[held].pool_size >= 1
            assert after.grants[held].max_replicas >= grant.max_replicas
        assert len(after.shrunk) <= 1

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), replicas=REPLICAS)
    def change(self, data: st.DataObject, replicas: int) -> None:
        changed = data.draw(st.sampled_from(sorted(self.claims)))
        self.spoiled.discard(changed)
        self.claims[changed] = replace(self.claims[changed], max_replicas=replicas)
        self._settle(frozenset({changed}))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        gone = data.draw(st.sampled_from(sorted(self.claims)))
        del self.claims[gone]
        self.spoiled.discard(gone)
        self._settle()

    @precondition(lambda self: self.settlement.grants)
    @rule(data=st.data())
    def spoil(self, data: st.DataObject) -> None:
        spoiled = data.draw(st.sampled_from(sorted(self.settlement.grants)))
        self.spoiled.add(spoiled)
        before = self.settlement.grants[spoiled]
        assert self._settle().grants[spoiled] == before

    @rule()
    def rollouts_end(self) -> None:
        self.settlement = after_rollouts(self.settlement)
        self._settle()

    @invariant()
    def no_endpoint_has_more_than_it_bears(self) -> None:
        ledger = Ledger(LIMITS)
        for held, grant in self.settlement.grants.items():
            ledger.take(self.claims[held], grant.held)
        assert min(ledger.left.values()) >= 0

    @invariant()
    def all_pods_together_stay_within_what_is_held(self) -> None:
        for held, grant in self.settlement.grants.items():
            assert most_connections(self.claims[held], grant) <= grant.held

    @invariant()
    def a_settlement_settles(self) -> None:
        before = self.settlement.grants
        assert self._settled().grants == before


Cluster.TestCase.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
TestCluster = Cluster.TestCase
