"""Who holds what from now on: stable, oldest first, and one rollout at a time.

- What is held stays as it is while its service does not change, whoever else comes or goes.
- A new service, or one whose spec changed, takes its fair share out of what is left; pools are
  larger only at such a moment, as each change of a pool size is a rollout.
- Only if not even one connection a pool is left although others hold more than their fair share,
  these are brought down to it: one at a time, and the next when its rollout has ended.
- If pools of one connection do not fit, replicas are capped at what does.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from bytebridge.budget.claims import Claim, ClaimKey, groups
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.grants import Grant, grant
from bytebridge.budget.limits import Limits
from bytebridge.budget.shares import Ledger, Share, fair_shares


@dataclass(frozen=True, slots=True)
class Books:
    """What is known before."""

    claims: Sequence[Claim]
    """Oldest first; every endpoint of every claim has a limit."""
    limits: Limits
    held: Mapping[ClaimKey, Grant] = field(default_factory=dict)
    reopened: AbstractSet[ClaimKey] = frozenset()
    """Claims whose spec has changed since their grant: their pods are replaced anyway."""
    present: Mapping[ClaimKey, int] = field(default_factory=dict)
    """Replicas that run now."""


@dataclass(slots=True)
class Settlement:
    """What is granted; a claim without a grant may not start pods."""

    grants: dict[ClaimKey, Grant] = field(default_factory=dict)
    waiting: set[ClaimKey] = field(default_factory=set)
    """Claims that get connections, or more of them, when others have given theirs back."""
    shrunk: dict[ClaimKey, str] = field(default_factory=dict)
    """Claims whose pools become smaller for the sake of others, with the words that tell it."""
    booked: dict[Endpoint, int] = field(default_factory=dict)
    """Connections that are held of each endpoint."""


def settle(books: Books) -> Settlement:
    """Decide who holds what."""
    result = Settlement()
    for claims in groups(books.claims):
        if all(_stands(books, claim) for claim in claims) and not _overdrawn(books, claims):
            result.grants |= {claim.key: books.held[claim.key] for claim in claims}
            continue
        by_priority = sorted(claims, key=lambda claim: _rank(books, claim))
        found = _Round(books, by_priority).settle()
        result.grants |= found.grants
        result.waiting |= found.waiting
        result.shrunk |= found.shrunk
    for claim in books.claims:
        if claim.key in result.grants:
            held = result.grants[claim.key].held
            for of in claim.shares:
                result.booked[of] = result.booked.get(of, 0) + claim.load(of, held)
    return result


def _rank(books: Books, claim: Claim) -> int:
    """Who stands first in the fair shares: what is held in full is not up for discussion."""
    if claim.key not in books.held:
        return 2
    return 0 if _stands(books, claim) else 1


def _stands(books: Books, claim: Claim) -> bool:
    """Nothing is to be done for this claim."""
    held = books.held.get(claim.key)
    return (
        held is not None
        and claim.key not in books.reopened
        and held.max_replicas == claim.max_replicas
    )


def _overdrawn(books: Books, claims: Sequence[Claim]) -> bool:
    ledger = Ledger(_limits(books, claims))
    for claim in claims:
        if claim.key in books.held:
            ledger.take(claim, books.held[claim.key].held)
    return any(left < 0 for left in ledger.left.values())


def _limits(books: Books, claims: Sequence[Claim]) -> Limits:
    """Of the endpoints of these claims alone: there may be thousands of others."""
    return {of: books.limits[of] for claim in claims for of in claim.shares}


class _Round:
    """One settlement that changes something."""

    def __init__(self, books: Books, claims: Sequence[Claim]) -> None:
        self._books = books
        self._claims = claims
        limits = _limits(books, claims)
        self._fair = fair_shares(claims, limits)
        self._ledger = Ledger(limits)
        self._result = Settlement()
        for claim in claims:
            if claim.key in books.held:
                self._book(claim, books.held[claim.key])

    def settle(self) -> Settlement:
        for claim in self._claims:
            if not _stands(self._books, claim):
                self._serve(claim)
        if self._needed_endpoints():
            self._make_room()
        return self._result

    def _book(self, claim: Claim, wanted: Grant) -> None:
        self._ledger.take(claim, wanted.held)
        self._result.grants[claim.key] = wanted

    def _serve(self, claim: Claim) -> None:
        before = self._result.grants.pop(claim.key, None)
        if before is not None:
            self._ledger.give_back(claim, before.held)
        wanted = self._best(claim, before)
        if wanted is not None:
            self._book(claim, wanted)

    def _best(self, claim: Claim, before: Grant | None) -> Grant | None:
        """The best that is to be had without touching the others."""
        room, fair = self._ledger.room(claim), self._fair[claim.key]
        if before is not None and claim.key not in self._books.reopened:
            # It was capped: replicas may come without a rollout, larger pools may not.
            replicas = claim.safe_replicas(room, before.pool_size)
            self._await_share(claim, max(replicas, before.max_replicas), fair)
            if replicas <= before.max_replicas:
                return before
            return grant(claim, before.pool_size, replicas, before)
        size = min(fair.pool_size, claim.largest_pool(room, claim.max_replicas))
        if size >= 1 and fair.max_replicas == claim.max_replicas:
            return grant(
                claim, self._unless_it_grows(claim, size, before), claim.max_replicas, before
            )
        replicas = claim.safe_replicas(room)
        self._await_share(claim, replicas, fair)
        if replicas >= 1:
            return grant(claim, 1, replicas, before)
        return before

    def _unless_it_grows(self, claim: Claim, size: int, before: Grant | None) -> int:
        """Larger pools wait until no more replicas run than they are meant for."""
        if before is None or size <= before.pool_size:
            return size
        too_many = self._books.present.get(claim.key, 0) > claim.max_replicas
        return before.pool_size if too_many else size

    def _await_share(self, claim: Claim, replicas: int, fair: Share) -> None:
        if replicas < fair.max_replicas:
            self._result.waiting.add(claim.key)

    def _needed_endpoints(self) -> set[Endpoint]:
        waiting = self._result.waiting
        needed = {of for claim in self._claims if claim.key in waiting for of in claim.shares}
        return needed | self._overdrawn()

    def _overdrawn(self) -> set[Endpoint]:
        """Endpoints whose limit was lowered below what is held."""
        return {of for of, left in self._ledger.left.items() if left < 0}

    def _holders(self, needed: set[Endpoint]) -> Iterator[tuple[Claim, Grant, Share]]:
        for claim in self._claims:
            held = self._result.grants.get(claim.key)
            if held is not None and held.pool_size and not needed.isdisjoint(claim.shares):
                yield claim, held, self._fair[claim.key]

    def _make_room(self) -> None:
        """Bring the one that is furthest above its fair share down to it, if it is its turn."""
        needed, overdrawn = self._needed_endpoints(), self._overdrawn()
        if any(held.releasing_pool_size for _, held, _ in self._holders(needed)):
            return
        surplus = {
            claim.key: (held.connections - claim.connections(fair.pool_size, held.max_replicas))
            for claim, held, fair in self._holders(needed)
            if held.pool_size > max(1, fair.pool_size)
        }
        if surplus:
            self._shrink(max(surplus, key=lambda key: surplus[key]))
        elif overdrawn:
            self._cut_youngest(overdrawn)
        else:
            # Nobody has more than a fair share: what is granted is all there is.
            self._result.waiting.clear()

    def _shrink(self, key: ClaimKey) -> None:
        claim = next(claim for claim in self._claims if claim.key == key)
        held, size = self._result.grants[key], max(1, self._fair[key].pool_size)
        self._result.grants[key] = grant(claim, size, held.max_replicas, held)
        self._result.shrunk[key] = (
            f"pools of the {key[2].value} go from {held.pool_size} to {size} "
            f"connections, so that others of {', '.join(map(str, claim.shares))} get theirs"
        )

    def _cut_youngest(self, overdrawn: set[Endpoint]) -> None:
        """A limit that was lowered below pools of one connection costs replicas."""
        for claim, held, fair in reversed(list(self._holders(overdrawn))):
            if fair.max_replicas < held.max_replicas:
                self._result.grants[claim.key] = grant(claim, 1, fair.max_replicas, held)
                self._result.shrunk[claim.key] = (
                    f"replicas that the {claim.key[2].value} suffices for go from "
                    f"{held.max_replicas} to {fair.max_replicas}: the limit was lowered"
                )
                return
