"""What the chart makes of values, and which it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import bytebridge
from support.chart import (
    CHART,
    EVERYTHING,
    MINIMAL,
    PROMETHEUS,
    ROOT,
    ChartRefusedError,
    helm,
    of_kind,
    render,
)


def _container(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    (deployment,) = of_kind(manifests, "Deployment")
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def _environment(manifests: list[dict[str, Any]]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in _container(manifests)["env"]}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"prometheus": {}}, "prometheus.url: required"),
        ({"prometheus": {"url": "prometheus:9090"}}, "/prometheus/url"),
        ({"replica": 3}, "replica"),
        ({"replicas": "two"}, "/replicas"),
        ({"tickSeconds": 0.1}, "/tickSeconds"),
        ({"image": {"digest": "latest"}}, "/image/digest"),
        ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
        ({"watchNamespaces": ["Legal"]}, "/watchNamespaces/0"),
        ({"networkPolicy": {"apiServerPorts": []}}, "/networkPolicy/apiServerPorts"),
        ({"podMonitor": {"interval": "15"}}, "/podMonitor/interval"),
        ({"namespaceLabel": "a-b"}, "/namespaceLabel"),
        ({"prometheusRule": {"runbookUrl": "docs"}}, "/prometheusRule/runbookUrl"),
        ({"service": {"enabled": False}, "serviceMonitor": {"enabled": True}}, "service.enabled"),
        ({"prometheus": PROMETHEUS | {"secret": {"tokenKey": "token"}}}, "prometheus.secret.name"),
        ({"prometheus": PROMETHEUS | {"username": "me"}}, "prometheus.secret.passwordKey"),
    ],
    ids=str,
)
def test_wrong_values_are_refused(tmp_path: Path, values: dict[str, Any], words: str) -> None:
    with pytest.raises(ChartRefusedError) as refusal:
        render(tmp_path, {"prometheus": PROMETHEUS, **values})
    assert words in str(refusal.value).replace("'", "")


def test_old_clusters_are_refused(tmp_path: Path) -> None:
    def at(version: str) -> str:
        url = f"prometheus.url={PROMETHEUS['url']}"
        return helm(tmp_path, "template", str(CHART), "--set", url, "--kube-version", version)

    with pytest.raises(ChartRefusedError, match="1\\.34"):
        at("v1.33.9")
    for version in ("v1.34.0", "v1.34.4-gke.1012000", "v1.34.2-eks-ecaa3a6", "v1.37.2"):
        assert "kind: Deployment" in at(version)


def test_the_linter_has_nothing_against_it(tmp_path: Path) -> None:
    assert "0 chart(s) failed" in helm(
        tmp_path, "lint", "--strict", str(CHART), "--set", f"prometheus.url={PROMETHEUS['url']}"
    )


def test_defaults(tmp_path: Path) -> None:
    manifests = render(tmp_path, {"prometheus": PROMETHEUS}, "scaling", "prod")
    assert _environment(manifests) == {
        "BYTEBRIDGE_PROMETHEUS_URL": PROMETHEUS["url"],
        "BYTEBRIDGE_ALL_NAMESPACES": "true",
        "BYTEBRIDGE_TICK_SECONDS": "5",
        "BYTEBRIDGE_JSON_LOGS": "true",
        "BYTEBRIDGE_LEASE_NAMESPACE": "scaling",
        "BYTEBRIDGE_LISTEN_HOST": "0.0.0.0",  # noqa: S104 - in a pod
        "BYTEBRIDGE_LISTEN_PORT": "8080",
    }
    assert _container(manifests)["image"] == f"bytebridge:{bytebridge.__version__}"
    security = _container(manifests)["securityContext"]
    assert security["readOnlyRootFilesystem"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    (deployment,) = of_kind(manifests, "Deployment")
    assert deployment["metadata"]["name"] == "prod-bytebridge"
    assert deployment["spec"]["replicas"] == 2


def test_everything_on(tmp_path: Path) -> None:
    manifests = render(tmp_path, EVERYTHING)
    environment = _environment(manifests)
    assert environment["BYTEBRIDGE_NAMESPACE"] == "legal search"
    assert environment["BYTEBRIDGE_PROMETHEUS_TENANT"] == "legal"
    assert environment["BYTEBRIDGE_PROMETHEUS_PASSWORD_FILE"].endswith("/prometheus/password")
    assert environment["BYTEBRIDGE_PROMETHEUS_CA_FILE"].endswith("/prometheus/ca.crt")
    assert not {"BYTEBRIDGE_ALL_NAMESPACES", "BYTEBRIDGE_PROMETHEUS_TOKEN_FILE"} & set(environment)
    assert _container(manifests)["image"] == f"bytebridge@sha256:{'0' * 64}"
    for manifest in manifests:
        if "helm.sh/hook" not in manifest["metadata"].get("annotations", {}):
            crd = manifest["kind"] == "CustomResourceDefinition"
            assert crd or manifest["metadata"]["labels"]["team"] == "platform", manifest["kind"]
    wide = [m for m in of_kind(manifests, "ClusterRole") if m["metadata"]["name"] == "bytebridge"]
    assert {r for rule in wide[0]["rules"] for r in rule["resources"]} == {
        "databasebudgets",
        "databasebudgets/status",
    }


def test_minimal_is_a_deployment_alone(tmp_path: Path) -> None:
    assert [manifest["kind"] for manifest in render(tmp_path, MINIMAL)] == ["Deployment"]


def test_no_role_reaches_secrets(tmp_path: Path) -> None:
    manifests = render(tmp_path, {"prometheus": PROMETHEUS}) + render(tmp_path, EVERYTHING)
    for role in of_kind(manifests, "Role", "ClusterRole"):
        for rule in role["rules"]:
            assert not {"secrets", "*"} & {*rule["resources"], *rule["verbs"], *rule["apiGroups"]}


@pytest.mark.parametrize("keep", [True, False])
def test_crds_are_those_of_the_models(tmp_path: Path, keep: bool) -> None:
    rendered = of_kind(
        render(tmp_path, {"prometheus": PROMETHEUS, "crds": {"keep": keep}}),
        "CustomResourceDefinition",
    )
    policies = [crd["metadata"].pop("annotations", None) for crd in rendered]
    assert policies == [{"helm.sh/resource-policy": "keep"} if keep else None] * 2
    assert rendered == [yaml.safe_load(p.read_text()) for p in sorted(ROOT.glob("crds/*.yaml"))]


def test_the_schema_and_the_values_know_the_same_fields() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())

    def fields(of: dict[str, Any], schema_of: dict[str, Any], at: str) -> None:
        known = schema_of.get("properties")
        if known is not None:
            assert set(of) == set(known) - {"global"}, at
            for name, value in of.items():
                if isinstance(value, dict):
                    fields(value, known[name], f"{at}/{name}")

    fields(values, schema, "")


def test_every_value_has_a_comment() -> None:
    above = ""
    for line in (CHART / "values.yaml").read_text().splitlines():
        is_group = line.endswith(":") and not line.startswith(" ")
        if line.strip() and not line.strip().startswith("#") and not is_group:
            assert above.strip().startswith("#"), line
        above = line


def test_every_alert_has_a_runbook(tmp_path: Path) -> None:
    headings = (ROOT / "docs" / "operations.md").read_text().splitlines()
    (rules,) = of_kind(render(tmp_path, EVERYTHING), "PrometheusRule")
    for rule in rules["spec"]["groups"][0]["rules"]:
        assert f"### {rule['alert']}" in headings
        anchor = f"#{rule['alert'].lower()}"
        assert rule["annotations"]["runbook_url"].endswith(anchor)
