from pathlib import Path

import pytest

from e2e.cluster.control_plane_images import images, names_in, store_configuration
from e2e.cluster.debian_root import archive_in
from e2e.cluster.node_image import digest_of
from e2e.cluster.node_tree import container_specification

KUBEADM = """\
registry.example/kube-proxy:v1.37.2
registry.example/coredns/coredns:v1.14.6
registry.example:5000/etcd:3.7.0-0
"""


def test_names_of_images_by_program() -> None:
    assert names_in(KUBEADM) == {
        "kube-proxy": "registry.example/kube-proxy:v1.37.2",
        "coredns": "registry.example/coredns/coredns:v1.14.6",
        "etcd": "registry.example:5000/etcd:3.7.0-0",
    }


def test_each_image_runs_its_program_as_kubeadm_s_manifests_expect() -> None:
    names = names_in(KUBEADM)
    programs = {name: Path("/cache", name) for name in names}
    made = {image.tag: image for image in images(names, programs, Path("proxy.tar"))}
    coredns, proxy, etcd = (made[names[name]] for name in ("coredns", "kube-proxy", "etcd"))
    assert coredns.entrypoint == ("/coredns",)
    assert etcd.entrypoint == ()
    assert etcd.files == {"usr/local/bin/etcd": Path("/cache/etcd")}
    assert proxy.base == Path("proxy.tar")
    assert proxy.links["usr/sbin/iptables-restore"] == "xtables-nft-multi"


def test_the_containerd_that_only_keeps_images_runs_none() -> None:
    text = store_configuration(Path("/s/root"), Path("/s/state"), Path("/s/sock"))
    assert 'root = "/s/root"' in text
    assert "io.containerd.runtime.v2.task" in text


def test_containers_have_no_limits_of_resources_and_kind_s_hook() -> None:
    default = {"process": {"args": ["sh"], "rlimits": [{"type": "RLIMIT_NOFILE"}]}, "root": {}}
    assert container_specification(default) == {
        "process": {"args": ["sh"]},
        "root": {},
        "hooks": {"createContainer": [{"path": "/kind/bin/mount-product-files.sh"}]},
    }


@pytest.mark.parametrize(
    ("targets", "archive"),
    [
        pytest.param("", None, id="apt has no source"),
        pytest.param("Node nodistro http://n/", None, id="only somebody else's"),
        pytest.param(
            "Debian bookworm-security http://s/\nDebian bookworm-updates http://d/\n"
            "Debian bookworm http://m/\n",
            "http://m/",
            id="the main archive",
        ),
    ],
)
def test_the_archive_of_debian_s_packages(targets: str, archive: str | None) -> None:
    assert archive_in(targets) == archive


def test_a_digest_changes_with_every_part(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("1")
    first = digest_of(["a", "b"], [file])
    assert digest_of(["a", "b"], [file]) == first
    assert digest_of(["ab"], [file]) != first
    file.write_text("2")
    assert digest_of(["a", "b"], [file]) != first
