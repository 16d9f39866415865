"""The programs of a kind cluster: their versions, and how they are built from Go modules.

They lie in the cache of the local cluster's programs, whose API server, controller manager and
etcd the node image shares.
"""

import json
from pathlib import Path
from typing import Final

from bytebridge.lab.binaries import KUBERNETES, PROGRAMS, Found, Program, find_or_make, kubernetes
from bytebridge.lab.download import Release
from bytebridge.lab.errors import LabError
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.cluster.stages import Say

KIND_VERSION: Final = "v0.33.0"
STOCK_IMAGE: Final = (
    "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
)
"""What this version of kind runs by itself."""

_MODULES: Final = Path(__file__).parent / "modules"
_CONTAINERD: Final = "v2.1.9"
_CNI: Final = "v1.9.1"
_KIND_RELEASE: Final = (
    f"https://github.com/kubernetes-sigs/kind/releases/download/{KIND_VERSION}/kind-linux-{{arch}}"
)

KIND: Final = Program(
    "kind",
    KIND_VERSION,
    _MODULES / "kind",
    "sigs.k8s.io/kind",
    Release(_KIND_RELEASE, f"{_KIND_RELEASE}.sha256sum"),
)
KUBECTL: Final = kubernetes("kubectl")


def _containerd(name: str) -> Program:
    variable = "github.com/containerd/containerd/v2/version.Version"
    return Program(
        name,
        _CONTAINERD,
        _MODULES / "containerd",
        f"github.com/containerd/containerd/v2/cmd/{name}",
        None,
        f"-s -w -X {variable}={_CONTAINERD}",
    )


def _cni(kind: str, name: str) -> Program:
    variable = "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion"
    return Program(
        name,
        _CNI,
        _MODULES / "cni-plugins",
        f"github.com/containernetworking/plugins/plugins/{kind}/{name}",
        None,
        f"-s -w -X {variable}={_CNI}",
    )


CONTROL_PLANE: Final = (
    *(program for program in PROGRAMS if program.name == "etcd"),
    *(kubernetes(f"kube-{name}") for name in ("apiserver", "controller-manager", "scheduler")),
    kubernetes("kube-proxy"),
    Program("coredns", "v1.14.6", _MODULES / "coredns", ".", None),
    Program("pause", "v1", _MODULES / "pause", ".", None),
)
"""What runs in pods."""

NODE: Final = (kubernetes("kubelet"), kubernetes("kubeadm"), KUBECTL)
"""Below /usr/bin of a node."""

RUNTIME: Final = (
    *map(_containerd, ("containerd", "containerd-shim-runc-v2", "ctr")),
    Program(
        "crictl",
        "v1.37.0",
        _MODULES / "cri-tools",
        "sigs.k8s.io/cri-tools/cmd/crictl",
        None,
        "-s -w -X sigs.k8s.io/cri-tools/pkg/version.Version=v1.37.0",
    ),
)
"""Below /usr/local/bin of a node."""

CNI_PLUGINS: Final = (
    _cni("main", "ptp"),
    _cni("main", "loopback"),
    _cni("ipam", "host-local"),
    _cni("meta", "portmap"),
)
"""Below /opt/cni/bin of a node."""

METRICS_SERVER: Final = Program(
    "metrics-server",
    "v0.9.0",
    _MODULES / "metrics-server",
    "sigs.k8s.io/metrics-server/cmd/metrics-server",
    None,
)
"""What tells CPU and memory of pods to the HPA; for the tests that want it."""

IN_THE_NODE: Final = (*CONTROL_PLANE, *NODE, *RUNTIME, *CNI_PLUGINS)
KUBERNETES_VERSION: Final = KUBERNETES


def make(program: Program, say: Say) -> Path:
    """Find, download or build a program.

    Raises:
        ClusterError: None of the three worked; the message says what to do.
    """
    try:
        found: Found = find_or_make(program, say)
    except LabError as error:
        raise ClusterError(str(error)) from error
    return found.path


def sources(program: Program) -> Path:
    """The sources of a program's module in Go's module cache, checked against its go.sum.

    Raises:
        ClusterError: There is no Go, or its module proxy has no such module.
    """
    module = program.package.split("/cmd/")[0]
    told = run(["go", "mod", "download", "-json", module], folder=program.module)
    return Path(json.loads(told)["Dir"])
