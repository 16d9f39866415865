"""Command lines of the components: where everything of a lab lies in, argument vectors out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.certificates import FRONT_PROXY_NAME, CertificateFiles
from bytebridge.lab.ports import LOOPBACK

ETCD: Final = "etcd"
API_SERVER: Final = "kube-apiserver"
CONTROLLER_MANAGER: Final = "kube-controller-manager"
KWOK: Final = "kwok"
PROMETHEUS: Final = "prometheus"
METRICS_SERVER: Final = "metrics-server"

NODE: Final = "lab-node"

_SERVICE_RANGE: Final = "10.96.0.0/16"
# Room for as many fake pods as anyone will start; nothing listens on these addresses.
_POD_RANGE: Final = "10.128.0.0/9"


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports, one a listener."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    kwok: int
    prometheus: int
    metrics_server: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Folder, programs, ports and files of one lab."""

    folder: Path
    programs: dict[str, Path]
    ports: Ports
    certificates: CertificateFiles
    token_file: Path
    kubeconfig: Path
    kwok_config: Path
    prometheus_config: Path

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{LOOPBACK}:{self.ports.api_server}"

    @property
    def prometheus_url(self) -> str:
        """URL of Prometheus."""
        return f"http://{LOOPBACK}:{self.ports.prometheus}"

    def command(self, component: str) -> list[str]:
        """The argument vector that starts a component."""
        flags = _FLAGS[component](self)
        return [str(self.programs[component]), *(f"--{name}={flags[name]}" for name in flags)]


Flags = dict[str, str]


def _etcd(layout: Layout) -> Flags:
    client = f"http://{LOOPBACK}:{layout.ports.etcd}"
    peer = f"http://{LOOPBACK}:{layout.ports.etcd_peer}"
    return {
        "name": "lab",
        "data-dir": str(layout.folder / "etcd"),
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": f"lab={peer}",
        # The data is gone with the lab: nothing is gained by waiting for the disk.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    }


def _api_server(layout: Layout) -> Flags:
    files = layout.certificates
    return {
        "etcd-servers": f"http://{LOOPBACK}:{layout.ports.etcd}",
        "bind-address": LOOPBACK,
        "advertise-address": LOOPBACK,
        "secure-port": str(layout.ports.api_server),
        # It would write its own loopback address into an EndpointSlice, which validation refuses.
        "endpoint-reconciler-type": "none",
        "service-cluster-ip-range": _SERVICE_RANGE,
        "tls-cert-file": str(files.serving_certificate),
        "tls-private-key-file": str(files.serving_key),
        "client-ca-file": str(files.ca),
        "token-auth-file": str(layout.token_file),
        "authorization-mode": "RBAC",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": str(files.service_account_key),
        "service-account-signing-key-file": str(files.service_account_key),
        "requestheader-client-ca-file": str(files.front_proxy_ca),
        "requestheader-allowed-names": FRONT_PROXY_NAME,
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": str(files.front_proxy_certificate),
        "proxy-client-key-file": str(files.front_proxy_key),
        # One client plays all the users of a cluster; fairness between them would only slow it down.
        "enable-priority-and-fairness": "false",
        "max-requests-inflight": "0",
        "max-mutating-requests-inflight": "0",
    }


def _controller_manager(layout: Layout) -> Flags:
    files = layout.certificates
    kubeconfig = str(layout.kubeconfig)
    return {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": LOOPBACK,
        "secure-port": str(layout.ports.controller_manager),
        "tls-cert-file": str(files.serving_certificate),
        "tls-private-key-file": str(files.serving_key),
        "service-account-private-key-file": str(files.service_account_key),
        "root-ca-file": str(files.ca),
        "leader-elect": "false",
        # The default of 20 requests a second would make rollouts wait on this client, not on pods.
        "kube-api-qps": "1000",
        "kube-api-burst": "2000",
    }


def _kwok(layout: Layout) -> Flags:
    return {
        "kubeconfig": str(layout.kubeconfig),
        "config": str(layout.kwok_config),
        "manage-single-node": NODE,
        "node-ip": LOOPBACK,
        "node-port": str(layout.ports.kwok),
        "node-lease-duration-seconds": "40",
        "cidr": _POD_RANGE,
        "server-address": f"{LOOPBACK}:{layout.ports.kwok}",
        "tls-cert-file": str(layout.certificates.serving_certificate),
        "tls-private-key-file": str(layout.certificates.serving_key),
        "enable-crds": "ClusterResourceUsage",
    }


def _prometheus(layout: Layout) -> Flags:
    return {
        "config.file": str(layout.prometheus_config),
        "storage.tsdb.path": str(layout.folder / "prometheus"),
        "web.listen-address": f"{LOOPBACK}:{layout.ports.prometheus}",
        "log.level": "warn",
    }


def _metrics_server(layout: Layout) -> Flags:
    kubeconfig = str(layout.kubeconfig)
    files = layout.certificates
    return {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "bind-address": LOOPBACK,
        "secure-port": str(layout.ports.metrics_server),
        "tls-cert-file": str(files.serving_certificate),
        "tls-private-key-file": str(files.serving_key),
        "kubelet-certificate-authority": str(files.ca),
        "kubelet-preferred-address-types": "InternalIP",
        "kubelet-use-node-status-port": "true",
        # As its own release manifest sets it.
        "metric-resolution": "15s",
    }


_FLAGS: Final = {
    ETCD: _etcd,
    API_SERVER: _api_server,
    CONTROLLER_MANAGER: _controller_manager,
    KWOK: _kwok,
    PROMETHEUS: _prometheus,
    METRICS_SERVER: _metrics_server,
}
