from pathlib import Path

import pytest
import yaml

from e2e.cluster.kind_configuration import Machine, configuration

HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("golden", "machine", "nodes", "own_network"),
    [
        pytest.param("plain", Machine(False, True), 1, False, id="a usual machine, stock image"),
        pytest.param("bare", Machine(True, False), 2, True, id="a machine that lacks things"),
    ],
)
def test_configuration(golden: str, machine: Machine, nodes: int, own_network: bool) -> None:
    made = configuration(machine, nodes, own_network)
    assert made == yaml.safe_load((HERE / f"kind-{golden}.yaml").read_text())


@pytest.mark.parametrize(
    ("machine", "kubelet", "containerd"),
    [
        pytest.param(Machine(False, True), False, False, id="nothing is patched without need"),
        pytest.param(Machine(True, True), True, False, id="control groups of version 1"),
        pytest.param(Machine(False, False), False, True, id="scores cannot be lowered"),
    ],
)
def test_patches_only_where_they_are_needed(
    machine: Machine, kubelet: bool, containerd: bool
) -> None:
    made = configuration(machine, 1, own_network=True)
    assert ("kubeadmConfigPatches" in made) is kubelet
    assert ("containerdConfigPatches" in made) is containerd


def test_a_cluster_without_nodes_is_refused() -> None:
    with pytest.raises(ValueError, match="0 nodes: it must have 1 or more"):
        configuration(Machine(False, True), 0, own_network=False)
