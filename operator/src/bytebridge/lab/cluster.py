"""A whole local cluster: brought up, used, and gone without a trace."""

import contextlib
import datetime as dt
import http.client
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from bytebridge.lab import commands, prometheus
from bytebridge.lab.api_server import ApiServer, ApiServerError
from bytebridge.lab.binaries import find_or_make, programs
from bytebridge.lab.certificates import CertificateFiles, write_certificates
from bytebridge.lab.errors import LabError
from bytebridge.lab.kubeconfig import kubeconfig, write_private
from bytebridge.lab.ports import LOOPBACK, free_ports
from bytebridge.lab.processes import Processes
from bytebridge.lab.resource_metrics import Usage, registration, serve_resource_metrics
from bytebridge.lab.settings import LabSettings

_MANIFESTS: Final = Path(__file__).parent / "manifests"
_UP_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.05
_ADMIN: Final = "lab-admin"
_POLICIES: Final = "admissionregistration.k8s.io"
_PLURALS: Final = {
    "Node": "nodes",
    "MutatingAdmissionPolicy": "mutatingadmissionpolicies",
    "MutatingAdmissionPolicyBinding": "mutatingadmissionpolicybindings",
}
_POLICIES_STABLE: Final = 36
"""The minor version of Kubernetes since which MutatingAdmissionPolicy is v1."""


class Lab:
    """A running local cluster."""

    def __init__(self, settings: LabSettings, folder: Path, processes: Processes) -> None:
        numbers = free_ports()
        self._ports = commands.Ports(*(next(numbers) for _ in range(6)))
        self._folder = folder
        self._processes = processes
        self._settings = settings
        self._files = write_certificates(folder / "certificates", dt.datetime.now(dt.UTC))
        self.token = secrets.token_hex(16)
        self.server = f"https://{LOOPBACK}:{self._ports.api_server}"
        self.ca_file = self._files.ca
        self.prometheus_url = f"http://{LOOPBACK}:{self._ports.prometheus}"
        self.kubeconfig = write_private(
            folder / "kubeconfig", kubeconfig(self.server, self.ca_file, _ADMIN, self.token)
        )
        self._programs = {program.name: program for program in programs()}
        self.audit_log = folder / "audit.log"
        """Requests of service accounts, if `LabSettings.audit` is set."""
        self.prometheus_data = folder / "prometheus-data"
        """Where Prometheus keeps what it has seen."""
        self._api = ApiServer(self.server, self.token, self.ca_file)
        self._commands = self._build_commands(self._files)

    def start(self, name: str) -> None:
        """Start a component, on its old port and data if it ran before, and wait until it answers.

        Raises:
            LabError: It does not answer in time, or has died.
        """
        self._processes.start(name, self._commands[name])
        if name == "kube-apiserver":
            self._wait(name, self._api.healthy)
        elif name == "prometheus":
            self._wait(name, self._prometheus_ready)

    def stop(self, name: str) -> None:
        """Stop a component: an outage."""
        self._processes.stop(name)

    def add_scrape_target(
        self, job: str, address: str, labels: dict[str, str] | None = None
    ) -> None:
        """Let Prometheus scrape `http://address/metrics` from now on."""
        prometheus.write_target(self._folder, job, address, labels or {})

    @contextlib.contextmanager
    def resource_metrics(self, usage: Usage) -> Iterator[None]:
        """Let HPAs see CPU: serve metrics.k8s.io from `usage` through the aggregation layer.

        Raises:
            LabError: The API server does not pass requests on in time.
        """
        files = self._files
        serving = serve_resource_metrics(
            usage, str(files.serving_certificate), str(files.serving_key)
        )
        with serving as port:
            objects = registration(port)
            for path, manifest in objects:
                self._api.apply(path, manifest)
            api_service, _manifest = objects[-1]
            self._wait("kube-apiserver", lambda: self._available(api_service))
            try:
                yield
            finally:
                for path, _ in reversed(objects):
                    self._api.delete(path)

    def _available(self, path: str) -> bool:
        conditions = self._api.get(path).get("status", {}).get("conditions", [])
        return any(item["type"] == "Available" and item["status"] == "True" for item in conditions)

    def bring_up(self) -> None:
        """Start everything and wait until pods can run."""
        for name in ("etcd", "kube-apiserver", "prometheus"):
            self.start(name)
        self._bootstrap()
        for name in ("kube-controller-manager", "kwok"):
            self.start(name)
        self._wait("node", self._node_ready)
        self._wait("service account", self._default_account)
        self._wait("binding of pods", self._pods_are_bound)

    def _build_commands(self, files: CertificateFiles) -> dict[str, commands.Command]:
        folder, ports = self._folder, self._ports
        binary = {name: find_or_make(program).path for name, program in self._programs.items()}
        tokens = write_private(
            folder / "tokens.csv", f"{self.token},{_ADMIN},{_ADMIN},system:masters\n"
        )
        configuration = prometheus.write_configuration(
            folder, self._settings.scrape_interval_seconds
        )
        api_server = commands.api_server(binary["kube-apiserver"], files, tokens, folder, ports)
        if self._policies_in_beta:
            api_server = commands.mutating_policies_in_beta(api_server)
        if self._settings.audit:
            policy = _MANIFESTS / "audit-policy.yaml"
            api_server = commands.audited(api_server, policy, self.audit_log)
        return {
            "etcd": commands.etcd(binary["etcd"], folder, ports),
            "kube-apiserver": api_server,
            "kube-controller-manager": commands.controller_manager(
                binary["kube-controller-manager"], self.kubeconfig, files, folder, ports
            ),
            "kwok": commands.kwok(binary["kwok"], self.kubeconfig, self._stages(), ports),
            "prometheus": commands.prometheus(
                binary["prometheus"], configuration, self.prometheus_data, ports
            ),
        }

    def _stages(self) -> Path:
        """KWOK's stages, with this lab's start-up time."""
        text = "\n---\n".join(
            (_MANIFESTS / name).read_text(encoding="utf-8")
            for name in ("node-stages.yaml", "pod-stages.yaml")
        )
        milliseconds = str(int(self._settings.startup_seconds * 1000))
        path = self._folder / "stages.yaml"
        path.write_text(text.replace("STARTUP_MILLISECONDS", milliseconds), encoding="utf-8")
        return path

    @property
    def _policies_in_beta(self) -> bool:
        minor = int(self._programs["kube-apiserver"].version.split(".")[1])
        return minor < _POLICIES_STABLE

    def _bootstrap(self) -> None:
        text = (_MANIFESTS / "bootstrap.yaml").read_text(encoding="utf-8")
        if self._policies_in_beta:
            text = text.replace(f"{_POLICIES}/v1", f"{_POLICIES}/v1beta1")
        for manifest in yaml.safe_load_all(text):
            kind, version = manifest["kind"], manifest["apiVersion"]
            folder = "/api/v1" if version == "v1" else f"/apis/{version}"
            self._api.apply(f"{folder}/{_PLURALS[kind]}/{manifest['metadata']['name']}", manifest)

    def _node_ready(self) -> bool:
        conditions = self._api.get("/api/v1/nodes/lab-node")["status"].get("conditions", [])
        return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)

    def _default_account(self) -> bool:
        """Pods can be created once the namespace has its service account."""
        try:
            self._api.get("/api/v1/namespaces/default/serviceaccounts/default")
        except ApiServerError:
            return False
        return True

    def _pods_are_bound(self) -> bool:
        """The policy that binds pods is in force: one that comes before would wait for ever."""
        pod = {
            "metadata": {"generateName": "probe-"},
            "spec": {"containers": [{"name": "probe", "image": "example"}]},
        }
        made = self._api.create("/api/v1/namespaces/default/pods?dryRun=All", pod)
        return bool(made["spec"].get("nodeName"))

    def _prometheus_ready(self) -> bool:
        connection = http.client.HTTPConnection(LOOPBACK, self._ports.prometheus, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _wait(self, name: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _UP_SECONDS
        while not condition():
            self._processes.running()
            if time.monotonic() > deadline:
                tail = self._processes.log_tail(name)
                raise LabError(f"{name}: not ready after {_UP_SECONDS:.0f} s; its log:\n{tail}")
            time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def start_lab(settings: LabSettings | None = None) -> Iterator[Lab]:
    """Bring up a local cluster on loopback; at the end no process and no file of it is left.

    Raises:
        LabError: A program is missing, or a component does not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="bytebridge-lab-"))
    with Processes(folder) as processes:
        lab = Lab(settings or LabSettings(), folder, processes)
        lab.bring_up()
        yield lab
