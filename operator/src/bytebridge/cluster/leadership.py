"""A Lease, so that of several operators one acts."""

import datetime as dt
from collections.abc import Callable
from enum import Enum, auto

from bytebridge.cluster.client import ClusterClient, Manifest
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import LEASE

LEASE_SECONDS = 15


class Lead(Enum):
    """Who acts."""

    NONE = auto()
    """Another operator."""
    TAKEN = auto()
    """This one, from now on: another may have acted until now."""
    KEPT = auto()
    """This one, as before; nobody else has acted since."""


class Leadership:
    """Holds, renews and gives back one Lease."""

    def __init__(
        self,
        client: ClusterClient,
        namespace: str,
        identity: str,
        clock: Callable[[], dt.datetime],
        name: str = "bytebridge",
    ) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._clock = clock
        self._held = False
        """As of the last answer; the Lease itself tells whether somebody had it since."""

    async def acquire(self) -> Lead:
        """Take or renew the Lease.

        Raises:
            ApiError: The API server refused, or did not answer.
        """
        lease = await self._client.get(LEASE, self._namespace, self._name)
        now = self._clock()
        holder = lease["spec"].get("holderIdentity") if lease else None
        kept = self._held and holder == self._identity
        self._held = await self._take(lease, now)
        if not self._held:
            return Lead.NONE
        return Lead.KEPT if kept else Lead.TAKEN

    async def _take(self, lease: Manifest | None, now: dt.datetime) -> bool:
        if lease is None:
            return await self._client.create(self._lease(now)) is not None
        if not self._may_take(lease["spec"], now):
            return False
        lease["spec"] = self._lease(now)["spec"]
        return await self._replace(lease)

    async def release(self) -> None:
        """Give the Lease back, so that the next operator need not wait for its end."""
        lease = await self._client.get(LEASE, self._namespace, self._name)
        if lease is not None and lease["spec"].get("holderIdentity") == self._identity:
            lease["spec"]["holderIdentity"] = ""
            await self._replace(lease)

    async def _replace(self, lease: Manifest) -> bool:
        try:
            await self._client.replace(lease)
        except ApiError as error:
            if error.conflict:
                return False
            raise
        return True

    def _may_take(self, spec: Manifest, now: dt.datetime) -> bool:
        holder = spec.get("holderIdentity")
        if not holder or holder == self._identity:
            return True
        renewed = dt.datetime.fromisoformat(spec["renewTime"])
        return (now - renewed).total_seconds() > float(spec["leaseDurationSeconds"])

    def _lease(self, now: dt.datetime) -> Manifest:
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self._name, "namespace": self._namespace},
            "spec": {
                "holderIdentity": self._identity,
                "leaseDurationSeconds": LEASE_SECONDS,
                "renewTime": now.isoformat(timespec="microseconds"),
            },
        }
