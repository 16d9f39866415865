"""The annotation min-replicas: what it does, and what is said of it."""

import pytest

from bytebridge.api.names import MIN_REPLICAS_ANNOTATION
from bytebridge.controller.service_pass import pass_over
from bytebridge.scaling.observation import Readings
from unit.controller.build import KEY, Clock, WillingCluster, service_body, surroundings

CALM = Readings(
    requests_per_second={15.0: 5.0, 60.0: 5.0}, queue_depth=0, in_flight=1, service_seconds=0.06
)


@pytest.mark.parametrize(
    ("text", "replicas", "condition", "words"),
    [
        (None, 2, None, ""),
        ("12", 12, ("True", "InForce"), "at least 12 replicas"),
        ("0", 2, ("True", "InForce"), "at least 0 replicas"),
        ("500", 40, ("True", "CutToMaxReplicas"), "cut to spec.scaling.maxReplicas (40)"),
        ("twelve", 2, ("False", "Unreadable"), "expected a whole number"),
        ("-3", 2, ("False", "Unreadable"), "got '-3'"),
        ("1e3", 2, ("False", "Unreadable"), "got '1e3'"),
        ("10001", 2, ("False", "Unreadable"), "from 0 to 10000"),
        ("", 2, ("False", "Unreadable"), "got ''"),
        ("१२", 2, ("False", "Unreadable"), "expected a whole number"),
    ],
)
async def test_what_it_does_and_what_is_said(
    text: str | None, replicas: int, condition: tuple[str, str] | None, words: str
) -> None:
    cluster, annotations = WillingCluster(), {} if text is None else {MIN_REPLICAS_ANNOTATION: text}
    around = surroundings(cluster, Clock())
    around.store.put_service(service_body(annotations))
    entry = around.store.services[KEY]
    decision = await pass_over(around, KEY, entry, None, CALM, None)
    assert decision is not None
    assert decision.replicas == replicas
    found = [c for c in cluster.status["conditions"] if c["type"] == "ManualFloor"]
    assert [(c["status"], c["reason"]) for c in found] == ([condition] if condition else [])
    assert words in "".join(c["message"] for c in found)


def test_a_slip_of_the_pen_keeps_the_floor_and_a_removal_does_not() -> None:
    around = surroundings(WillingCluster(), Clock())
    floors = []
    for text in ("12", "12x", "9", None):
        around.store.put_service(service_body({MIN_REPLICAS_ANNOTATION: text} if text else {}))
        policy = around.store.services[KEY].policy
        floors.append(policy.manual_floor if policy else "no policy")
    assert floors == [12, 12, 9, None]
