"""What builders must know of the databases beside the spec: what is granted, what is left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bytebridge.api.postgres import Postgres
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Role
from bytebridge.budget.grants import Grant
from bytebridge.budget.pools import PoolPlan, plan_pools


@dataclass(frozen=True, slots=True)
class Wiring:
    """Grants by role, and readers that are not to be used for now."""

    grants: Mapping[Role, Grant] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    """Hosts of readers that lag."""

    def plans(self, service: ScalableService, postgres: Postgres) -> dict[Role, PoolPlan]:
        """The sizes of each role that the service has."""
        roles = [Role.WRITER, Role.READERS] if postgres.readers else [Role.WRITER]
        most = service.spec.scaling.max_replicas
        return {role: plan_pools(postgres, self.grants.get(role), most) for role in roles}

    @property
    def pools(self) -> str:
        """The granted pool sizes in one line, as the Deployment is annotated with."""
        return ",".join(f"{role}={self.grants[role].pool_size}" for role in sorted(self.grants))


UNWIRED = Wiring()
"""Of services without a database, or without a budget for it."""
