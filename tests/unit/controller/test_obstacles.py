"""Objects of somebody else are never taken over."""

from collections.abc import Mapping

import pytest

from bytebridge.controller.obstacles import find_obstacle
from bytebridge.controller.projection import ChildView, deployment_view
from bytebridge.controller.store import Store
from unit.controller.build import KEY, TICK_SECONDS, deployment_body, service_body

OURS, THEIRS, NOBODYS = ChildView("x", "nlp"), ChildView("x", "other"), ChildView("x", None)


@pytest.mark.parametrize(
    ("adopts", "children", "words"),
    [
        (False, {}, None),
        (False, {"Deployment": OURS, "Service": OURS}, None),
        (False, {"Deployment": NOBODYS}, "Deployment nlp exists and is not this service's: adopt"),
        (False, {"Service": NOBODYS}, "Service nlp exists and is not this service's: rename"),
        (False, {"PodDisruptionBudget": THEIRS}, "PodDisruptionBudget nlp exists"),
        (False, {"HorizontalPodAutoscaler": NOBODYS}, "HorizontalPodAutoscaler nlp exists"),
        (True, {"HorizontalPodAutoscaler": NOBODYS}, "HorizontalPodAutoscaler nlp exists"),
        (True, {"HorizontalPodAutoscaler": OURS}, None),
    ],
)
def test_namesakes(adopts: bool, children: Mapping[str, ChildView], words: str | None) -> None:
    store, body = Store(TICK_SECONDS), service_body()
    if adopts:
        del body["spec"]["template"]
        body["spec"]["targetRef"] = {"name": "legacy"}
    store.put_service(body)
    deployment = deployment_view(deployment_body(2, 2))
    found = find_obstacle(store.services[KEY], None, deployment, children, [])
    if words is None:
        assert found is None
    else:
        assert found is not None
        assert found[0] == "NameTaken"
        assert found[1].startswith(words)
