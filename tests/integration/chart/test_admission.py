"""The API server accepts every object of the chart, and Prometheus every query."""

import json
import re
import time
import urllib.parse
import uuid
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from kubernetes import client, config
from kubernetes.client import ApiException
from kubernetes.dynamic import DynamicClient

from bytebridge.api.names import BUDGET_KIND, KIND
from bytebridge.lab.cluster import Lab
from support.chart import CHART, EVERYTHING, MINIMAL, PROMETHEUS, of_kind, render
from support.documents import PAGES, blocks
from support.load import LoadExporter
from support.objects import Cluster, pods_that_serve, scalable_service, wait_for
from support.operator_process import running_operator

NAMESPACES = ("bytebridge", *EVERYTHING["watchNamespaces"])


@pytest.fixture(scope="module")
def server(lab: Lab) -> DynamicClient:
    api = config.new_client_from_config(str(lab.kubeconfig))
    core: Any = client.CoreV1Api(api)
    for name in NAMESPACES:
        core.create_namespace({"metadata": {"name": name}})

    def account() -> str:
        return str(core.read_namespaced_service_account("default", NAMESPACES[0]).metadata.name)

    wait_for("pods may be created", account, "default")
    return DynamicClient(api)


RENDERINGS = pytest.mark.parametrize(
    ("values", "files"),
    [
        ({"prometheus": PROMETHEUS}, []),
        (MINIMAL, []),
        (EVERYTHING, []),
        ({"prometheus": PROMETHEUS, "watchNamespaces": ["legal", "search"]}, []),
        ({"networkPolicy": {"enabled": True}}, [CHART / "values-eks.yaml"]),
        ({"networkPolicy": {"enabled": True}}, [CHART / "values-gke.yaml"]),
    ],
    ids=["default", "minimal", "everything", "namespaces", "eks", "gke"],
)


@RENDERINGS
def test_every_object_is_accepted(
    server: DynamicClient, tmp_path: Path, values: dict[str, Any], files: list[Path]
) -> None:
    for manifest in render(tmp_path, values, "bytebridge", "bytebridge", *files):
        _apply_dry(server, manifest)


def test_the_page_counts_what_is_rendered(tmp_path: Path) -> None:
    page = (CHART.parents[1] / "docs/install/versions.md").read_text(encoding="utf-8")
    told = [int(count) for count in re.findall(r"^\| [^|]+ \| (\d+) \|", page, re.MULTILINE)]
    assert sorted(told) == sorted(
        len(render(tmp_path, values, "bytebridge", "bytebridge", *files))
        for values, files in RENDERINGS.args[1]
    )


def test_a_field_that_a_kind_does_not_have_is_refused(
    server: DynamicClient, tmp_path: Path
) -> None:
    """Else the test above could not fail."""
    for manifest in render(tmp_path, EVERYTHING):
        with pytest.raises(ApiException, match="nonsense"):
            _apply_dry(server, manifest | {"nonsense": True})
    (monitor,) = of_kind(render(tmp_path, EVERYTHING), "PodMonitor")
    monitor["spec"]["podMetricsEndpoints"][0]["intervall"] = "5s"
    with pytest.raises(ApiException, match="intervall"):
        _apply_dry(server, monitor)


def _apply_dry(server: DynamicClient, manifest: dict[str, Any]) -> None:
    resource = server.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
    resource.server_side_apply(
        body=manifest,
        name=manifest["metadata"]["name"],
        namespace=manifest["metadata"].get("namespace"),
        field_manager="helm",
        force_conflicts=True,
        dry_run="All",
        query_params=[("fieldValidation", "Strict")],
    )


def test_manifests_of_the_pages_are_accepted(server: DynamicClient) -> None:
    """Of kinds of others; those of ByteBridge's own are created by the examples' test."""
    shown = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
    manifests = [yaml.safe_load(block.text) for block in shown]
    others = [m for m in manifests if "kind" in m and m["kind"] not in {KIND, BUDGET_KIND}]
    assert others
    for manifest in others:
        _apply_dry(server, manifest | {"metadata": {**manifest["metadata"], "namespace": "legal"}})


@RENDERINGS
def test_pods_keep_the_restricted_pod_security_standard(
    lab: Lab, server: DynamicClient, tmp_path: Path, values: dict[str, Any], files: list[Path]
) -> None:
    name = f"restricted-{uuid.uuid4().hex[:8]}"
    core: Any = client.CoreV1Api(config.new_client_from_config(str(lab.kubeconfig)))
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    manifests = render(tmp_path, values, name, "bytebridge", *files)
    wait_for("the namespace's account", lambda: _has_account(core, name), wanted=True)
    (deployment,) = of_kind(manifests, "Deployment")
    pods = [deployment["spec"]["template"], *of_kind(manifests, "Pod")]
    for pod in pods:
        account = {"serviceAccountName": "default"}  # of the chart's own there is none yet
        spec = {**pod["spec"], **account, "priorityClassName": "system-cluster-critical"}
        core.create_namespaced_pod(
            name, {"metadata": {"generateName": "x-"}, "spec": spec}, dry_run="All"
        )
    lax = {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    with pytest.raises(ApiException, match="PodSecurity"):
        core.create_namespaced_pod(name, lax)
    core.delete_namespace(name)


def _has_account(core: Any, namespace: str) -> bool:
    try:
        return bool(core.read_namespaced_service_account("default", namespace))
    except ApiException:
        return False


def test_every_query_is_answered(
    lab: Lab, load: LoadExporter, cluster: Cluster, tmp_path: Path
) -> None:
    (rules,) = of_kind(render(tmp_path, EVERYTHING), "PrometheusRule")
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    load.set(cluster.namespace, "nlp", ready=pods_that_serve(cluster), rate=20)
    with running_operator(lab, tmp_path) as operator:
        lab.add_scrape_target("operator", operator.address)
        service = scalable_service("nlp")
        service["spec"]["cache"] = {"redis": {"exporter": {}}}
        cluster.create(service)

        def without_data() -> list[str]:
            load.expose(cluster.namespace, _cache_counters(cluster.namespace))
            return [text for text in queries if not _ask(lab, _with_variables(text))]

        wait_for("every panel has data", without_data, [], seconds=60)
        for rule in rules["spec"]["groups"][0]["rules"]:
            _ask(lab, rule["expr"])
        assert not _ask(lab, _expression(rules, "ByteBridgeNoLeader"))
    wait_for(
        "the alert without an operator",
        lambda: len(_ask(lab, _expression(rules, "ByteBridgeNoLeader"))),
        1,
    )


def _cache_counters(namespace: str) -> dict[str, float]:
    """Of a cache that answers nine look-ups of ten, as redis_exporter counts."""
    labels = f'{{namespace="{namespace}",scaling_bytebridge_io_service="nlp"}}'
    each = {"keyspace_hits": 9.0, "keyspace_misses": 1.0, "evicted_keys": 0.1}
    now = time.monotonic()
    return {f"redis_{name}_total{labels}": rate * now for name, rate in each.items()}


def _expression(rules: dict[str, Any], alert: str) -> str:
    found = [r["expr"] for r in rules["spec"]["groups"][0]["rules"] if r["alert"] == alert]
    return str(found[0])


def _with_variables(text: str) -> str:
    return text.replace("$namespace", ".*").replace("$service", ".*")


def _ask(lab: Lab, query: str) -> list[Any]:
    """What Prometheus answers; an error fails the test."""
    address = f"{lab.prometheus_url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
    with urlopen(address, timeout=10) as answer:  # noqa: S310 - the lab's own
        found: list[Any] = json.load(answer)["data"]["result"]
    return found
