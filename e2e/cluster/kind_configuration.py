"""The configuration of a kind cluster: kind's defaults, and what this machine needs besides."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from e2e.cluster import runc_wrapper

POD_SUBNET: Final = "10.244.0.0/16"
_CGROUP_V2: Final = Path("/sys/fs/cgroup/cgroup.controllers")
_CAPABILITY: Final = "CAP_SYS_RESOURCE"

_KUBELET_ON_V1: Final = """\
kind: KubeletConfiguration
apiVersion: kubelet.config.k8s.io/v1beta1
failCgroupV1: false
"""
_TAKES_PODS: Final = """\
kind: InitConfiguration
nodeRegistration:
  taints: []
"""
_RESTRICT_SCORE: Final = """\
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """What about a machine matters to a node.

    Attributes:
        cgroup_v1: Its control groups are of version 1; a kubelet refuses them unless told.
        lowers_scores: It can lower a process' score for the out-of-memory killer. Where it cannot,
            containerd's sandboxes fail with "can't get final child's PID from pipe: EOF".
    """

    cgroup_v1: bool
    lowers_scores: bool


def this_machine() -> Machine:
    """The machine that this runs on."""
    return Machine(not _CGROUP_V2.exists(), _CAPABILITY not in runc_wrapper.missing_here())


def configuration(machine: Machine, nodes: int, own_network: bool) -> dict[str, Any]:
    """The configuration for `kind create cluster`.

    Args:
        machine: Where the nodes run.
        nodes: How many; the first is the control plane, which takes pods too.
        own_network: Whether we set up the network between pods, as the node image has none.
    """
    if nodes < 1:
        raise ValueError(f"a cluster has {nodes} nodes: it must have 1 or more")
    networking: dict[str, Any] = {"podSubnet": POD_SUBNET}
    if own_network:
        networking["disableDefaultCNI"] = True
    first: dict[str, Any] = {"role": "control-plane"}
    if nodes > 1:  # Alone, kind itself lets it take pods.
        first["kubeadmConfigPatches"] = [_TAKES_PODS]
    made: dict[str, Any] = {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "networking": networking,
        "nodes": [first, *({"role": "worker"} for _ in range(nodes - 1))],
    }
    if machine.cgroup_v1:
        made["kubeadmConfigPatches"] = [_KUBELET_ON_V1]
    if not machine.lowers_scores:
        made["containerdConfigPatches"] = [_RESTRICT_SCORE]
    return made
