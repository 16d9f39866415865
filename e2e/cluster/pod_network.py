"""A network between the pods of all nodes, from the standard CNI plugins and static routes.

Every node has a range of pod addresses from Kubernetes; the others reach it by a route over that
node. Traffic that leaves the cluster takes the node's address. kind's own network does the same.
"""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.kind_configuration import POD_SUBNET

_CONFIGURATION: Final = "/etc/cni/net.d/10-pods.conflist"


@dataclass(frozen=True, slots=True)
class NodeAddresses:
    """A node, its own address, and the range of its pods'."""

    name: str
    address: str
    pods: str


def addresses_in(node_list: dict[str, Any]) -> list[NodeAddresses]:
    """The nodes of a NodeList.

    Raises:
        ClusterError: A node has no range or no address yet; the message names it.
    """
    found = []
    for node in node_list["items"]:
        name = node["metadata"]["name"]
        internal = [
            entry["address"]
            for entry in node["status"].get("addresses", [])
            if entry["type"] == "InternalIP" and ":" not in entry["address"]
        ]
        if "podCIDR" not in node["spec"] or not internal:
            raise ClusterError(f"node {name}: it has no spec.podCIDR or no InternalIP yet")
        found.append(NodeAddresses(name, internal[0], node["spec"]["podCIDR"]))
    return found


def plugin_configuration(pods: str) -> dict[str, Any]:
    """The CNI configuration of a node.

    Args:
        pods: The range of its pods' addresses.
    """
    return {
        "cniVersion": "1.0.0",
        "name": "pods",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni-addresses",
                    "ranges": [[{"subnet": pods}]],
                    "routes": [{"dst": "0.0.0.0/0"}],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ],
    }


def set_up_script(node: NodeAddresses, nodes: Sequence[NodeAddresses]) -> str:
    """A shell script that sets a node up; it may run again.

    Args:
        node: The node that it runs on.
        nodes: All nodes.
    """
    rule = f"POSTROUTING -s {node.pods} ! -d {POD_SUBNET} -j MASQUERADE"
    routes = [
        f"ip route replace {other.pods} via {other.address}" for other in nodes if other != node
    ]
    configuration = shlex.quote(json.dumps(plugin_configuration(node.pods)))
    lines = [
        "set -eu",
        *routes,
        f"iptables -t nat -C {rule} 2>/dev/null || iptables -t nat -A {rule}",
        f"echo {configuration} > {_CONFIGURATION}",
    ]
    return "\n".join(lines)


def set_up(engine: Engine, node_list: dict[str, Any]) -> None:
    """Set up every node; a node becomes Ready thereby.

    Args:
        engine: Where the nodes are containers.
        node_list: As the API server tells it.
    """
    nodes = addresses_in(node_list)
    for node in nodes:
        engine.run("exec", node.name, "sh", "-c", set_up_script(node, nodes))
