"""What is said of budgets: obstacles and conditions of services, status of a DatabaseBudget."""

from collections.abc import Sequence
from typing import Any

from bytebridge.api.database_budget import DatabaseBudget
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Claim
from bytebridge.budget.endpoints import Endpoint, endpoint
from bytebridge.budget.grants import Grant
from bytebridge.budget.limits import Limits
from bytebridge.budget.settlement import Settlement

_MEND = (
    "raise maxConnections, lower poolsPerReplica, maxReplicas or reservedConnections, or add a "
    "pooler"
)


def blocked_words(
    claims: Sequence[Claim], settlement: Settlement, limits: Limits
) -> tuple[str, str] | None:
    """Reason and message of a service that may not start pods."""
    for claim in claims:
        grant = settlement.grants.get(claim.key)
        if grant is not None and grant.ceiling >= 1 and _suffices(claim, grant):
            continue
        of, free = _tightest(claim, settlement, limits)
        needed = claim.connections(1, 1)
        if claim.key in settlement.waiting:
            return "WaitingForConnections", (
                f"{claim.key[2].value}: {of} has {free} of {limits[of]} connections left, one "
                f"replica needs {needed}; others are giving theirs back, one rollout at a time"
            )
        return "NoConnectionsLeft", (
            f"{claim.key[2].value}: {of} has {free} of {limits[of]} connections left, and one "
            f"replica with its rollout and a terminating pod needs {needed}: {_MEND}"
        )
    return None


def short_words(
    service: ScalableService,
    claims: Sequence[Claim],
    settlement: Settlement,
    limits: Limits,
    ceiling: int | None,
) -> str | None:
    """Why fewer replicas may run than asked for; `None`: they are as many."""
    asked = service.spec.scaling.max_replicas
    if ceiling is None or ceiling >= asked or not claims:
        return None
    capped = [
        claim
        for claim in claims
        if claim.key in settlement.grants and settlement.grants[claim.key].max_replicas < asked
    ]
    if not capped:
        return None
    claim = min(capped, key=lambda each: settlement.grants[each.key].max_replicas)
    of, free = _tightest(claim, settlement, limits)
    needed = claim.connections(1, asked)
    return (
        f"{claim.key[2].value}: maxReplicas {asked} needs {needed} connections at "
        f"one a pool (surge and terminating pods counted), {of} bears {limits[of]} and has "
        f"{free} left: at most {ceiling} replicas are safe, and no more are made; {_MEND}"
    )


def budget_status(
    budget: DatabaseBudget, claims: Sequence[Claim], settlement: Settlement, limits: Limits
) -> dict[str, Any]:
    """The status of a DatabaseBudget."""
    of = endpoint(budget.spec.host, budget.spec.port)
    holders: list[dict[str, Any]] = [
        {
            "namespace": claim.key[0],
            "name": claim.key[1],
            "role": claim.key[2].value,
            "poolSize": settlement.grants[claim.key].pool_size,
            "connections": claim.load(of, settlement.grants[claim.key].held),
        }
        for claim in claims
        if of in claim.shares and claim.key in settlement.grants
    ]
    held, usable = sum(holder["connections"] for holder in holders), limits[of]
    words = (f"{each['namespace']}/{each['name']} {each['connections']}" for each in holders)
    return {
        "observedGeneration": budget.metadata.generation,
        "usableConnections": usable,
        "heldConnections": held,
        "freeConnections": usable - held,
        "holders": holders,
        "summary": ", ".join(words),
    }


def _suffices(claim: Claim, grant: Grant) -> bool:
    """Not so if the service now has more pools than what it holds was granted for."""
    return claim.connections(grant.pool_size, grant.max_replicas) <= grant.connections


def _tightest(claim: Claim, settlement: Settlement, limits: Limits) -> tuple[Endpoint, int]:
    """The endpoint of a claim that has least left, and how much."""
    left = {of: limits[of] - settlement.booked.get(of, 0) for of in claim.shares}
    of = min(left, key=lambda each: left[each])
    return of, left[of]
