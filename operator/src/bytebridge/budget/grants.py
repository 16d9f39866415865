"""What a claim holds, and what it held until its pods have been replaced."""

from dataclasses import dataclass, replace

from bytebridge.budget.claims import Claim


@dataclass(frozen=True, slots=True)
class Grant:
    """Connections that a claim may use; stands in the status, so that it survives the operator."""

    pool_size: int
    max_replicas: int
    connections: int
    """At the worst moment."""
    releasing_pool_size: int = 0
    """Pool size of pods that a rollout is replacing; 0: none."""
    releasing_max_replicas: int = 0
    releasing_connections: int = 0

    @property
    def held(self) -> int:
        """Connections that are booked: old and new pods together never have more."""
        return max(self.connections, self.releasing_connections)

    @property
    def ceiling(self) -> int:
        """Replicas that may run now: while old pods are there, what suffices for both."""
        if self.releasing_pool_size == 0:
            return self.max_replicas
        return min(self.max_replicas, self.releasing_max_replicas)

    def settled(self) -> "Grant":
        """The same once no pod has the old pool size any more."""
        return replace(
            self, releasing_pool_size=0, releasing_max_replicas=0, releasing_connections=0
        )


def grant(claim: Claim, pool_size: int, max_replicas: int, before: Grant | None = None) -> Grant:
    """A grant of this size.

    What stood before stays booked as well, until the pods that have it are gone: replaced by the
    rollout that a new size causes, or taken away because `maxReplicas` went down.
    """
    fresh = Grant(pool_size, max_replicas, claim.connections(pool_size, max_replicas))
    if before is None:
        return fresh
    grown = pool_size == before.pool_size and fresh.connections >= before.held
    if grown and before.releasing_pool_size == 0:
        return fresh
    return replace(
        fresh,
        releasing_pool_size=max(before.pool_size, before.releasing_pool_size),
        releasing_max_replicas=before.ceiling,
        releasing_connections=before.held,
    )
