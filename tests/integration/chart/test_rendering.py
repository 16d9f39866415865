"""What each value of the chart does: values, where to look in what is rendered, what is there."""

import json
from pathlib import Path
from typing import Any

import pytest

import bytebridge
from support.chart import CHART, PROMETHEUS, helm, of_kind, render

POD = "Deployment/spec/template/spec"
EXPECTED: list[tuple[dict[str, Any], str, Any]] = [
    ({}, "Deployment/spec/replicas", 2),
    ({"replicas": 1}, "Deployment/spec/replicas", 1),
    ({}, f"{POD}/containers/0/image", f"bytebridge:{bytebridge.__version__}"),
    ({"image": {"tag": "edge"}}, f"{POD}/containers/0/image", "bytebridge:edge"),
    ({"image": {"pullPolicy": "Always"}}, f"{POD}/containers/0/imagePullPolicy", "Always"),
    ({"imagePullSecrets": [{"name": "x"}]}, f"{POD}/imagePullSecrets/0/name", "x"),
    ({"imagePullSecrets": [{"name": "x"}]}, "Pod/spec/imagePullSecrets/0/name", "x"),
    ({}, f"{POD}/topologySpreadConstraints/0/topologyKey", "kubernetes.io/hostname"),
    ({}, f"{POD}/topologySpreadConstraints/1/topologyKey", "topology.kubernetes.io/zone"),
    ({"topologySpread": False}, f"{POD}/topologySpreadConstraints", None),
    ({}, f"{POD}/priorityClassName", None),
    ({"priorityClassName": "high"}, f"{POD}/priorityClassName", "high"),
    ({"nodeSelector": {"a": "b"}}, f"{POD}/nodeSelector/a", "b"),
    ({"tolerations": [{"key": "x"}]}, f"{POD}/tolerations/0/key", "x"),
    ({"extraEnv": [{"name": "X", "value": "1"}]}, f"{POD}/containers/0/env/-1/name", "X"),
    ({"extraVolumes": [{"name": "x"}]}, f"{POD}/volumes/-1/name", "x"),
    ({"extraVolumeMounts": [{"name": "x"}]}, f"{POD}/containers/0/volumeMounts/-1/name", "x"),
    ({"extraContainers": [{"name": "x"}]}, f"{POD}/containers/1/name", "x"),
    ({"resources": {"limits": {"cpu": 1}}}, f"{POD}/containers/0/resources/limits/cpu", 1),
    ({}, f"{POD}/containers/0/startupProbe/httpGet/path", "/healthz"),
    ({}, f"{POD}/containers/0/livenessProbe/httpGet/path", "/healthz"),
    ({}, f"{POD}/containers/0/readinessProbe/httpGet/path", "/readyz"),
    ({}, f"{POD}/securityContext/runAsNonRoot", True),
    ({}, f"{POD}/securityContext/seccompProfile/type", "RuntimeDefault"),
    ({"podLabels": {"a": "b"}}, "Deployment/spec/template/metadata/labels/a", "b"),
    ({"podLabels": {"a": "b"}}, "Deployment/spec/selector/matchLabels/a", None),
    ({"commonLabels": {"a": "b"}}, "Service/metadata/labels/a", "b"),
    ({"commonLabels": {"a": "b"}}, "Service/spec/selector/a", None),
    ({"commonLabels": {"a": "b"}}, "Pod/metadata/labels/a", "b"),
    ({"podAnnotations": {"a": "b"}}, "Deployment/spec/template/metadata/annotations/a", "b"),
    ({}, "Deployment/spec/template/metadata/annotations", None),
    ({"fullnameOverride": "x"}, "Deployment/metadata/name", "x"),
    ({"nameOverride": "x"}, "Deployment/metadata/name", "bytebridge-x"),
    ({"serviceAccount": {"name": "x"}}, f"{POD}/serviceAccountName", "x"),
    ({"serviceAccount": {"annotations": {"a": "b"}}}, "ServiceAccount/metadata/annotations/a", "b"),
    ({}, "PodDisruptionBudget/spec/maxUnavailable", 1),
    ({"service": {"port": 80}}, "Service/spec/ports/0/port", 80),
    ({"service": {"annotations": {"a": "b"}}}, "Service/metadata/annotations/a", "b"),
    ({"podMonitor": {"enabled": True}}, "PodMonitor/spec/podMetricsEndpoints/0/honorLabels", True),
    (
        {"podMonitor": {"enabled": True, "interval": "5s"}},
        "PodMonitor/spec/podMetricsEndpoints/0/interval",
        "5s",
    ),
    ({"serviceMonitor": {"enabled": True}}, "ServiceMonitor/spec/endpoints/0/port", "http"),
    ({"googlePodMonitoring": {"enabled": True}}, "PodMonitoring/spec/endpoints/0/port", "http"),
    ({"googleRules": {"enabled": True}}, "Rules/spec/groups/0/interval", "30s"),
    (
        {"prometheusRule": {"enabled": True}},
        "PrometheusRule/spec/groups/0/rules/0/annotations/runbook",
        "docs/operations.md#bytebridgenoleader",
    ),
    (
        {"prometheusRule": {"enabled": True, "runbookUrl": "https://docs.example.com/operations/"}},
        "PrometheusRule/spec/groups/0/rules/0/annotations/runbook_url",
        "https://docs.example.com/operations/#bytebridgenoleader",
    ),
    ({"dashboard": {"enabled": True}}, "ConfigMap/metadata/labels/grafana_dashboard", "1"),
    ({"networkPolicy": {"enabled": True}}, "NetworkPolicy/spec/ingress/0/from", None),
    (
        {"networkPolicy": {"enabled": True, "from": [{"podSelector": {}}]}},
        "NetworkPolicy/spec/ingress/0/from/1/podSelector/matchLabels/app.kubernetes.io~1name",
        "bytebridge-test",
    ),
    (
        {"networkPolicy": {"enabled": True, "prometheusPort": 443}},
        "NetworkPolicy/spec/egress/1/ports/2/port",
        443,
    ),
]
"""Values, a path in what is made of them, and what is there; `None`: nothing."""


@pytest.mark.parametrize(("values", "path", "wanted"), EXPECTED, ids=str)
def test_what_a_value_does(
    tmp_path: Path, values: dict[str, Any], path: str, wanted: object
) -> None:
    kind, *steps = path.split("/")
    (found,) = of_kind(render(tmp_path, {"prometheus": PROMETHEUS, **values}), kind)
    for step in steps:
        if found is not None:
            found = _step(found, step.replace("~1", "/"))
    assert found == wanted


def _step(node: Any, name: str) -> Any:
    return node[int(name)] if isinstance(node, list) else node.get(name)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"rbac": {"create": False}}, {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"}),
        ({"serviceAccount": {"create": False, "name": "bytebridge"}}, {"ServiceAccount"}),
        ({"crds": {"enabled": False}}, {"CustomResourceDefinition"}),
        ({"podDisruptionBudget": {"enabled": False}}, {"PodDisruptionBudget"}),
        ({"service": {"enabled": False}}, {"Service", "Pod"}),
    ],
    ids=str,
)
def test_what_can_be_left_out(tmp_path: Path, values: dict[str, Any], kinds: set[str]) -> None:
    whole = render(tmp_path, {"prometheus": PROMETHEUS})
    rest = render(tmp_path, {"prometheus": PROMETHEUS, **values})
    assert [m for m in whole if m["kind"] not in kinds] == rest
    assert kinds <= {m["kind"] for m in whole}


def test_datadog_finds_the_operator(tmp_path: Path) -> None:
    values = {"prometheus": PROMETHEUS, "datadog": {"enabled": True}}
    key = "ad.datadoghq.com/operator.checks"
    (deployment,) = of_kind(render(tmp_path, values), "Deployment")
    template = deployment["spec"]["template"]
    check = json.loads(template["metadata"]["annotations"][key])["openmetrics"]["instances"][0]
    assert key == f"ad.datadoghq.com/{template['spec']['containers'][0]['name']}.checks"
    port = template["spec"]["containers"][0]["ports"][0]["containerPort"]
    assert check["openmetrics_endpoint"] == f"http://%%host%%:{port}/metrics"
    assert set(check["rename_labels"]) == {"namespace", "service"}, "tags of Datadog's own"
    own = values | {"podAnnotations": {key: "{}"}}
    (deployment,) = of_kind(render(tmp_path, own), "Deployment")
    assert deployment["spec"]["template"]["metadata"]["annotations"] == {key: "{}"}


def test_series_may_name_the_namespace_otherwise(tmp_path: Path) -> None:
    for label in ("namespace", "exported_namespace"):
        values = {"namespaceLabel": label, "dashboard": {"enabled": True}}
        rules = {"googleRules": {"enabled": True}, "prometheusRule": {"enabled": True}}
        manifests = render(tmp_path, {"prometheus": PROMETHEUS, **values, **rules})
        (dashboard,) = of_kind(manifests, "ConfigMap")
        text = dashboard["data"]["bytebridge.json"]
        parts = {
            "legend": f"{{{{{label}}}}}/",
            "matcher": f"{{{label}=~",
            "variable": f", {label})",
        }
        for part, words in parts.items():
            assert words in text, part
        assert ("exported" in text) == (label != "namespace")
        alerts = [m["spec"]["groups"] for m in of_kind(manifests, "PrometheusRule", "Rules")]
        assert alerts[0] == alerts[1]
        assert f"$labels.{label} }}}}/" in str(alerts[0])


@pytest.mark.parametrize(
    ("values", "words", "silence"),
    [
        ({}, "Nothing scrapes the operator itself", "runbook"),
        ({"podMonitor.enabled": "true"}, "helm test prod --namespace scaling", "Nothing scrapes"),
        ({"datadog.enabled": "true"}, "kubectl get ssvc", "Nothing scrapes"),
        ({"service.enabled": "false"}, "rollout status deployment/prod-byte", "helm test"),
        ({"crds.enabled": "false"}, "the CRDs must be there already", "runbook"),
        ({"watchNamespaces": "{legal,search}"}, "ScalableServices of legal, search", "all names"),
        ({"googleRules.enabled": "true"}, "set prometheusRule.runbookUrl", "refused"),
    ],
    ids=str,
)
def test_the_notes_tell_the_next_step(
    tmp_path: Path, values: dict[str, str], words: str, silence: str
) -> None:
    settings = [f"{key}={value}" for key, value in values.items()]
    options = ("--namespace", "scaling", "--dry-run=client", "--set")
    url = f"prometheus.url={PROMETHEUS['url']}"
    text = helm(tmp_path, "install", "prod", str(CHART), *options, ",".join([url, *settings]))
    notes = text.partition("NOTES:")[2]
    assert words in notes
    assert silence not in notes
