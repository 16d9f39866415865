"""What each endpoint can bear."""

from collections.abc import Iterable, Iterator, Mapping

from bytebridge.api.database_budget import DatabaseBudgetSpec
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Claim, mongodb_endpoint
from bytebridge.budget.endpoints import Endpoint, endpoint

Limits = Mapping[Endpoint, int]
"""Connections that services may share: the maximum less the reserved."""


def limits_of(
    services: Iterable[ScalableService],
    budgets: Iterable[DatabaseBudgetSpec],
    kept: Iterable[tuple[Endpoint, int]] = (),
) -> dict[Endpoint, int]:
    """The limit of every endpoint that has one.

    A DatabaseBudget goes first; of several services that disagree, or several budgets, the lowest
    counts: the others would be refused.

    Args:
        services: Whose spec is understood.
        budgets: DatabaseBudgets.
        kept: Limits of services whose spec was understood once.
    """
    limits: dict[Endpoint, int] = {}
    stated = (each for service in services for each in _limits_by_service(service))
    for of, usable in (*stated, *kept):
        limits[of] = min(usable, limits.get(of, usable))
    ruled: dict[Endpoint, int] = {}
    for budget in budgets:
        of = endpoint(budget.host, budget.port)
        usable = budget.max_connections - budget.reserved_connections
        ruled[of] = min(usable, ruled.get(of, usable))
    return limits | ruled


def _limits_by_service(service: ScalableService) -> Iterator[tuple[Endpoint, int]]:
    postgres, mongodb = service.spec.database.postgres, service.spec.database.mongodb
    if mongodb is not None and mongodb.max_connections is not None:
        usable = mongodb.max_connections - mongodb.reserved_connections
        yield mongodb_endpoint(mongodb, service.metadata.namespace), usable
    if postgres is None or postgres.max_connections is None:
        return
    namespace, reserved = service.metadata.namespace, postgres.reserved_connections
    yield (
        endpoint(postgres.writer.host, postgres.writer.port, namespace),
        postgres.max_connections - reserved,
    )
    for reader in postgres.readers:
        limit = reader.max_connections or postgres.max_connections
        yield endpoint(reader.host, reader.port, namespace), max(0, limit - reserved)


def budgeted(claims: Iterable[Claim], limits: Limits) -> list[Claim]:
    """Claims whose endpoints all have a limit; the others are nobody's business."""
    return [claim for claim in claims if all(of in limits for of in claim.shares)]
