"""The chart, rendered by Helm."""

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from bytebridge.lab.binaries import HELM, find_or_make
from support.objects import Manifest

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "bytebridge"


class ChartRefusedError(Exception):
    """Helm refused the values; the message is Helm's."""


def helm(folder: Path, *arguments: str, kubeconfig: Path | None = None) -> str:
    """Run Helm and return what it prints.

    Args:
        folder: For Helm's own files.
        arguments: Of Helm.
        kubeconfig: The cluster, if it is to reach one.

    Raises:
        ChartRefusedError: It failed.
    """
    homes = ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")
    result = subprocess.run(
        [str(find_or_make(HELM).path), *arguments],
        env=os.environ
        | dict.fromkeys(homes, str(folder))
        | {"KUBECONFIG": str(kubeconfig or folder / "none")},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise ChartRefusedError(result.stderr)
    return result.stdout


def render(
    folder: Path,
    values: dict[str, Any],
    namespace: str = "bytebridge",
    release: str = "bytebridge",
    *files: Path,
) -> list[Manifest]:
    """All objects of a release.

    Args:
        folder: For Helm's own files.
        values: In place of the chart's.
        namespace: Of the release.
        release: Its name.
        files: Values files that come before `values`.

    Raises:
        ChartRefusedError: The values are wrong.
    """
    own = folder / "values.yaml"
    own.write_text(yaml.safe_dump(values))
    options = [option for file in (*files, own) for option in ("--values", str(file))]
    text = helm(folder, "template", release, str(CHART), "--namespace", namespace, *options)
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def of_kind(manifests: list[Manifest], *kinds: str) -> list[Manifest]:
    """Those of these kinds."""
    return [manifest for manifest in manifests if manifest["kind"] in kinds]


PROMETHEUS = {"url": "http://prometheus.monitoring:9090"}
MINIMAL: dict[str, Any] = {
    "prometheus": PROMETHEUS,
    "replicas": 1,
    "serviceAccount": {"create": False, "name": "mine"},
    "rbac": {"create": False},
    "crds": {"enabled": False},
    "topologySpread": False,
    "podDisruptionBudget": {"enabled": False},
    "service": {"enabled": False},
}
EVERYTHING: dict[str, Any] = {
    "prometheus": PROMETHEUS
    | {
        "tenant": "legal",
        "username": "bytebridge",
        "secret": {"name": "prometheus", "passwordKey": "password", "caKey": "ca.crt"},
    },
    "watchNamespaces": ["legal", "search"],
    "image": {"digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "commonLabels": {"team": "platform"},
    "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/x"}},
    "rbac": {"ownerReferencesPermissionEnforcement": True},
    "priorityClassName": "system-cluster-critical",
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "rack",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "bytebridge"}},
        }
    ],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "system", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "podLabels": {"sidecar.istio.io/inject": "false"},
    "podAnnotations": {"example.com/a": "b"},
    "extraEnv": [{"name": "TZ", "value": "UTC"}],
    "extraVolumes": [{"name": "extra", "emptyDir": {}}],
    "extraVolumeMounts": [{"name": "extra", "mountPath": "/extra"}],
    "extraContainers": [
        {
            "name": "proxy",
            "image": "proxy:1",
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"drop": ["ALL"]},
            },
        }
    ],
    "service": {"annotations": {"example.com/a": "b"}},
    "podMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "googlePodMonitoring": {"enabled": True},
    "googleRules": {"enabled": True},
    "datadog": {"enabled": True},
    "namespaceLabel": "exported_namespace",
    "prometheusRule": {
        "enabled": True,
        "labels": {"release": "prometheus"},
        "runbookUrl": "https://docs.example.com/operations",
    },
    "dashboard": {"enabled": True, "annotations": {"grafana_folder": "scaling"}},
    "networkPolicy": {
        "enabled": True,
        "from": [{"namespaceSelector": {}}],
        "extraEgress": [{"ports": [{"port": 443}]}],
    },
}
