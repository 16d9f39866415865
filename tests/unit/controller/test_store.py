"""The cache: what a list may make it forget."""

import pytest

from bytebridge.controller.store import Store
from support.objects import deployment, scalable_service

KEY = ("nlp", "a")


def _store() -> Store:
    store = Store(tick_seconds=5)
    service = scalable_service("a")
    service["metadata"] |= {"namespace": "nlp", "uid": "1", "generation": 1}
    service["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    store.put_service(service)
    _put_deployment(store)
    return store


def _put_deployment(store: Store) -> None:
    body = deployment("a", 3)
    body["metadata"]["namespace"] = "nlp"
    store.put_child("Deployment", body)


@pytest.mark.parametrize(
    ("kind", "listed", "gone"),
    [
        ("Deployment", set(), 1),
        ("Deployment", {KEY}, 0),
        ("Deployment", {("other", "a")}, 1),
        ("ScalableService", set(), 1),
        ("ScalableService", {KEY}, 0),
        ("Service", set(), 0),
    ],
)
def test_what_is_not_listed_is_forgotten(
    kind: str, listed: set[tuple[str, str]], gone: int
) -> None:
    store = _store()
    assert store.forget_deleted(kind, store.known(kind), listed) == gone
    assert (KEY in store.known(kind)) == (kind != "Service" and not gone)


def test_what_a_watch_brought_after_the_list_stays() -> None:
    store = _store()
    before = store.known("Deployment")
    _put_deployment(store)
    assert store.forget_deleted("Deployment", before, set()) == 0
    assert KEY in store.deployments
