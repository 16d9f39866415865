"""The chart, installed by Helm."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bytebridge.lab.binaries import HELM, find_or_make
from e2e.cluster.cluster import Cluster
from e2e.cluster.process import run
from e2e.scene.prometheus import URL

NAME: Final = "bytebridge"
NAMESPACE: Final = "bytebridge"
SELECTOR: Final = f"app.kubernetes.io/instance={NAME}"
_CHART: Final = Path(__file__).parents[2] / "charts" / "bytebridge"
_SECONDS: Final = 180


@dataclass(frozen=True, slots=True)
class Release:
    """A release, or a place for one.

    Attributes:
        cluster: Where.
        image: Tag of the operator's image, which every node has.
        folder: For Helm's own files.
    """

    cluster: Cluster
    image: str
    folder: Path

    def install(self, **values: Any) -> None:
        """Install it, or upgrade what is there, and wait until its pods are Ready.

        Args:
            values: In place of the chart's, beside the image and Prometheus.
        """
        repository, _, tag = self.image.rpartition(":")
        chosen = {
            "image": {"repository": repository, "tag": tag, "pullPolicy": "Never"},
            "prometheus": {"url": URL},
            "dashboard": {"enabled": True},
            **values,
        }
        self._helm(
            *("upgrade", "--install", NAME, str(_CHART), "--values", "-"),
            *("--create-namespace", "--wait", f"--timeout={_SECONDS}s"),
            given=json.dumps(chosen),
        )

    def test(self) -> str:
        """`helm test`."""
        return self._helm("test", NAME, f"--timeout={_SECONDS}s")

    def uninstall(self) -> None:
        """Uninstall it, and wait until it is gone."""
        self._helm("uninstall", NAME, "--wait", f"--timeout={_SECONDS}s")

    def pods(self) -> list[dict[str, Any]]:
        """The operator's pods."""
        found: list[dict[str, Any]] = self.cluster.get(
            "-n", NAMESPACE, "pods", "--selector", SELECTOR
        )["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def leader(self) -> str:
        """Name of the pod that holds the Lease."""
        lease = self.cluster.get("-n", NAMESPACE, "lease", NAME)
        holder: str = lease["spec"].get("holderIdentity", "")
        names = [pod["metadata"]["name"] for pod in self.pods()]
        return next((name for name in names if holder.startswith(name)), "")

    def _helm(self, *arguments: str, given: str | None = None) -> str:
        homes = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
        return run(
            [
                find_or_make(HELM).path,
                *(*arguments, "--namespace", NAMESPACE),
                *("--kubeconfig", self.cluster.kubeconfig, "--kube-context", self.cluster.context),
            ],
            environment={**os.environ, **dict.fromkeys(homes, str(self.folder))},
            given=given,
            timeout_seconds=_SECONDS + 60,
        )
