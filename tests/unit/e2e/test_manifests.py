"""Manifests of the end-to-end tests: complete, and what the operator takes."""

from typing import Any

import pytest
import yaml

from bytebridge.api.cache import RedisMode
from bytebridge.api.service import ScalableService
from e2e.manifests.render import clause_service, load_job, merged, render

IMAGES = {
    name: f"local/{name}:1"
    for name in (
        *("nlp-service", "load-generator", "prometheus", "postgres", "pgbouncer", "valkey"),
        *("pgbouncer-exporter", "redis-exporter"),
    )
}


@pytest.mark.parametrize("parts", [(), ("cache",), ("database",), ("cache", "database", "pooler")])
def test_the_service_is_a_valid_one(parts: tuple[str, ...]) -> None:
    service = ScalableService.model_validate(clause_service(IMAGES, *parts))
    queries = service.spec.metrics.queries
    assert queries.service_time is not None
    assert "[$window]" in queries.service_time
    assert (service.spec.cache.redis is not None) == ("cache" in parts)
    postgres = service.spec.database.postgres
    assert (postgres is not None) == ("database" in parts)
    assert (postgres is not None and postgres.pooler is not None) == ("pooler" in parts)


def test_parts_keep_what_the_others_say() -> None:
    service = ScalableService.model_validate(clause_service(IMAGES, "cache", "database", "pooler"))
    postgres, redis = service.spec.database.postgres, service.spec.cache.redis
    assert postgres is not None
    assert postgres.pooler is not None
    assert redis is not None
    assert (postgres.max_connections, postgres.pooler.image) == (60, "local/pgbouncer:1")
    assert (redis.mode, redis.image) == (RedisMode.SIDECAR, "local/valkey:1")


def test_ten_pods_fit_beside_the_control_plane() -> None:
    container = clause_service(IMAGES)["spec"]["template"]["spec"]["containers"][0]
    assert 10 * int(container["resources"]["requests"]["cpu"].removesuffix("m")) <= 300


@pytest.mark.parametrize("name", ["prometheus", "postgres"])
def test_no_image_is_pulled(name: str) -> None:
    for container in _containers(render(name, IMAGES)):
        assert container["image"].startswith("local/")
        assert container["imagePullPolicy"] == "Never"


def test_prometheus_names_series_as_the_operator_asks_for_them() -> None:
    objects = {
        (item["kind"], item["metadata"]["name"]): item for item in render("prometheus", IMAGES)
    }
    text = objects["ConfigMap", "prometheus"]["data"]["prometheus.yml"]
    configuration = yaml.safe_load(text)
    assert configuration["global"]["scrape_interval"] == "5s"
    targets = {
        rule.get("target_label") for rule in configuration["scrape_configs"][0]["relabel_configs"]
    }
    assert {"namespace", "pod", "scaling_bytebridge_io_service"} <= targets


def test_the_load_is_what_was_asked_for() -> None:
    job = load_job(IMAGES, "surge", "30@2,60@20", repeated=0.5)
    container = job["spec"]["template"]["spec"]["containers"][0]
    assert job["metadata"]["name"] == "surge"
    assert container["image"] == "local/load-generator:1"
    assert "--profile=30@2,60@20" in container["args"]
    assert "--repeated=0.5" in container["args"]


def test_a_placeholder_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError, match="nlp-service"):
        render("clause-service", {})


def test_merging_joins_objects_and_replaces_the_rest() -> None:
    base = {"a": {"x": 1, "y": [1]}, "b": 1}
    assert merged(base, {"a": {"y": [2], "z": 3}}) == {"a": {"x": 1, "y": [2], "z": 3}, "b": 1}
    assert base == {"a": {"x": 1, "y": [1]}, "b": 1}


def _containers(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        container
        for item in objects
        if item["kind"] == "Deployment"
        for container in item["spec"]["template"]["spec"]["containers"]
    ]
