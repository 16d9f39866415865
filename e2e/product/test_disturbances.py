"""What may go wrong in the middle of a surge, and must not be noticed by who sends requests."""

from collections.abc import Callable

from e2e.product.rates import RISE, SURGE, USUAL
from e2e.scene import prometheus as monitoring
from e2e.scene.prometheus import value
from e2e.scene.release import NAMESPACE, Release
from e2e.scene.scene import NAME, Scene
from support.objects import stays, wait_for

Say = Callable[[str], None]

PROFILE = f"{RISE},25@{SURGE}"


def test_a_rolling_update_during_a_surge(scene: Scene, say: Say) -> None:
    scene.serve()
    load = scene.load("surge", PROFILE)
    scene.reach(3, seconds=120)
    before = {pod.metadata.name for pod in scene.pods()}
    scene.cluster.kubectl(
        *("-n", scene.namespace, "patch", "ssvc", NAME, "--type=json", "--patch"),
        '[{"op": "add", "path": "/spec/template/spec/containers/0/env/-",'
        ' "value": {"name": "RELEASE", "value": "2"}}]',
    )
    result = load.result(seconds=180)
    say(f"rolling update: {result}")
    assert result.failed == {}
    scene.cluster.kubectl(
        *("-n", scene.namespace, "rollout", "status", f"deployment/{NAME}", "--timeout=180s")
    )
    after = {pod.metadata.name for pod in scene.pods() if not pod.metadata.deletion_timestamp}
    assert not before & after, "every pod is of the new template"


def test_the_operator_is_killed_during_a_surge(scene: Scene, release: Release, say: Say) -> None:
    scene.serve()
    load = scene.load("surge", PROFILE)
    wait_for("the surge is seen", lambda: scene.replicas() > 1, wanted=True, seconds=90)
    leader = release.leader()
    assert leader
    scene.cluster.kubectl(
        *("-n", NAMESPACE, "delete", "pod", leader, "--grace-period=0", "--force")
    )
    scene.reach(3, seconds=120)
    assert release.leader() not in ("", leader)
    result = load.result(seconds=180)
    say(f"operator killed: {result}")
    assert result.failed == {}
    assert scene.restarts() == 0


def test_a_node_is_drained_during_a_surge(scene: Scene, say: Say) -> None:
    scene.serve(minReplicas=2)
    load = scene.load("surge", PROFILE)
    scene.reach(3, seconds=120)
    nodes = scene.cluster.get("nodes")["items"]
    worker = next(n["metadata"]["name"] for n in nodes if n["metadata"]["name"].endswith("worker"))
    try:
        scene.cluster.kubectl(
            *("drain", worker, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"),
            *("--pod-selector", f"scaling.bytebridge.io/service={NAME}"),
        )
        on_worker = [pod for pod in scene.pods() if pod.spec.node_name == worker]
        assert on_worker == []
        result = load.result(seconds=180)
    finally:
        scene.cluster.kubectl("uncordon", worker)
    say(f"node drained: {result}")
    assert result.failed == {}


def test_prometheus_is_gone_during_a_surge(scene: Scene, say: Say) -> None:
    """Replicas stay as they are as long as nothing is known."""
    scene.serve()
    load = scene.load("surge", f"{RISE},20@{SURGE},40@{USUAL}")
    scene.reach(3, seconds=120)
    scale = ("-n", monitoring.NAMESPACE, "scale", "deployment/prometheus")
    try:
        scene.cluster.kubectl(*scale, "--replicas=0")
        wait_for(
            "it is said", lambda: (scene.condition("MetricsAvailable") or ("",))[0], "False", 60
        )
        held = scene.replicas()
        result = load.result(seconds=240)
        stays("replicas", lambda: scene.replicas() >= held, wanted=True, seconds=45)
    finally:
        scene.cluster.kubectl(*scale, "--replicas=1")
        scene.cluster.kubectl(
            *("-n", monitoring.NAMESPACE, "rollout", "status", "deployment/prometheus")
        )
    say(f"Prometheus gone: {result}")
    assert result.failed == {}
    wait_for("known again", lambda: scene.condition("MetricsAvailable"), ("True", "Fresh"), 90)
    scene.fall_to(held - 1, seconds=180)


def test_an_upgrade_of_the_release_during_a_surge(scene: Scene, release: Release, say: Say) -> None:
    scene.serve()
    load = scene.load("surge", PROFILE)
    scene.reach(3, seconds=120)
    before = {pod.metadata.uid for pod in scene.pods()}
    old = {pod["metadata"]["name"] for pod in release.pods()}
    try:
        release.install(podAnnotations={"e2e": "upgraded"})
        new = {pod["metadata"]["name"] for pod in release.pods()}
        assert not old & new, "the operators were replaced"
        stays("pods stay", lambda: before <= {p.metadata.uid for p in scene.pods()}, True, 5)
        result = load.result(seconds=180)
    finally:
        release.install()
    say(f"upgrade: {result}")
    assert result.failed == {}
    assert scene.restarts() == 0
    leading = "sum(bytebridge_leader)"
    wait_for("one leads", lambda: value(scene.cluster, leading), 1.0, 60)
