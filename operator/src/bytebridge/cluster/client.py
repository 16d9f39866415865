"""The few requests that the operator makes."""

from typing import Any

from bytebridge.api.names import FIELD_MANAGER, SERVICE_LABEL
from bytebridge.cluster.connection import Connection
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import (
    DATABASE_BUDGET,
    DEPLOYMENT,
    EVENT,
    KINDS,
    POD,
    SCALABLE_SERVICE,
    Kind,
)

Manifest = dict[str, Any]

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
SCALE_MANAGER = f"{FIELD_MANAGER}-scale"
"""Owns replicas, which the operator's other fields must not take along when they change."""
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class ClusterClient:
    """Typed requests; every method raises `ApiError`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def apply(self, manifest: Manifest, *, manager: str = FIELD_MANAGER) -> Manifest:
        """Server-side apply: the manager's fields become what the manifest says."""
        kind, metadata = KINDS[manifest["kind"]], manifest["metadata"]
        return await self._connection.request(
            "PATCH",
            kind.path(metadata["namespace"], metadata["name"]),
            subject=subject_of(kind, metadata["namespace"], metadata["name"]),
            query={"fieldManager": manager, "force": "true"},
            body=manifest,
            content_type=APPLY,
        )

    async def create(self, manifest: Manifest) -> Manifest | None:
        """Create an object; `None` if it exists already."""
        kind, metadata = KINDS[manifest["kind"]], manifest["metadata"]
        try:
            return await self._connection.request(
                "POST",
                kind.path(metadata["namespace"]),
                subject=subject_of(kind, metadata["namespace"], metadata["name"]),
                query={"fieldManager": FIELD_MANAGER},
                body=manifest,
            )
        except ApiError as error:
            if error.conflict:
                return None
            raise

    async def replace(self, manifest: Manifest) -> Manifest:
        """Replace an object as it was read; a conflict if somebody changed it since."""
        kind, metadata = KINDS[manifest["kind"]], manifest["metadata"]
        return await self._connection.request(
            "PUT",
            kind.path(metadata["namespace"], metadata["name"]),
            subject=subject_of(kind, metadata["namespace"], metadata["name"]),
            body=manifest,
        )

    async def get(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """An object; `None` if it does not exist."""
        try:
            return await self._connection.request(
                "GET", kind.path(namespace, name), subject=subject_of(kind, namespace, name)
            )
        except ApiError as error:
            if error.not_found:
                return None
            raise

    async def list_all(
        self, kind: Kind, namespace: str | None, selector: dict[str, str] | None = None
    ) -> list[Manifest]:
        """All objects of a kind, of one namespace or of all.

        Args:
            kind: What to list.
            namespace: Of one namespace; `None`: of all.
            selector: `labelSelector` or `fieldSelector`.
        """
        query = {"limit": "500", **(selector or {})}
        return await self._pages(kind, namespace, query, "application/json")

    async def list_metadata(
        self, kind: Kind, namespace: str | None, selector: dict[str, str] | None = None
    ) -> list[Manifest]:
        """All objects of a kind, without their contents: only metadata travels.

        Args:
            kind: What to list.
            namespace: Of one namespace; `None`: of all.
            selector: `labelSelector` or `fieldSelector`.
        """
        query = {"limit": "1000", **(selector or {})}
        return await self._pages(kind, namespace, query, METADATA_ONLY)

    async def list_keys(self, kind: Kind, namespace: str | None) -> set[tuple[str, str]]:
        """Namespace, empty if cluster-scoped, and name of all of a kind."""
        found = await self.list_metadata(kind, namespace)
        return {(i["metadata"].get("namespace", ""), i["metadata"]["name"]) for i in found}

    async def list_children(self, kind: Kind, namespace: str | None) -> list[Manifest]:
        """Metadata of the objects of a kind that carry the label of a ScalableService."""
        return await self.list_metadata(kind, namespace, {"labelSelector": SERVICE_LABEL})

    async def list_labelled(self, kind: Kind, namespace: str | None) -> list[Manifest]:
        """The objects of a kind that carry the label of a ScalableService, as a whole."""
        return await self.list_all(kind, namespace, {"labelSelector": SERVICE_LABEL})

    async def find(self, kind: Kind, namespace: str, name: str) -> Manifest | None:
        """Metadata of one object; `None` if it does not exist. The right to list suffices."""
        selector = {"fieldSelector": f"metadata.name={name}"}
        found = await self.list_metadata(kind, namespace, selector)
        return found[0] if found else None

    async def _pages(
        self, kind: Kind, namespace: str | None, query: dict[str, str], accept: str
    ) -> list[Manifest]:
        found: list[Manifest] = []
        while True:
            page = await self._connection.request(
                "GET",
                kind.path(namespace),
                subject=f"{kind.name} list",
                query=query,
                accept=accept,
            )
            found += page.get("items") or []
            token = page["metadata"].get("continue")
            if not token:
                return found
            query = {**query, "continue": token}

    async def pods(self, namespace: str, labels: dict[str, str]) -> list[Manifest]:
        """The pods that carry these labels."""
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        answer = await self._connection.request(
            "GET",
            POD.path(namespace),
            subject=f"Pods of {namespace} with {selector}",
            query={"labelSelector": selector, "limit": "500"},
        )
        items: list[Manifest] = answer["items"]
        return items

    async def failed_mounts(self, namespace: str) -> list[Manifest]:
        """Events of pods whose volumes could not be mounted; none without the right to see them."""
        try:
            answer = await self._connection.request(
                "GET",
                EVENT.path(namespace),
                subject=f"Events of {namespace}",
                query={"fieldSelector": "reason=FailedMount,regarding.kind=Pod", "limit": "500"},
            )
        except ApiError as error:
            if error.forbidden:
                return []
            raise
        items: list[Manifest] = answer["items"]
        return items

    async def scale(self, namespace: str, name: str, replicas: int) -> None:
        """Write a Deployment's `/scale`."""
        await self._connection.request(
            "PATCH",
            f"{DEPLOYMENT.path(namespace, name)}/scale",
            subject=f"scale of {subject_of(DEPLOYMENT, namespace, name)}",
            query={"fieldManager": SCALE_MANAGER},
            body={"spec": {"replicas": replicas}},
            content_type=MERGE,
        )

    async def patch_status(self, namespace: str, name: str, status: Manifest) -> None:
        """Replace what a ScalableService's status says."""
        await self._connection.request(
            "PATCH",
            f"{SCALABLE_SERVICE.path(namespace, name)}/status",
            subject=f"status of {subject_of(SCALABLE_SERVICE, namespace, name)}",
            query={"fieldManager": FIELD_MANAGER},
            body={"status": status},
            content_type=MERGE,
        )

    async def patch_budget_status(self, name: str, status: Manifest) -> None:
        """Replace what a DatabaseBudget's status says."""
        await self._connection.request(
            "PATCH",
            f"{DATABASE_BUDGET.path(None, name)}/status",
            subject=f"status of {DATABASE_BUDGET.name} {name}",
            query={"fieldManager": FIELD_MANAGER},
            body={"status": status},
            content_type=MERGE,
        )

    async def delete(self, kind: Kind, namespace: str, name: str) -> None:
        """Delete an object with what it owns; it is well if it does not exist."""
        try:
            await self._connection.request(
                "DELETE",
                kind.path(namespace, name),
                subject=subject_of(kind, namespace, name),
                query={"propagationPolicy": "Background"},
            )
        except ApiError as error:
            if not error.not_found:
                raise

    async def knows(self, kind: Kind, namespace: str | None = None) -> bool:
        """The cluster serves this kind, and this operator may see it there."""
        try:
            await self._connection.request(
                "GET", kind.path(namespace), subject=f"{kind.name} list", query={"limit": "1"}
            )
        except ApiError as error:
            if error.not_found or error.forbidden:
                return False
            raise
        return True


def subject_of(kind: Kind, namespace: str, name: str) -> str:
    """An object as errors name it."""
    return f"{kind.name} {namespace}/{name}"
