"""kopf handlers: watched objects go into the store, and nothing else happens here."""

from typing import Any

import kopf

from bytebridge.api.names import BUDGET_PLURAL, GROUP, PLURAL, VERSION
from bytebridge.cluster.connection import find_credentials
from bytebridge.cluster.kinds import DEPLOYMENT, HPA, PDB, SERVICE, Kind
from bytebridge.controller.store import Store

WATCHED = {
    DEPLOYMENT: ("apps", "v1"),
    HPA: ("autoscaling", "v2"),
    SERVICE: ("", "v1"),
    PDB: ("policy", "v1"),
}


def build_registry(store: Store, *, budgets: bool) -> kopf.OperatorRegistry:
    """The handlers of one operator.

    Args:
        store: Where everything goes.
        budgets: The cluster knows DatabaseBudgets, and this operator may see them.
    """
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        return find_credentials()

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    def watch_service(event: Any, **_: Any) -> None:
        body = event["object"]
        if event["type"] == "DELETED":
            store.forget_service((body["metadata"]["namespace"], body["metadata"]["name"]))
        else:
            store.put_service(body)

    if budgets:
        _watch_budgets(registry, store)
    for kind, (group, version) in WATCHED.items():
        _watch_children(registry, store, kind, group, version)
    return registry


def _watch_budgets(registry: kopf.OperatorRegistry, store: Store) -> None:
    @kopf.on.event(GROUP, VERSION, BUDGET_PLURAL, registry=registry)
    def watch_budget(event: Any, **_: Any) -> None:
        body = event["object"]
        if event["type"] == "DELETED":
            store.forget_budget(body["metadata"]["name"])
        else:
            store.put_budget(body)


def _watch_children(
    registry: kopf.OperatorRegistry, store: Store, kind: Kind, group: str, version: str
) -> None:
    def watch_child(event: Any, **_: Any) -> None:
        body = event["object"]
        metadata = body["metadata"]
        if event["type"] == "DELETED":
            store.forget_child(kind.name, metadata["namespace"], metadata["name"])
        else:
            store.put_child(kind.name, body)

    kopf.on.event(group, version, kind.plural, id=f"watch-{kind.plural}", registry=registry)(
        watch_child
    )


def kopf_settings() -> kopf.OperatorSettings:
    """Settings that outlive outages and leave no trace on the objects."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    # What is watched is known: no rights on namespaces and CRDs are needed to find out.
    settings.scanning.disabled = True
    settings.queueing.idle_timeout = 0.1
    settings.networking.error_backoffs = EndlessBackoff()
    settings.networking.request_timeout = 30
    # A watch ends now and then and lists anew, so that no deletion stays unseen for long.
    settings.watching.server_timeout = 600
    return settings


class EndlessBackoff:
    """Pauses between tries, seconds: growing to a cap, and never at an end."""

    def __iter__(self) -> "EndlessBackoff.Pauses":
        return self.Pauses()

    class Pauses:
        """One sequence of pauses."""

        def __init__(self) -> None:
            self._next = 0.5

        def __iter__(self) -> "EndlessBackoff.Pauses":
            return self

        def __next__(self) -> float:
            pause, self._next = self._next, min(self._next * 2, 10.0)
            return pause
