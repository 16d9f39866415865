"""Ten times the usual load, and back."""

from collections.abc import Callable

from e2e.product.rates import RISE, SURGE, USUAL
from e2e.scene.scene import Scene

PROFILE = f"{RISE},45@{SURGE},40@{USUAL}"


def test_a_surge_is_served_without_a_failed_request(
    scene: Scene, say: Callable[[str], None]
) -> None:
    scene.serve()
    load = scene.load("surge", PROFILE)
    scene.reach(4, seconds=120)
    result = load.result(seconds=300)
    say(f"surge: {result}")
    assert result.failed == {}
    assert result.sent == result.ok
    assert len(result.pods) >= 4, "new pods take their part"
    scene.fall_to(2, seconds=180)
    assert scene.restarts() == 0


def test_what_it_did_can_be_read(scene: Scene) -> None:
    """The status, Events and the printed columns tell how many replicas there are, and why."""
    scene.serve()
    load = scene.load("surge", f"{RISE},10@{SURGE}")
    scene.reach(3, seconds=120)
    decision = scene.status()["lastDecision"]
    assert decision["message"]
    assert decision["floors"]
    events = scene.cluster.kubectl("-n", scene.namespace, "get", "events", "--output", "wide")
    told = [line for line in events.splitlines() if " replicas: " in line and " -> " in line]
    assert told, events
    printed = scene.cluster.kubectl("-n", scene.namespace, "get", "ssvc")
    assert "clause-classifier" in printed
    assert load.result(seconds=120).failed == {}
