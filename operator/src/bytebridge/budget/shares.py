"""Fair shares: equal pools for equal weights, as large as the endpoints allow."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

from bytebridge.budget.claims import Claim, ClaimKey
from bytebridge.budget.limits import Limits


@dataclass(frozen=True, slots=True)
class Share:
    """A pool size, and the `maxReplicas` that it suffices for; both 0: nothing."""

    pool_size: int
    max_replicas: int


class Ledger:
    """What is left of each endpoint."""

    def __init__(self, limits: Limits) -> None:
        self.left = dict(limits)

    def take(self, claim: Claim, connections: int) -> None:
        """Book connections of a claim; negative ones are given back in full pools only."""
        for of in claim.shares:
            self.left[of] -= claim.load(of, connections)

    def give_back(self, claim: Claim, connections: int) -> None:
        """Undo `take`."""
        for of in claim.shares:
            self.left[of] += claim.load(of, connections)

    def room(self, claim: Claim) -> int:
        """Connections that are left for a claim."""
        return claim.within(self.left)


def fair_shares(claims: Sequence[Claim], limits: Limits) -> dict[ClaimKey, Share]:
    """Max-min fair pool sizes by weight.

    First everyone gets pools of one connection, in the given order, so that who stands first keeps
    them whoever comes later. Then the pool that is smallest for its weight grows by one, as long as
    any may grow. So no endpoint has as much left as one more connection a pool of any claim that
    is not at its maximum.

    Args:
        claims: In the order of their priority; each has a limit at all its endpoints.
        limits: Of the endpoints.
    """
    ledger = Ledger(limits)
    shares: dict[ClaimKey, Share] = {}
    growing: list[tuple[float, int]] = []
    for place, claim in enumerate(claims):
        replicas = claim.safe_replicas(ledger.room(claim))
        shares[claim.key] = Share(1 if replicas else 0, replicas)
        if replicas:
            ledger.take(claim, claim.connections(1, replicas))
        if replicas == claim.max_replicas:
            growing.append((1 / claim.weight, place))
    heapify(growing)
    while growing:
        _, place = heappop(growing)
        claim = claims[place]
        size = _grown(claim, shares[claim.key].pool_size, ledger)
        if size:
            shares[claim.key] = Share(size, claim.max_replicas)
            heappush(growing, (size / claim.weight, place))
    return shares


def _grown(claim: Claim, size: int, ledger: Ledger) -> int:
    """Book one connection a pool more and return the new size; 0 if that is not possible."""
    now, then = (claim.connections(each, claim.max_replicas) for each in (size, size + 1))
    ledger.give_back(claim, now)
    fits = size < claim.max_pool_size and ledger.room(claim) >= then
    ledger.take(claim, then if fits else now)
    return size + 1 if fits else 0
