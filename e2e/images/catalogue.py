"""The images that the tests run."""

import os
from pathlib import Path
from typing import Final

from e2e.images.recipe import Recipe

ROOT: Final = Path(__file__).parents[2]
_HERE: Final = Path(__file__).parent
_PIP: Final = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST")
_NOBODY: Final = 65_534
_POSTGRES_LIBRARIES: Final = (
    "libedit2 libgssapi-krb5-2 libicu76 libldap2 liblz4-1 libpam0g libpq5 libselinux1 libsystemd0 "
    "libuuid1 libxml2 libxslt1.1 libzstd1 tzdata zlib1g"
)


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
        _debian(
            *(base, "postgres", "postgres", 999),
            *("postgresql-17 postgresql-client-17", _POSTGRES_LIBRARIES),
            # Only the compiler of queries needs it, which start/postgres.sh turns off.
            UNUSED="/usr/lib/postgresql/17/lib/bitcode /usr/share/locale/*",
            # By SIGTERM it would wait for its clients to go.
            STOP_SIGNAL="SIGINT",
        ),
        _debian(base, "pgbouncer", "command", 998, "pgbouncer", "libcares2 libevent-2.1-7t64"),
        _debian(
            *(base, "valkey", "command", 999),
            *("valkey-tools valkey-server", "libjemalloc2 liblzf1 libatomic1 libsystemd0"),
        ),
        _debian(
            *(base, "pgbouncer-exporter", "pgbouncer-exporter", _NOBODY),
            "prometheus-pgbouncer-exporter",
        ),
        _debian(*(base, "redis-exporter", "redis-exporter", 59_000), "prometheus-redis-exporter"),
    )


def _debian(
    base: str,
    name: str,
    start: str,
    user: int,
    unpacked: str,
    libraries: str = "",
    **others: str,
) -> Recipe:
    arguments = {
        "PYTHON_IMAGE": base,
        "UNPACKED": unpacked,
        "LIBRARIES": libraries,
        "USER_ID": str(user),
        **others,
    }
    return Recipe(
        name, _dockerfile("debian"), {"start": _HERE / "start" / f"{start}.sh"}, arguments
    )


def _dockerfile(name: str) -> Path:
    return _HERE / "dockerfiles" / f"{name}.Dockerfile"


def _python_arguments(base: str) -> dict[str, str]:
    """The base, and where this machine's pip is told to look."""
    told = {name: os.environ[name] for name in _PIP if name in os.environ}
    return {"PYTHON_IMAGE": base, **told}
