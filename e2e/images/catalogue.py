"""The images that the tests run."""

import os
from pathlib import Path
from typing import Final

from e2e.images.recipe import Recipe

ROOT: Final = Path(__file__).parents[2]
_HERE: Final = Path(__file__).parent
_PIP: Final = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
_NOBODY: Final = 65_534


def operator(base: str) -> Recipe:
    """The operator, by the Dockerfile that is shipped."""
    places = (
        *("pyproject.toml", "README.md", "LICENSE", "operator/src"),
        *("operator/locks/runtime.txt", "operator/locks/build.txt"),
    )
    return Recipe(
        "operator",
        ROOT / "Dockerfile",
        {place: ROOT / place for place in places},
        _python_arguments(base),
    )


def prometheus(program: Path) -> Recipe:
    """Prometheus.

    Args:
        program: A static one, with service discovery of Kubernetes.
    """
    return Recipe("prometheus", _dockerfile("prometheus"), {"prometheus": program})


def workload(base: str, name: str) -> Recipe:
    """The inference service or its load generator."""
    return Recipe(
        name,
        _dockerfile("workload"),
        {
            "operator/locks/workload.txt": ROOT / "operator/locks/workload.txt",
            "e2e/workload": ROOT / "e2e/workload",
        },
        _python_arguments(base),
        target=name,
    )


def servers(base: str) -> tuple[Recipe, ...]:
    """Servers from Debian's packages; user numbers are those that the operator gives them."""
    return (
        # Its compiler of queries is a third of it; start/postgres.sh turns it off.
        _debian(
            *(base, "postgres", "postgresql", "postgres", 999),
            unused="/usr/lib/*/libLLVM* /usr/lib/*/libz3* /usr/lib/postgresql/*/lib/bitcode",
        ),
        _debian(base, "pgbouncer", "pgbouncer", "command", 998),
        _debian(base, "valkey", "valkey-server valkey-tools", "command", 999),
        _debian(
            *(base, "pgbouncer-exporter", "prometheus-pgbouncer-exporter"),
            *("pgbouncer-exporter", _NOBODY),
        ),
        _debian(
            *(base, "redis-exporter", "prometheus-redis-exporter", "redis-exporter", 59_000),
        ),
    )


def _debian(base: str, name: str, packages: str, start: str, user: int, unused: str = "") -> Recipe:
    return Recipe(
        name,
        _dockerfile("debian"),
        {"start": _HERE / "start" / f"{start}.sh"},
        {"PYTHON_IMAGE": base, "PACKAGES": packages, "UNUSED": unused, "USER_ID": str(user)},
    )


def _dockerfile(name: str) -> Path:
    return _HERE / "dockerfiles" / f"{name}.Dockerfile"


def _python_arguments(base: str) -> dict[str, str]:
    """The base, and where this machine's pip is told to look."""
    told = {name: os.environ[name] for name in _PIP if name in os.environ}
    return {"PYTHON_IMAGE": base, **told}
