"""Claims of the tests."""

from fractions import Fraction

from bytebridge.budget.claims import Claim, ClaimKey, Role
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.grants import Grant
from bytebridge.budget.settlement import Books, Settlement, settle

DATABASE = Endpoint("db.legal", 5432)


def key(name: str) -> ClaimKey:
    return "legal", name, Role.WRITER


def claim(
    name: str,
    replicas: int,
    pools: int = 1,
    weight: int = 1,
    most: int = 20,
    shares: dict[Endpoint, Fraction] | None = None,
) -> Claim:
    return Claim(
        key=key(name),
        shares=shares or {DATABASE: Fraction(1)},
        max_replicas=replicas,
        max_pool_size=most,
        pools_per_pod=pools,
        weight=weight,
    )


def settled(
    limit: int,
    *claims: Claim,
    held: Settlement | None = None,
    reopened: frozenset[ClaimKey] = frozenset(),
    present: dict[ClaimKey, int] | None = None,
) -> Settlement:
    before = held.grants if held else {}
    return settle(Books(claims, {DATABASE: limit}, before, reopened, present or {}))


def after_rollouts(settlement: Settlement) -> Settlement:
    """The same once all pods have the pool size that was granted."""
    grants = {key: grant.settled() for key, grant in settlement.grants.items()}
    return Settlement(grants)


def sizes(settlement: Settlement) -> dict[str, tuple[int, int]]:
    return {
        key[1]: (grant.pool_size, grant.max_replicas) for key, grant in settlement.grants.items()
    }


def booked(settlement: Settlement) -> int:
    return sum(grant.held for grant in settlement.grants.values())


def most_connections(claim: Claim, grant: Grant) -> int:
    """Of all pods together, whichever of them have the old pool size."""
    size = max(grant.pool_size, grant.releasing_pool_size)
    return claim.connections(size, grant.ceiling)
