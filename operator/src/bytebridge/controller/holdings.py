"""What one service holds of its databases, as the status keeps it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Role
from bytebridge.budget.endpoints import Endpoint
from bytebridge.budget.grants import Grant
from bytebridge.budget.pools import plan_pools
from bytebridge.budget.reservations import Booking, Reservation
from bytebridge.resources.wiring import Wiring

_FIELDS = {
    "poolSize": "pool_size",
    "maxReplicas": "max_replicas",
    "connections": "connections",
    "releasingPoolSize": "releasing_pool_size",
    "releasingMaxReplicas": "releasing_max_replicas",
    "releasingConnections": "releasing_connections",
}


@dataclass(slots=True)
class Holdings:
    """Grants of one service, and what stands in the way of more."""

    grants: dict[Role, Grant] = field(default_factory=dict)
    bookings: dict[Role, tuple[Booking, ...]] = field(default_factory=dict)
    """What each grant takes of which endpoint."""
    mark: str = ""
    """What the grants were made for, see `mark_of`."""
    budgeted: bool = False
    """Its endpoints have limits."""
    blocked: tuple[str, str] | None = None
    """Reason and message why it may not start pods."""
    short: str | None = None
    """Why it has fewer replicas than asked for, with the numbers."""
    quiet_since: float | None = None
    """Since when no pod with a former pool size has been seen, on the monotonic clock."""
    left_out: frozenset[str] = frozenset()
    """Readers that lag."""
    settled: bool = field(default=False, compare=False)
    """This operator has settled them: before that nothing is built from them."""

    @property
    def wiring(self) -> Wiring:
        """For the builders."""
        return Wiring(self.grants, self.left_out)

    def ceiling(self, service: ScalableService) -> int | None:
        """Replicas that the connections suffice for; `None`: they set no bound."""
        postgres, most = service.spec.database.postgres, service.spec.scaling.max_replicas
        bounds = [grant.ceiling for grant in self.grants.values()]
        if postgres is not None:
            plans = (plan_pools(postgres, grant, most) for grant in self.grants.values())
            bounds += [plan.max_replicas for plan in plans if plan.max_replicas is not None]
        return min(bounds, default=None)


def holdings_of(status: Mapping[str, Any]) -> Holdings:
    """What a status says; an operator that starts takes over what stood."""
    database = status.get("database") or {}
    grants = {
        role: Grant(**{name: grant.get(key, 0) for key, name in _FIELDS.items()})
        for role in Role
        if (grant := database.get(role.value))
    }
    bookings = {
        role: tuple(_booking(each) for each in database[role.value].get("endpoints", ()))
        for role in grants
    }
    return Holdings(grants, bookings, database.get("mark", ""))


def status_of(holdings: Holdings) -> dict[str, Any] | None:
    """The same as the status keeps it; roles that are not held are null, so that a patch ends them.

    `None` where nothing is or was held.
    """
    if not holdings.grants and not holdings.mark:
        return None
    status: dict[str, Any] = {"mark": holdings.mark}
    for role in Role:
        grant = holdings.grants.get(role)
        status[role.value] = (
            {key: getattr(grant, name) for key, name in _FIELDS.items()}
            | {"endpoints": [_written(each) for each in holdings.bookings.get(role, ())]}
            if grant
            else None
        )
    return status


def reservations_of(key: tuple[str, str], holdings: Holdings) -> list[Reservation]:
    """What a service keeps whose spec is not understood."""
    return [
        Reservation((*key, role), grant, holdings.bookings.get(role, ()))
        for role, grant in holdings.grants.items()
    ]


def _written(booking: Booking) -> dict[str, Any]:
    of = booking.endpoint
    return {
        "host": of.host,
        "port": of.port,
        "connections": booking.connections,
        "usableConnections": booking.usable,
    }


def _booking(written: Mapping[str, Any]) -> Booking:
    of = Endpoint(written["host"], written["port"])
    return Booking(of, written["connections"], written["usableConnections"])


def mark_of(service: ScalableService) -> str:
    """Changes when the service's pods are replaced anyway, or when it wants something else.

    Only then may its pools become larger: a change of scaling never restarts a pod.
    """
    spec = service.spec
    document = spec.model_dump(mode="json", include={"template", "container", "cache", "database"})
    text = json.dumps([document, spec.scaling.max_replicas], sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
