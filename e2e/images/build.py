"""Builds all images of the tests."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from bytebridge.lab.binaries import PROGRAMS, find_or_make
from bytebridge.lab.errors import LabError
from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.images import catalogue
from e2e.images.base import python_image
from e2e.images.recipe import Recipe, build

PROMETHEUS: Final = next(
    # The local cluster's has no service discovery but files.
    replace(program, name="prometheus-kubernetes-sd", tags="remove_all_sd,enable_kubernetes_sd")
    for program in PROGRAMS
    if program.name == "prometheus"
)

Say = Callable[[str], None]


def build_all(engine: Engine, say: Say = lambda _: None) -> dict[str, str]:
    """Build every image that is not there yet.

    Args:
        engine: Where they are built, and stay.
        say: Told what was built and how long it took.

    Returns:
        Tags by name: operator, nlp-service, load-generator, prometheus, postgres, pgbouncer,
        valkey, pgbouncer-exporter, redis-exporter.

    Raises:
        ClusterError: A base, a program or a build cannot be had; the message says why.
    """
    tags = {}
    for recipe in recipes(engine, say):
        begun = time.monotonic()
        tag, new = build(engine, recipe)
        took = f"built in {time.monotonic() - begun:.1f} s" if new else "there already"
        say(f"image {tag}: {took}")
        tags[recipe.name] = tag
    return tags


def recipes(engine: Engine, say: Say) -> list[Recipe]:
    """All of them, upon the base that can be had here."""
    base = python_image(engine, say)
    try:
        program = find_or_make(PROMETHEUS, say)
    except LabError as error:
        raise ClusterError(str(error)) from error
    return [
        catalogue.operator(base),
        catalogue.workload(base, "nlp-service"),
        catalogue.workload(base, "load-generator"),
        catalogue.prometheus(program.path),
        *catalogue.servers(base),
    ]
