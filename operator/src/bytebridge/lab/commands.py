"""The command line of each component."""

from dataclasses import dataclass
from pathlib import Path

from bytebridge.lab.certificates import CertificateFiles
from bytebridge.lab.ports import LOOPBACK

Command = list[str]


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each component listens on loopback."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    kwok: int
    prometheus: int


def etcd(binary: Path, folder: Path, ports: Ports) -> Command:
    """A store that may lose its data: nothing outlives the lab."""
    client, peer = (f"http://{LOOPBACK}:{port}" for port in (ports.etcd, ports.etcd_peer))
    return [
        str(binary),
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_server(
    binary: Path, files: CertificateFiles, token_file: Path, folder: Path, ports: Ports
) -> Command:
    """A real API server with RBAC, a token file and the aggregation layer."""
    return [
        str(binary),
        f"--etcd-servers=http://{LOOPBACK}:{ports.etcd}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={ports.api_server}",
        f"--cert-dir={folder / 'api-server'}",
        f"--tls-cert-file={files.serving_certificate}",
        f"--tls-private-key-file={files.serving_key}",
        f"--token-auth-file={token_file}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={files.service_account_key}",
        f"--service-account-signing-key-file={files.service_account_key}",
        "--service-cluster-ip-range=10.96.0.0/14",
        "--endpoint-reconciler-type=none",
        f"--requestheader-client-ca-file={files.front_proxy_ca}",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={files.front_proxy_certificate}",
        f"--proxy-client-key-file={files.front_proxy_key}",
        # A restart must answer at once, and a stop must not wait for open watches.
        "--shutdown-delay-duration=0s",
        "--max-requests-inflight=1600",
        "--max-mutating-requests-inflight=800",
    ]


def mutating_policies_in_beta(api_server: Command) -> Command:
    """An API server before Kubernetes 1.36, which has MutatingAdmissionPolicy off by default."""
    return [
        *api_server,
        "--feature-gates=MutatingAdmissionPolicy=true",
        "--runtime-config=admissionregistration.k8s.io/v1beta1=true",
    ]


def audited(api_server: Command, policy: Path, log: Path) -> Command:
    """An API server that writes what the policy asks for, a JSON object a line."""
    return [*api_server, f"--audit-policy-file={policy}", f"--audit-log-path={log}"]


def controller_manager(
    binary: Path, kubeconfig: Path, files: CertificateFiles, folder: Path, ports: Ports
) -> Command:
    """All controllers, the garbage collector and the HPA among them."""
    return [
        str(binary),
        f"--kubeconfig={kubeconfig}",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.controller_manager}",
        f"--cert-dir={folder / 'controller-manager'}",
        f"--service-account-private-key-file={files.service_account_key}",
        f"--root-ca-file={files.ca}",
        "--leader-elect=false",
        "--kube-api-qps=300",
        "--kube-api-burst=600",
    ]


def kwok(binary: Path, kubeconfig: Path, stages: Path, ports: Ports) -> Command:
    """The kubelets of all nodes, played."""
    return [
        str(binary),
        f"--kubeconfig={kubeconfig}",
        "--manage-all-nodes=true",
        # Without a Lease the node lifecycle controller takes the node, and its pods, for dead.
        "--node-lease-duration-seconds=40",
        f"--config={stages}",
        f"--node-ip={LOOPBACK}",
        f"--server-address={LOOPBACK}:{ports.kwok}",
    ]


def prometheus(binary: Path, configuration: Path, data: Path, ports: Ports) -> Command:
    """Prometheus, with what it has seen in a folder."""
    return [
        str(binary),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={LOOPBACK}:{ports.prometheus}",
        "--log.level=warn",
    ]
