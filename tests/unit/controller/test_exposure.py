"""An exposure is kept without getting in the way of scaling."""

from typing import Any

import pytest

from bytebridge.api.exposure import Exposure
from bytebridge.cluster.errors import ApiError
from bytebridge.controller.exposure import find_unserved, keep_exposure
from bytebridge.controller.exposure_words import ExposureFacts, exposed, graceful_termination
from bytebridge.controller.route_watch import look_at_all_routes
from bytebridge.controller.routes import RouteView, route_view
from bytebridge.controller.store import Entry, Store, Unserved
from bytebridge.resources.termination import Termination
from unit.controller.build import KEY, TICK_SECONDS, service_body

OWNER = {"kind": "ScalableService", "name": KEY[1], "uid": "1", "controller": True}
GKE: dict[str, Any] = {"provider": "gke"}
ROUTE: dict[str, Any] = {"type": "HTTPRoute", "parentRefs": [{"name": "public"}]}


class Routes:
    """Objects of the cluster that expose a service, and what was done to them in order."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.done: list[str] = []
        self.missing: set[str] = set()
        self.refuses = False

    async def find(self, kind: Any, *_: Any) -> dict[str, Any] | None:
        if kind.name in self.missing:
            raise ApiError(404, kind.name, "the server could not find the requested resource")
        return self.objects.get(kind.name)

    async def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
        if self.refuses:
            raise ApiError(422, manifest["kind"], "denied by a webhook")
        self.done.append(f"apply {manifest['kind']}")
        self.objects[manifest["kind"]] = manifest
        return manifest

    async def delete(self, kind: Any, *_: Any) -> None:
        self.done.append(f"delete {kind.name}")
        self.objects.pop(kind.name, None)


class Scene:
    """One service and its cluster."""

    def __init__(self, exposure: dict[str, Any] | None) -> None:
        self.store, self.cluster = Store(TICK_SECONDS), Routes()
        self.generation = 0
        self.change(exposure)

    @property
    def entry(self) -> Entry:
        return self.store.services[KEY]

    def change(self, exposure: dict[str, Any] | None) -> None:
        self.generation += 1
        body = service_body()
        body["spec"]["exposure"] = exposure
        body["metadata"]["generation"] = self.generation
        self.store.put_service(body)

    async def keep(self) -> list[str]:
        """What one pass does."""
        self.cluster.done.clear()
        client: Any = self.cluster
        assert self.entry.service is not None
        await keep_exposure(client, self.store, self.entry, self.entry.service)
        return list(self.cluster.done)

    def obstacle(self) -> str | None:
        found = self.entry.exposure.obstacle
        return found[0] if found else None


async def test_it_is_applied_once_and_again_only_when_it_drifts() -> None:
    scene = Scene(GKE)
    assert await scene.keep() == ["apply BackendConfig", "apply Ingress"]
    assert await scene.keep() == []
    live = scene.cluster.objects["Ingress"]
    scene.store.put_route("Ingress", {**live, "spec": {}})
    assert await scene.keep() == ["apply Ingress"]
    scene.store.put_route("Ingress", annotated(live, "kubernetes.io/ingress.class"))
    assert await scene.keep() == ["apply Ingress"]
    scene.store.put_route("Ingress", annotated(live, "ingress.kubernetes.io/backends"))
    assert await scene.keep() == [], "annotations of the controller are its own"
    scene.store.forget_child("Ingress", *KEY)
    assert await scene.keep() == ["apply Ingress"]
    scene.change({**GKE, "timeoutSeconds": 90})
    assert await scene.keep() == ["apply BackendConfig"]
    scene.change({**GKE, "timeoutSeconds": 90})
    assert await scene.keep() == [], "something else has changed"


def annotated(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    """As somebody else has annotated it."""
    metadata = manifest["metadata"]
    annotations = {**metadata["annotations"], name: "other"}
    return {**manifest, "metadata": {**metadata, "annotations": annotations}}


async def test_a_change_that_comes_while_it_is_applied_is_applied_next() -> None:
    scene = Scene({})

    class Changing(Routes):
        async def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
            if scene.generation == 1:
                scene.change({"path": "/v2"})
            return await super().apply(manifest)

    scene.cluster = Changing()
    assert await scene.keep() == ["apply Ingress"]
    assert await scene.keep() == ["apply Ingress"]
    (rule,) = scene.cluster.objects["Ingress"]["spec"]["rules"]
    assert rule["http"]["paths"][0]["path"] == "/v2"


async def test_the_former_route_stays_until_the_new_one_is_there() -> None:
    scene = Scene({})
    await scene.keep()
    scene.store.unserved["HTTPRoute"] = Unserved.MISSING
    scene.change(ROUTE)
    assert await scene.keep() == []
    assert scene.obstacle() == "KindMissing"
    del scene.store.unserved["HTTPRoute"]
    assert await scene.keep() == ["apply HTTPRoute", "delete Ingress"]
    assert scene.obstacle() is None


async def test_without_an_exposure_all_of_it_goes_once() -> None:
    scene = Scene(GKE)
    await scene.keep()
    scene.change(None)
    assert await scene.keep() == ["delete BackendConfig", "delete Ingress"]
    assert await scene.keep() == []


async def test_what_finalizers_hold_is_not_deleted_again() -> None:
    scene = Scene({})
    await scene.keep()
    live = scene.cluster.objects["Ingress"]
    scene.change(None)
    metadata = {**live["metadata"], "deletionTimestamp": "2026-03-02T08:00:00Z"}
    scene.store.put_route("Ingress", {**live, "metadata": metadata})
    assert await scene.keep() == []


async def test_leftovers_of_an_operator_before_this_one_go() -> None:
    scene = Scene(None)
    metadata = {"namespace": KEY[0], "name": KEY[1]}
    scene.store.put_route("Ingress", {"metadata": {**metadata, "ownerReferences": [OWNER]}})
    scene.store.put_route("HTTPRoute", {"metadata": metadata})
    assert await scene.keep() == ["delete Ingress"], "the HTTPRoute is somebody else's"


async def test_nothing_is_applied_where_one_name_is_taken() -> None:
    scene = Scene(GKE)
    theirs = {"metadata": {"namespace": KEY[0], "name": KEY[1]}, "spec": {}}
    scene.cluster.objects["Ingress"] = theirs
    assert await scene.keep() == []
    assert scene.obstacle() == "NameTaken"
    assert scene.cluster.objects == {"Ingress": theirs}
    del scene.cluster.objects["Ingress"]
    assert await scene.keep() == ["apply BackendConfig", "apply Ingress"]


async def test_a_kind_that_is_gone_is_named_with_the_mend() -> None:
    scene = Scene(ROUTE)
    scene.cluster.missing.add("HTTPRoute")
    assert await scene.keep() == []
    assert scene.entry.exposure.obstacle == (
        "KindMissing",
        (
            "the cluster does not serve HTTPRoute (apis/gateway.networking.k8s.io/v1): install the "
            "Gateway API's CRDs (standard channel, 1.2 or newer), "
            "or set spec.exposure.type: Ingress"
        ),
    )
    scene.store.unserved["HTTPRoute"] = Unserved.FORBIDDEN
    await scene.keep()
    assert scene.obstacle() == "Forbidden"


class Lists:
    """Answers to lists, by kind."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    async def list_labelled(self, kind: Any, _namespace: str | None) -> list[dict[str, Any]]:
        answer = self.answers.get(kind.name, [])
        if isinstance(answer, int):
            raise ApiError(answer, kind.name, "no")
        found: list[dict[str, Any]] = answer
        return found


async def test_a_kind_that_cannot_be_listed_keeps_no_operator_from_starting() -> None:
    store = Store(TICK_SECONDS)
    ingress = {"metadata": {"namespace": KEY[0], "name": KEY[1], "ownerReferences": [OWNER]}}
    lists: Any = Lists(Ingress=[ingress], HTTPRoute=404, BackendConfig=429, GCPBackendPolicy=403)
    await look_at_all_routes(store, lists, (None,))
    assert store.unserved == {
        "HTTPRoute": Unserved.MISSING,
        "BackendConfig": Unserved.UNSEEN,
        "GCPBackendPolicy": Unserved.FORBIDDEN,
    }
    assert list(store.routes) == [("Ingress", *KEY)]
    assert find_unserved(store, ("Ingress", "BackendConfig")) is not None
    assert find_unserved(store, ("Ingress",)) is None


async def test_what_is_not_listed_any_more_is_applied_again() -> None:
    scene = Scene({})
    await scene.keep()
    lists: Any = Lists()
    await look_at_all_routes(scene.store, lists, (None,))
    assert await scene.keep() == ["apply Ingress"]


async def test_what_was_applied_during_a_list_is_newer_than_it() -> None:
    scene = Scene({})

    class Late(Lists):
        async def list_labelled(self, kind: Any, namespace: str | None) -> list[dict[str, Any]]:
            found = await super().list_labelled(kind, namespace)
            if kind.name == "Ingress":
                del scene.store.unserved["Ingress"]
                await scene.keep()
            return found

    old = {"metadata": {"namespace": KEY[0], "name": KEY[1], "ownerReferences": [OWNER]}}
    for answer in ([], [old]):
        lists: Any = Late(Ingress=answer)
        scene.store.forget_child("Ingress", *KEY)
        await look_at_all_routes(scene.store, lists, (None,))
        assert await scene.keep() == []


async def test_a_refusal_stops_nothing_else_and_is_tried_again() -> None:
    scene = Scene({})
    scene.cluster.refuses = True
    assert await scene.keep() == []
    assert scene.entry.exposure.obstacle == ("ApplyFailed", "Ingress: denied by a webhook")
    scene.cluster.refuses = False
    assert await scene.keep() == ["apply Ingress"]


def accepted(status: str, generation: int = 1, kind: str = "Accepted") -> dict[str, Any]:
    condition = {"type": kind, "status": status, "reason": "Why", "message": "words"}
    parent = {"parentRef": {"name": "public"}, "conditions": [condition]}
    condition["observedGeneration"] = generation  # type: ignore[assignment]
    return {"parents": [parent]}


@pytest.mark.parametrize(
    ("status", "address", "said"),
    [
        ({}, None, None),
        ({"loadBalancer": {}}, None, None),
        ({"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}, "lb.example", None),
        ({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}, {"ip": "::1"}]}}, "1.2.3.4, ::1", None),
        ({"parents": []}, None, None),
        (accepted("True"), None, True),
        (accepted("False"), None, False),
        (accepted("False", kind="ResolvedRefs"), None, False),
        (accepted("True", kind="ResolvedRefs"), None, None),
        (accepted("Unknown"), None, None),
        (accepted("True", generation=0), None, None),
        ({"parents": [*accepted("True")["parents"], *accepted("False")["parents"]]}, None, False),
    ],
)
def test_what_the_controller_says(
    status: dict[str, Any], address: str | None, said: bool | None
) -> None:
    view = route_view({"metadata": {"generation": 1}, "status": status})
    assert (view.address, view.accepted) == (address, said)
    assert view.refusal == ("Gateway public: Why: words" if said is False else "")


def view(address: str | None = None, said: bool | None = None) -> RouteView:
    return RouteView(address, said, "Gateway public: NotAllowedByListeners: no", {}, leaving=False)


@pytest.mark.parametrize(
    ("fields", "found", "obstacle", "expected"),
    [
        ({}, None, None, ("Unknown", "NotApplied")),
        ({}, view(), None, ("Unknown", "AddressPending")),
        ({}, view("lb.example"), None, ("True", "AddressAssigned")),
        ({}, view("lb.example"), ("NameTaken", "words"), ("False", "NameTaken")),
        (ROUTE, view(), None, ("Unknown", "NotAccepted")),
        (ROUTE, view(said=True), None, ("True", "RouteAccepted")),
        (ROUTE, view(said=False), None, ("False", "RouteRefused")),
    ],
)
def test_exposed(
    fields: dict[str, Any],
    found: RouteView | None,
    obstacle: tuple[str, str] | None,
    expected: tuple[str, str],
) -> None:
    facts = ExposureFacts(Exposure.model_validate(fields), obstacle, found, None)
    assert exposed(facts)[:2] == expected


@pytest.mark.parametrize(
    ("termination", "expected", "words"),
    [
        (Termination(10, 75, 10, 75), ("True", "Draining"), "10 s more, and has 75 s"),
        (Termination(60, 300, 10, 125), ("True", "Draining"), "60 s more"),
        (Termination(7, 12, 10, 75), ("False", "GracePeriodTooShort"), "12 is kept"),
        (Termination(5, 75, 10, 75), ("False", "PreStopTooShort"), "sleep of 5 s"),
        (Termination(None, 75, 10, 75), ("Unknown", "OwnPreStop"), "takes 10 s"),
        (Termination(None, 20, 10, 75), ("False", "GracePeriodTooShort"), "raise it to 75"),
    ],
)
def test_graceful_termination(
    termination: Termination, expected: tuple[str, str], words: str
) -> None:
    found = graceful_termination(ExposureFacts(Exposure(), None, None, termination))
    assert found is not None
    assert found[:2] == expected
    assert words in found[2]
