"""The images of the control plane, each around one program, in a containerd store for a node."""

import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from e2e.cluster.archive import Image, write_archive
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.cluster.waiting import until_it_works

_START_SECONDS: Final = 30.0
_IPTABLES: Final = tuple(
    f"{family}{suffix}"
    for family in ("iptables", "ip6tables")
    for suffix in ("", "-save", "-restore")
)
_SANDBOX: Final = re.compile(r'^\s*sandbox_image = "([^"]+)"', re.MULTILINE)
_NOT_NEEDED: Final = (
    "io.containerd.cri.v1.images",
    "io.containerd.cri.v1.runtime",
    "io.containerd.grpc.v1.cri",
    "io.containerd.internal.v1.opt",
    "io.containerd.nri.v1.nri",
    "io.containerd.runtime.v2.task",
)
"""Plugins that would reach out of the store's folder."""


def image_names(kubeadm: Path, version: str, containerd_configuration: str) -> dict[str, str]:
    """The image that each program must lie in, by the program's name.

    The pause image is the one that containerd is set up with, as in kind's own nodes.

    Args:
        kubeadm: It tells the others.
        version: Of Kubernetes.
        containerd_configuration: The text of config.toml.
    """
    told = run([kubeadm, "config", "images", "list", "--kubernetes-version", version])
    sandbox = _SANDBOX.search(containerd_configuration)
    if sandbox is None:
        raise ClusterError("containerd's config.toml of this version of kind has no sandbox_image")
    return {**names_in(told), "pause": sandbox[1]}


def names_in(told: str) -> dict[str, str]:
    """Image names by the last word of their path.

    Args:
        told: What `kubeadm config images list` writes.
    """
    return {name.rsplit("/", 1)[-1].split(":")[0]: name for name in told.split()}


def images(
    names: Mapping[str, str], programs: Mapping[str, Path], proxy_files: Path
) -> list[Image]:
    """The images, made of programs.

    Args:
        names: See `image_names`.
        programs: Where each program lies.
        proxy_files: A tar archive of what kube-proxy calls.
    """
    made = []
    for name, tag in names.items():
        program = programs[name]
        if name == "kube-proxy":
            links = {f"usr/sbin/{link}": "xtables-nft-multi" for link in _IPTABLES}
            made.append(
                Image(tag, {f"usr/local/bin/{name}": program}, base=proxy_files, links=links)
            )
        elif name in ("coredns", "pause"):
            made.append(Image(tag, {name: program}, entrypoint=(f"/{name}",)))
        else:
            made.append(Image(tag, {f"usr/local/bin/{name}": program}))
    return made


def fill_store(
    store: Path, made: Iterable[Image], programs: Mapping[str, Path], architecture: str
) -> None:
    """Put images into a containerd store, by a containerd that runs for this alone.

    They are not unpacked: the node's containerd does this when it first runs them.

    Args:
        store: containerd's root folder.
        made: The images.
        programs: Where containerd and ctr lie.
        architecture: Go's name of it.
    """
    scratch = store.parent / "import"
    scratch.mkdir(parents=True)
    archive, socket = scratch / "images.tar", scratch / "containerd.sock"
    write_archive(made, architecture, archive)
    configuration = scratch / "config.toml"
    configuration.write_text(store_configuration(store, scratch / "state", socket))
    log = scratch / "containerd.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [programs["containerd"], "--config", configuration],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        ctr: list[Path | str] = [programs["ctr"], "--address", socket, "--namespace", "k8s.io"]
        until_it_works(lambda: run([*ctr, "version"]), _START_SECONDS, pause_seconds=0.1)
        run(
            [
                *ctr,
                *("images", "import", "--no-unpack", "--digests"),
                *("--label", "io.cri-containerd.image=managed", str(archive)),
            ]
        )
    finally:
        server.terminate()
        server.wait()


def store_configuration(store: Path, state: Path, socket: Path) -> str:
    """The configuration of a containerd that does nothing but keep images."""
    disabled = ", ".join(f'"{plugin}"' for plugin in _NOT_NEEDED)
    return (
        "version = 3\n"
        f'root = "{store}"\n'
        f'state = "{state}"\n'
        f"disabled_plugins = [{disabled}]\n"
        f'[grpc]\n  address = "{socket}"\n'
    )
