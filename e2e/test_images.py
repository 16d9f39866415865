"""The images themselves, run by the engine: what is in them, how they start and how they end."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
import yaml

import bytebridge
from bytebridge.lab.cluster import Lab, start_lab
from bytebridge.lab.ports import free_ports
from bytebridge.lab.settings import LabSettings
from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.images.base import python_image
from e2e.images.build import build_all, recipes
from e2e.images.recipe import Recipe, build
from e2e.manifests.render import render
from support.crds import establish
from support.objects import wait_for

Images = dict[str, str]

ROOT = Path(__file__).parents[1]
MOST_OVER_THE_BASE = 120e6
START_SECONDS = 2.0
WARM_SECONDS = 20.0
FORBIDDEN_PROGRAMS = ("cc", "gcc", "g++", "c++", "clang", "ld", "as", "make", "pip", "pip3")
FORBIDDEN_MODULES = ("pip", "ensurepip", "setuptools", "wheel")
DOCUMENT = {"document": "1. Each invoice is due within thirty days.\n2. French law governs."}


@pytest.fixture(scope="module")
def images(engine: Engine, say: Callable[[str], None]) -> Images:
    return build_all(engine, say)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with start_lab(LabSettings()) as lab:
        for path in sorted((ROOT / "crds").glob("*.yaml")):
            establish(str(lab.kubeconfig), yaml.safe_load(path.read_text()))
        yield lab


@pytest.fixture
def port() -> int:
    return next(free_ports())


@contextmanager
def container(
    engine: Engine, image: str, *arguments: str, options: tuple[str, ...] = ()
) -> Iterator[str]:
    """A container beside the tests on loopback, with a root that cannot be written to."""
    name = f"bytebridge-e2e-{uuid4().hex[:8]}"
    hardened = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
    engine.run(
        *("run", "--detach", "--name", name, "--network=host", *hardened, *options),
        *(image, *arguments),
    )
    try:
        yield name
    finally:
        print(_logs(engine, name))  # shown with a failure
        engine.run("rm", "--force", name)


def in_image(engine: Engine, image: str, command: str) -> str:
    return engine.run("run", "--rm", "--entrypoint", "/bin/sh", image, "-c", command)


def inspected(engine: Engine, image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(engine.run("image", "inspect", image))[0]
    return found


def answer(url: str, body: object = None) -> str | None:
    """What is answered; `None` as long as nothing listens."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, data=data), timeout=10) as response:  # noqa: S310 - loopback
            text: str = response.read().decode()
            return text
    except (URLError, ConnectionError):
        return None


# The operator's image.


def test_the_operator_is_small(engine: Engine, images: Images, say: Callable[[str], None]) -> None:
    base = inspected(engine, python_image(engine))["Size"]
    over = inspected(engine, images["operator"])["Size"] - base
    say(f"operator's image: {over / 1e6:.1f} MB over its base of {base / 1e6:.1f} MB")
    assert over < MOST_OVER_THE_BASE


def test_the_operator_is_nobody_by_number(engine: Engine, images: Images) -> None:
    configuration = inspected(engine, images["operator"])["Config"]
    assert configuration["User"] == "65532:65532"
    assert "Healthcheck" not in configuration
    labels = configuration["Labels"]
    assert labels["org.opencontainers.image.title"] == "bytebridge"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert {f"org.opencontainers.image.{key}" for key in ("version", "revision")} <= set(labels)


def test_nothing_that_compiles_or_installs_is_left(engine: Engine, images: Images) -> None:
    look = f"for name in {' '.join(FORBIDDEN_PROGRAMS)}; do command -v $name; done; true"
    assert in_image(engine, images["operator"], look) == ""
    for python in ("python3", "/opt/bytebridge/bin/python"):
        find = "from importlib.util import find_spec as find"
        modules = f"[name for name in {FORBIDDEN_MODULES} if find(name)]"
        found = in_image(engine, images["operator"], f'{python} -c "{find}; print({modules})"')
        assert found.strip() == "[]", python
    wheels = "find / -xdev -name 'pip-*' -o -xdev -name 'setuptools-*' 2>/dev/null; true"
    assert in_image(engine, images["operator"], wheels) == ""


def test_the_operator_has_what_the_lock_says(engine: Engine, images: Images) -> None:
    program = (
        "from importlib.metadata import distributions as all; "
        "print(*(one.name.lower().replace('_', '-') for one in all()))"
    )
    found = in_image(engine, images["operator"], f'/opt/bytebridge/bin/python -c "{program}"')
    lock = (ROOT / "operator/locks/runtime.txt").read_text()
    locked = {line.split("==")[0] for line in lock.splitlines() if line[:1].isalnum()}
    assert set(found.split()) == locked - {"colorama"} | {"bytebridge"}  # Windows' alone


def test_the_decision_core_is_compiled(engine: Engine, images: Images) -> None:
    program = "import bytebridge.scaling.law as law; print(law.__file__)"
    found = in_image(engine, images["operator"], f'/opt/bytebridge/bin/python -c "{program}"')
    assert found.strip().endswith(".so")


def test_the_operator_starts_fast_and_ends_when_told(
    engine: Engine, images: Images, lab: Lab, tmp_path: Path, say: Callable[[str], None]
) -> None:
    """On a control plane, from `docker run` to the first answer of /readyz and back."""
    configuration = tmp_path / "kubeconfig"
    configuration.write_text(_inlined(lab.kubeconfig))
    configuration.chmod(0o644)
    tmp_path.chmod(0o755)
    took = [_start_and_end(engine, images["operator"], lab, configuration) for _ in range(3)]
    say(f"operator's image: answers {min(took):.2f} s after `docker run`, best of {took}")
    # The best of three: what else the machine does is not the image's.
    assert min(took) < START_SECONDS


def _start_and_end(engine: Engine, image: str, lab: Lab, kubeconfig: Path) -> float:
    """Seconds from `docker run` to an answer."""
    port = next(free_ports())
    options = (
        *("--volume", f"{kubeconfig}:/kubeconfig:ro", "--env", "KUBECONFIG=/kubeconfig"),
        *("--env", f"BYTEBRIDGE_PROMETHEUS_URL={lab.prometheus_url}"),
        *("--env", f"BYTEBRIDGE_LISTEN_PORT={port}"),
    )
    begun = time.monotonic()
    with container(engine, image, options=options) as name:
        wait_for("the operator answers", lambda: bool(answer(_url(port, "/healthz"))), True)
        took = time.monotonic() - begun
        wait_for("the operator is ready", lambda: bool(answer(_url(port, "/readyz"))), True)
        engine.run("stop", "--time", "20", name)
        assert engine.run("inspect", "--format", "{{.State.ExitCode}}", name).strip() == "0"
        assert "operator stopped" in _logs(engine, name)
    return took


def test_make_image_labels_what_it_builds(engine: Engine, images: Images) -> None:
    tag = "bytebridge-e2e/made-by-make:1"
    base = python_image(engine)
    run(
        ["make", "image", f"IMAGE={tag}", f"PYTHON_IMAGE={base}", "REVISION=0123abc"],
        folder=ROOT,
        environment=engine.environment(),
    )
    try:
        labels = inspected(engine, tag)["Config"]["Labels"]
        assert labels["org.opencontainers.image.revision"] == "0123abc"
        assert labels["org.opencontainers.image.version"] == bytebridge.__version__
        assert inspected(engine, tag)["Size"] == inspected(engine, images["operator"])["Size"]
    finally:
        engine.run("image", "rm", tag)


# The images of the tests.


def test_nothing_is_built_twice(engine: Engine, images: Images) -> None:
    begun = time.monotonic()
    said: list[str] = []
    assert build_all(engine, said.append) == images
    assert time.monotonic() - begun < WARM_SECONDS
    assert not [words for words in said if "built in" in words]
    assert {recipe.name for recipe in recipes(engine, said.append)} == set(images)


def test_the_inference_service_starts_with_a_part_of_a_core(
    engine: Engine, images: Images, port: int, say: Callable[[str], None]
) -> None:
    begun = time.monotonic()
    options = ("--cpus=0.15", "--env", f"PORT={port}", "--env", "DRAIN_SECONDS=0.5")
    with container(engine, images["nlp-service"], options=options) as name:
        wait_for("the service is ready", lambda: bool(answer(_url(port, "/readyz"))), True)
        took = time.monotonic() - begun
        say(f"inference service: ready after {took:.1f} s with 0.15 of a core")
        assert took < 10.0
        found = json.loads(answer(_url(port, "/classify"), DOCUMENT) or "")
        assert [clause["type"] for clause in found["clauses"]] == ["payment", "governing-law"]
        engine.run("stop", "--time", "20", name)
        assert engine.run("inspect", "--format", "{{.State.ExitCode}}", name).strip() == "0"


def test_the_load_generator_ends_with_a_summary(engine: Engine, images: Images, port: int) -> None:
    with container(engine, images["nlp-service"], options=("--env", f"PORT={port}")):
        told = engine.run(
            *("run", "--rm", "--network=host", "--read-only", images["load-generator"]),
            *(f"--target=http://127.0.0.1:{port}", "--profile=2@10", "--clauses=5"),
        )
    summary = json.loads(told.splitlines()[-1])
    assert (summary["failed"], summary["ok"]) == ({}, summary["sent"])
    assert summary["sent"] > 5


def test_the_service_looks_up_policies_in_postgres_behind_pgbouncer(
    engine: Engine, images: Images, tmp_path: Path
) -> None:
    ports = free_ports()
    database, pooler, port = next(ports), next(ports), next(ports)
    schema = _config_map("postgres", "postgres-schema")["schema.sql"]
    (tmp_path / "schema.sql").write_text(schema)
    (tmp_path / "userlist.txt").write_text('"legal" "of-a-test"\n')
    (tmp_path / "pgbouncer.ini").write_text(
        f"[databases]\nlegal = host=127.0.0.1 port={database}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {pooler}\nunix_socket_dir =\n"
        "auth_type = scram-sha-256\nauth_file = /etc/pooler/userlist.txt\n"
        "pool_mode = transaction\n"
    )
    _for_all(tmp_path)
    with (
        container(
            engine,
            images["postgres"],
            *("-c", f"port={database}"),
            options=(
                *("--tmpfs=/data:mode=1777", "--tmpfs=/tmp:mode=1777"),
                *("--volume", f"{tmp_path}:/schema:ro", "--env", "POSTGRES_USER=legal"),
                *("--env", "POSTGRES_PASSWORD=of-a-test", "--env", "POSTGRES_DB=legal"),
            ),
        ) as server,
        container(
            engine,
            images["pgbouncer"],
            *("pgbouncer", "/etc/pooler/pgbouncer.ini"),
            options=("--volume", f"{tmp_path}:/etc/pooler:ro"),
        ),
        container(
            engine,
            images["nlp-service"],
            options=(
                *("--env", f"PORT={port}", "--env", "PGPASSWORD=of-a-test"),
                *("--env", f"DATABASE_URL=postgresql://legal@127.0.0.1:{pooler}/legal"),
                *("--env", "DB_POOL_SIZE=2"),
            ),
        ),
    ):
        ready = "database system is ready to accept connections"
        # Once for the schema, by a socket alone; then for good.
        wait_for("PostgreSQL", lambda: _logs(engine, server).count(ready) >= 1, True)
        wait_for("an answer", lambda: bool(answer(_url(port, "/classify"), DOCUMENT)), True)
        found = json.loads(answer(_url(port, "/classify"), DOCUMENT) or "")
        assert [clause["review"] for clause in found["clauses"]] == ["finance", "counsel"]


def test_the_service_takes_answers_from_valkey(engine: Engine, images: Images, port: int) -> None:
    ports = free_ports()
    cache, metrics = next(ports), next(ports)
    with (
        container(engine, images["valkey"], *("valkey-server", "--port", str(cache))),
        container(
            engine,
            images["redis-exporter"],
            f"--redis.addr=redis://127.0.0.1:{cache}",
            f"--web.listen-address=127.0.0.1:{metrics}",
        ),
        container(
            engine,
            images["nlp-service"],
            options=(
                *("--env", f"PORT={port}"),
                *("--env", f"REDIS_URL=redis://127.0.0.1:{cache}/0"),
            ),
        ),
    ):
        wait_for("the service", lambda: bool(answer(_url(port, "/readyz"))), True)
        first, second = (answer(_url(port, "/classify"), DOCUMENT) for _ in range(2))
        assert first == second
        told = answer(_url(port, "/metrics")) or ""
        assert 'nlp_cache_requests_total{result="hit"} 1.0' in told
        assert 'nlp_cache_requests_total{result="miss"} 1.0' in told
        assert "redis_keyspace_hits_total 1" in (answer(_url(metrics, "/metrics")) or "")


def test_prometheus_discovers_pods(engine: Engine, images: Images, tmp_path: Path) -> None:
    """The configuration of the tests is accepted, so service discovery is built in."""
    (tmp_path / "prometheus.yml").write_text(
        _config_map("prometheus", "prometheus")["prometheus.yml"]
    )
    _for_all(tmp_path)
    with container(
        engine,
        images["prometheus"],
        *("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/data"),
        "--web.listen-address=127.0.0.1:0",
        options=("--tmpfs=/data:mode=1777", "--volume", f"{tmp_path}:/etc/prometheus:ro"),
    ) as name:
        wait_for(
            "Prometheus looks for pods",
            lambda: "KUBERNETES_SERVICE_HOST" in _logs(engine, name),
            True,
        )


def test_the_exporter_of_pgbouncer_starts(engine: Engine, images: Images) -> None:
    option = "--pgBouncer.connectionString=user=pgbouncer host=/run/pgbouncer port=6432"
    with container(engine, images["pgbouncer-exporter"], option) as name:
        # Without a PgBouncer it says where it has looked for one.
        wait_for(
            "the exporter", lambda: "/run/pgbouncer/.s.PGSQL.6432" in _logs(engine, name), True
        )


def test_a_failed_build_says_why(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    with pytest.raises(ClusterError, match="missing"):
        build(engine, Recipe("broken", tmp_path / "Dockerfile"))


def _config_map(manifest: str, name: str) -> dict[str, str]:
    tags = dict.fromkeys(("prometheus", "postgres"), "any")
    objects = render(manifest, tags)
    data: dict[str, str] = next(
        item["data"]
        for item in objects
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] == name
    )
    return data


def _inlined(kubeconfig: Path) -> str:
    """A kubeconfig that needs no other file."""
    found = yaml.safe_load(kubeconfig.read_text())
    cluster = found["clusters"][0]["cluster"]
    authority = Path(cluster.pop("certificate-authority")).read_bytes()
    cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
    text: str = yaml.safe_dump(found)
    return text


def _for_all(folder: Path) -> None:
    """The containers' users are others than the tests'."""
    folder.chmod(0o755)
    for path in folder.iterdir():
        path.chmod(0o644)


def _logs(engine: Engine, name: str) -> str:
    """What a container wrote to both of its outputs."""
    told = subprocess.run(
        [engine.client, "logs", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return told.stdout


def _url(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"
