"""The image of a kind node: the stock one where it can be had, else one made from packages."""

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bytebridge.lab.download import architecture
from e2e.cluster import control_plane_images, debian_root, node_tree
from e2e.cluster.engine import Engine, engine_folder
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.cluster.programs import (
    IN_THE_NODE,
    KIND,
    KIND_VERSION,
    KUBERNETES_VERSION,
    STOCK_IMAGE,
    make,
    sources,
)
from e2e.cluster.stages import Say, stage

_HERE: Final = Path(__file__).parent
_REPOSITORY: Final = "bytebridge-e2e/node"
_REACH_SECONDS: Final = 15.0
_PULL_SECONDS: Final = 900.0


@dataclass(frozen=True, slots=True)
class NodeImage:
    """An image for `kind create cluster --image`, and what must be known about it."""

    tag: str
    stock: bool
    """Whether it is kind's own, which brings its own network between pods."""
    reason: str


def node_image(engine: Engine, say: Say) -> NodeImage:
    """The image to use here, and why.

    Raises:
        ClusterError: Neither can be had; the message says what to do.
    """
    if engine.has_image(STOCK_IMAGE):
        return NodeImage(STOCK_IMAGE, True, "the engine has the stock image")
    own = own_tag()
    if engine.has_image(own):
        return NodeImage(own, False, "it was made from packages before")
    refusal = pull_stock_image(engine, say)
    if refusal is None:
        return NodeImage(STOCK_IMAGE, True, "the stock image was pulled")
    say(f"the stock image is out of reach ({refusal}): making one from packages and Go modules")
    _build(engine, own, say)
    _remove_older(engine, own)
    return NodeImage(own, False, "made from packages, as the stock image is out of reach")


def own_tag() -> str:
    """The name of the image from packages; it changes with everything that goes in."""
    versions = [f"{program.name} {program.version}" for program in IN_THE_NODE]
    files = [path for path in (_HERE / "node").rglob("*") if path.is_file()]
    code = [_HERE / f"{name}.py" for name in ("archive", "control_plane_images", "node_tree")]
    digest = digest_of([*versions, KIND_VERSION, _root_tag()], [*sorted(files), *code])
    return f"{_REPOSITORY}:{KUBERNETES_VERSION}-{digest}"


def digest_of(words: Iterable[str], files: Iterable[Path]) -> str:
    """Twelve hexadecimal digits that change with any of these."""
    digest = hashlib.sha256("\n".join(words).encode())
    for path in files:
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _root_tag() -> str:
    digest = digest_of([debian_root.SUITE, *debian_root.PACKAGES], [])
    return f"bytebridge-e2e/root:{debian_root.SUITE}-{digest}"


def pull_stock_image(engine: Engine, say: Say, reach_seconds: float = _REACH_SECONDS) -> str | None:
    """Pull the stock image; a registry that does not answer soon is out of reach.

    Args:
        engine: It pulls, from where it is set up to.
        say: Told that this takes its time.
        reach_seconds: How long it may take until the registry answers.

    Returns:
        Why there is none; `None`: it is there.
    """
    say(f"pulling {STOCK_IMAGE} ...")
    lines: list[str] = []
    answered = threading.Event()

    def read(output: Iterable[str]) -> None:
        for line in output:
            lines.append(line.strip())
            if "Pulling from" in line:
                answered.set()

    with subprocess.Popen(
        [engine.client, "pull", STOCK_IMAGE],
        env=engine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        reader = threading.Thread(target=read, args=(process.stdout,), daemon=True)
        reader.start()
        reader.join(reach_seconds)
        if reader.is_alive() and answered.is_set():
            reader.join(_PULL_SECONDS)
        if reader.is_alive():
            process.kill()
            lines.append("it took too long")
        reader.join()
    return None if process.returncode == 0 else lines[-1]


def _build(engine: Engine, tag: str, say: Say) -> None:
    machine = architecture()
    if machine is None:
        raise ClusterError("a node image can be made on Linux on amd64 or arm64 only")
    programs = {program.name: make(program, say) for program in IN_THE_NODE}
    with debian_root.scratch_folder(engine_folder()) as name:
        scratch = Path(name)
        root = _root_image(engine, scratch, say)
        context = scratch / "context"
        context.mkdir()
        tree = context / "tree"
        with stage("images of the control plane", say):
            kind = sources(KIND)
            node_tree.write_tree(tree, kind, programs, run([programs["ctr"], "oci", "spec"]))
            _add_images(engine, root, scratch, tree, programs, machine)
        with stage("node image", say):
            shutil.copy(_HERE / "node/Dockerfile", context)
            engine.run("build", "--quiet", "--build-arg", f"ROOT={root}", "--tag", tag, context)


def _remove_older(engine: Engine, present: str) -> None:
    """Each is a gigabyte; one that a container still uses stays."""
    for tag in engine.run("images", "--format", "{{.Repository}}:{{.Tag}}", _REPOSITORY).split():
        used = engine.run("ps", "--all", "--quiet", "--filter", f"ancestor={tag}").strip()
        if tag != present and not used:
            engine.run("rmi", tag)


def _add_images(
    engine: Engine, root: str, scratch: Path, tree: Path, programs: dict[str, Path], machine: str
) -> None:
    proxy_files = scratch / "proxy.tar"
    script = (_HERE / "node/proxy-files.sh").read_text()
    run(
        [engine.client, "run", "--rm", "--network=none", root, "sh", "-c", script],
        environment=engine.environment(),
        into=proxy_files,
    )
    configuration = (tree / "etc/containerd/config.toml").read_text()
    names = control_plane_images.image_names(programs["kubeadm"], KUBERNETES_VERSION, configuration)
    made = control_plane_images.images(names, programs, proxy_files)
    store = scratch / "store" / "root"
    control_plane_images.fill_store(store, made, programs, machine)
    shutil.move(store, tree / "var/lib/containerd")


def _root_image(engine: Engine, scratch: Path, say: Say) -> str:
    tag = _root_tag()
    if engine.has_image(tag):
        return tag
    root, archive = scratch / "root", scratch / "root.tar"
    with stage("node's root file system from Debian's packages", say):
        debian_root.make_root(root)
        run(["tar", "--create", "--numeric-owner", "--file", archive, "--directory", root, "."])
        engine.run("import", archive, tag)
    return tag
