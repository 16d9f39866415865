from typing import Any

import pytest

from e2e.cluster.errors import ClusterError
from e2e.cluster.pod_network import (
    NodeAddresses,
    addresses_in,
    plugin_configuration,
    set_up_script,
)

ONE = NodeAddresses("one", "172.18.0.2", "10.244.0.0/24")
TWO = NodeAddresses("two", "172.18.0.3", "10.244.1.0/24")


def _node(node: NodeAddresses) -> dict[str, Any]:
    addresses = [
        {"type": "Hostname", "address": node.name},
        {"type": "InternalIP", "address": "fc00::2"},
        {"type": "InternalIP", "address": node.address},
    ]
    return {
        "metadata": {"name": node.name},
        "spec": {"podCIDR": node.pods},
        "status": {"addresses": addresses},
    }


def test_addresses_are_read_from_nodes() -> None:
    assert addresses_in({"items": [_node(ONE), _node(TWO)]}) == [ONE, TWO]


@pytest.mark.parametrize("missing", ["spec", "status"])
def test_a_node_without_addresses_is_named(missing: str) -> None:
    node = {**_node(TWO), missing: {}}
    with pytest.raises(ClusterError, match="node two"):
        addresses_in({"items": [_node(ONE), node]})


def test_a_node_reaches_the_others_pods_over_them_and_its_own_directly() -> None:
    script = set_up_script(ONE, [ONE, TWO])
    assert "ip route replace 10.244.1.0/24 via 172.18.0.3" in script
    assert "10.244.0.0/24 via" not in script


def test_only_traffic_that_leaves_the_cluster_takes_the_node_s_address() -> None:
    assert "-s 10.244.0.0/24 ! -d 10.244.0.0/16 -j MASQUERADE" in set_up_script(ONE, [ONE])
    assert plugin_configuration(ONE.pods)["plugins"][0]["ipMasq"] is False


def test_pods_get_addresses_of_their_node() -> None:
    ranges = plugin_configuration(TWO.pods)["plugins"][0]["ipam"]["ranges"]
    assert ranges == [[{"subnet": "10.244.1.0/24"}]]
