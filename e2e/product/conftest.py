"""Prometheus and a release for all tests of the product, and a namespace for each."""

import json
from collections.abc import Callable, Mapping

import pytest

from e2e.cluster.cluster import Cluster
from e2e.cluster.engine import Engine
from e2e.images.build import build_all
from e2e.manifests.render import render
from e2e.scene import prometheus as monitoring
from e2e.scene.release import Release
from e2e.scene.scene import Scene
from support.objects import Cluster as Objects

Say = Callable[[str], None]


@pytest.fixture(scope="session")
def images(engine: Engine, cluster: Cluster, say: Say) -> Mapping[str, str]:
    """Tags of all images, by name; every node has them."""
    tags = build_all(engine, say)
    cluster.load(tags.values())
    say("images: on every node")
    return tags


@pytest.fixture(scope="session")
def prometheus(cluster: Cluster, images: Mapping[str, str]) -> None:
    """Prometheus, which scrapes the services and the operator."""
    objects = {"apiVersion": "v1", "kind": "List", "items": render("prometheus", images)}
    cluster.kubectl("apply", "-f", "-", given=json.dumps(objects))
    cluster.kubectl("-n", monitoring.NAMESPACE, "rollout", "status", "deployment/prometheus")


@pytest.fixture(scope="session")
def release(
    cluster: Cluster,
    images: Mapping[str, str],
    prometheus: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Release:
    """The chart, installed with its default values."""
    release = Release(cluster, images["operator"], tmp_path_factory.mktemp("helm"))
    release.install()
    return release


@pytest.fixture
def scene(cluster: Cluster, images: Mapping[str, str], release: Release, namespace: str) -> Scene:
    """A namespace for the service, with an operator that looks after it."""
    return Scene(cluster, Objects(str(cluster.kubeconfig), namespace), images)
