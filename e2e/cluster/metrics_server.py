"""metrics-server: CPU and memory of pods, which the HPA asks for; its own manifests, our image."""

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

from e2e.cluster.archive import Image, write_archive
from e2e.cluster.cluster import Cluster
from e2e.cluster.programs import METRICS_SERVER, make, sources
from e2e.cluster.stages import Say, stage
from e2e.cluster.waiting import until_it_works

TAG: Final = f"bytebridge-e2e/metrics-server:{METRICS_SERVER.version}"
_READY_SECONDS: Final = 120


def install(cluster: Cluster, say: Say) -> None:
    """Install it, and wait until it has measured every node.

    Raises:
        ClusterError: It cannot be built, or measures nothing in time.
    """
    program = make(METRICS_SERVER, say)
    with stage("metrics-server", say):
        _load(cluster, program)
        base = sources(METRICS_SERVER) / "manifests/base"
        manifests = list(yaml.safe_load_all(cluster.kubectl("kustomize", base)))
        cluster.kubectl("apply", "--filename=-", given=yaml.safe_dump_all(adapted(manifests)))
        until_it_works(lambda: cluster.kubectl("top", "nodes"), _READY_SECONDS)


def adapted(manifests: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The manifests with our image, for kubelets whose certificates nobody has signed.

    Args:
        manifests: As its sources have them.
    """
    made = json.loads(json.dumps(list(manifests)))
    for manifest in made:
        if manifest["kind"] == "Deployment":
            (container,) = manifest["spec"]["template"]["spec"]["containers"]
            container["image"] = TAG
            container["args"].append("--kubelet-insecure-tls")
            container["readinessProbe"]["initialDelaySeconds"] = 1
            container["readinessProbe"]["periodSeconds"] = 1
            container["resources"]["requests"]["cpu"] = "10m"
    return list(made)


def _load(cluster: Cluster, program: Path) -> None:
    machine = cluster.engine.run("version", "--format", "{{.Server.Arch}}").strip()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "image.tar")
        image = Image(TAG, {"metrics-server": program}, entrypoint=("/metrics-server",))
        write_archive([image], machine, archive)
        cluster.engine.run("load", "--input", archive)
    cluster.load([TAG])
