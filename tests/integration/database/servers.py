"""What the operator generates, put to use on this machine: environments, configurations, pods."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import claims_of
from bytebridge.budget.limits import budgeted, limits_of
from bytebridge.budget.settlement import Books, settle
from bytebridge.lab.debian import PGBOUNCER, as_another_user, find_or_unpack
from bytebridge.lab.postgres import PostgresServer
from bytebridge.lab.processes import Processes
from bytebridge.resources.deployment import deployment
from bytebridge.resources.pooler.configuration import pooler_config_map
from bytebridge.resources.pooler.container import START_SCRIPT
from bytebridge.resources.wiring import Wiring

USER, PASSWORD, DATABASE = "app", "p\"a'ss w:/@%", "legal"
AUTH_TOKEN = "to!ken&with$all^that<ElastiCache>per-mits0"  # noqa: S105 - of servers of the tests
"""All that an ElastiCache token may have, but for `#`, with which a URL ends."""
TESTS = Path(__file__).parents[2]
POSTGRES_PODS, CACHE_PODS = "support.pods", "support.cache_pods"


def service(max_replicas: int = 40, **postgres: Any) -> ScalableService:
    """A service whose database is on loopback."""
    return ScalableService.model_validate(
        {
            "metadata": {"name": "nlp", "namespace": "legal"},
            "spec": {
                "template": {"spec": {"containers": [{"name": "app", "image": "i"}]}},
                "scaling": {"maxReplicas": max_replicas, "objective": {"latencyMilliseconds": 200}},
                "database": {
                    "postgres": {
                        "database": DATABASE,
                        "sslMode": "disable",
                        "credentials": {"secretName": "db"},
                        **postgres,
                    }
                },
            },
        }
    )


def wiring(of: ScalableService) -> Wiring:
    """What the budget grants the service if it is alone."""
    limits = limits_of([of], [])
    settlement = settle(Books(budgeted(claims_of(of), limits), limits))
    return Wiring({key[2]: grant for key, grant in settlement.grants.items()})


def pod_environment(of: ScalableService, **changed: str) -> dict[str, str]:
    """The variables of the app container as the kubelet expands them."""
    template = deployment(of, wiring(of))["spec"]["template"]
    secret = {"username": USER, "password": PASSWORD, "auth-token": AUTH_TOKEN}
    found: dict[str, str] = {}
    for variable in template["spec"]["containers"][0]["env"]:
        reference = variable.get("valueFrom")
        if reference:
            found[variable["name"]] = secret[reference["secretKeyRef"]["key"]]
        else:
            text = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], variable["value"])
            found[variable["name"]] = text
    return found | changed


@dataclass
class Pods:
    """A fleet of processes that play pods."""

    _process: subprocess.Popen[str]

    def grow(self, count: int) -> dict[str, Any]:
        """Bring the pods to a number; returns how many opened their pools, and errors."""
        return self._ask(f"grow {count}")

    def end(self) -> list[str]:
        """Stop them; returns what went wrong while they ran."""
        errors: list[str] = self._ask("end")["errors"]
        return errors

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def running_pods(*environments: dict[str, str], play: str = POSTGRES_PODS) -> Iterator[Pods]:
    """Pods, dealt to the environments in turn; `play` is the module that plays them."""
    process = subprocess.Popen(
        [sys.executable, "-m", play, json.dumps(environments)],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Pods(process)
    finally:
        if process.stdin is not None:
            process.stdin.close()  # it then ends its pods and itself
        process.wait(60)
        if process.stdout is not None:
            process.stdout.close()


class Pooler:
    """A real PgBouncer under the operator's own start script, with the operator's files."""

    def __init__(self, processes: Processes, folder: Path, of: ScalableService, port: int) -> None:
        self._service, self.port, self.folder = of, port, folder
        self._configuration, self._credentials = folder / "etc", folder / "credentials"
        for each in (folder, self._configuration, self._credentials):
            each.mkdir(exist_ok=True)
            each.chmod(0o777)
        (self._credentials / "username").write_text(USER + "\n")
        self.rotate(PASSWORD)
        self.configure(wiring(of))
        program = find_or_unpack(PGBOUNCER)
        script = f'PATH="{program.path.parent}:$PATH"\n{START_SCRIPT}'
        shell = [
            *("/bin/sh", "-c", script, "start"),
            *(str(self._configuration / "pgbouncer.ini"), str(self._credentials), str(folder)),
        ]
        libraries = ":".join(map(str, program.libraries))
        command = ["/usr/bin/env", f"LD_LIBRARY_PATH={libraries}", *shell]
        processes.start(f"pgbouncer-{port}", as_another_user(command))

    def configure(self, changed: Wiring) -> None:
        """Write pgbouncer.ini as a ConfigMap would bring it: in one step."""
        postgres = self._service.spec.database.postgres
        assert postgres is not None
        plans = changed.plans(self._service, postgres)
        built = pooler_config_map(self._service, postgres, plans, changed.left_out)
        text = built["data"]["pgbouncer.ini"]
        text = text.replace("/run/pgbouncer", str(self.folder))
        text = re.sub("listen_addr = .*", "listen_addr = 127.0.0.1", text)
        text = text.replace("listen_port = 6432", f"listen_port = {self.port}")
        draft = self._configuration / "draft"
        draft.write_text(text)
        draft.replace(self._configuration / "pgbouncer.ini")

    def rotate(self, password: str) -> None:
        """Write another password as a Secret would bring it."""
        (self._credentials / "password").write_text(password + "\n")

    def admin(self, server: PostgresServer, text: str) -> str:
        """Ask PgBouncer's console as the exporter does: by the socket, without a password."""
        command = server.program.command(
            *("--no-psqlrc", "--tuples-only", "--no-align", f"--host={self.folder}"),
            *(f"--port={self.port}", "--username=pgbouncer", "--dbname=pgbouncer"),
            *("--command", text),
            program="psql",
        )
        result = subprocess.run(
            as_another_user(command), capture_output=True, text=True, check=False, cwd="/"
        )
        return result.stdout.strip() or result.stderr.strip()

    def pid(self) -> int:
        """Of the start script."""
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                line = process.cmdline()
                if line[:2] == ["/bin/sh", "-c"] and line[-1] == str(self.folder):
                    return process.pid
        raise AssertionError("the start script does not run")

    def answers(self, server: PostgresServer) -> bool:
        """It is up."""
        return self.admin(server, "show version").startswith("PgBouncer")


def connections_at_once(server: PostgresServer) -> int:
    """Connections that the application's user has now."""
    return server.connections(USER)


def ports_of(poolers: Sequence[Pooler], environment: dict[str, str]) -> list[dict[str, str]]:
    """The environment once a pooler: what the Service would deal them to."""
    return [
        {
            key: value.replace("nlp-pooler:6432", f"127.0.0.1:{pooler.port}")
            for key, value in environment.items()
        }
        for pooler in poolers
    ]
