"""The base of the images: Python's own where it can be had, or else one from Debian's packages."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bytebridge.lab.debian import FoundServer, Server, find_or_unpack
from bytebridge.lab.errors import LabError
from e2e.cluster.debian_root import mirror
from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.images.recipe import PREFIX

STOCK: Final = "python:3.13-slim"
VARIABLE: Final = "PYTHON_IMAGE"
"""Names another base; nothing is detected then."""
SUITE: Final = "trixie"
"""The Debian with Python 3.13, which the stock image stands on as well."""

_MMDEBSTRAP: Final = Server(("mmdebstrap",), "mmdebstrap")
_PACKAGES: Final = ("ca-certificates", "python3", "python3-venv")
_PULL_SECONDS: Final = 60.0
_AUTHORITIES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_LEFT_OUT: Final = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")

Say = Callable[[str], None]


def python_image(engine: Engine, say: Say = lambda _: None) -> str:
    """Name of a base image that is there.

    Raises:
        ClusterError: The stock image is out of reach, and none can be made here.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        say(f"base image: {chosen}, as {VARIABLE} says")
        return chosen
    if engine.has_image(STOCK):
        say(f"base image: {STOCK}, it is there")
        return STOCK
    own = _own_tag()
    if own and engine.has_image(own):
        say(f"base image: {own}, made before from Debian's packages")
        return own
    try:
        engine.run("pull", "--quiet", STOCK, timeout_seconds=_PULL_SECONDS)
    except ClusterError as error:
        reason = str(error).strip().splitlines()[-1]
        say(f"base image: {STOCK} is out of reach ({reason})")
        if own is None:
            raise ClusterError(
                f"no base image: {STOCK} is out of reach, and this machine has no apt to make one "
                f"with: name a base by {VARIABLE}, or run this on Debian"
            ) from error
        _make(engine, own, say)
        return own
    say(f"base image: {STOCK}, pulled")
    return STOCK


def _make(engine: Engine, tag: str, say: Say) -> None:
    say(f"base image: making {tag} from Debian's packages ...")
    program = _mmdebstrap()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "base.tar")
        # It looks for programs that lie beside it.
        path = f"{program.path.parent}:{os.environ['PATH']}"
        run(
            program.command(*_options(), SUITE, str(archive), mirror()),
            environment={**os.environ, "PATH": path},
        )
        engine.run("import", "--change", 'CMD ["python3"]', archive, tag)


def _options() -> list[str]:
    trusted = [f"--customize-hook=copy-in {_AUTHORITIES} {_AUTHORITIES.parent}"]
    return [
        *("--quiet", "--variant=apt", f"--include={','.join(_PACKAGES)}"),
        *(f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT),
        # An index that this machine trusts by an authority of its own is trusted within as well.
        *(trusted if _AUTHORITIES.is_file() else []),
    ]


def _own_tag() -> str | None:
    """Name of the base that can be made here; another one for other content."""
    if shutil.which("apt-get") is None:
        return None
    authorities = _AUTHORITIES.read_bytes() if _AUTHORITIES.is_file() else b""
    told = repr((SUITE, _options(), mirror(), authorities)).encode()
    return f"{PREFIX}/python:{SUITE}-{hashlib.sha256(told).hexdigest()[:12]}"


def _mmdebstrap() -> FoundServer:
    if os.geteuid() != 0:
        raise ClusterError(
            f"no base image: {STOCK} is out of reach, and only root can make one from packages: "
            f"run this as root, or name a base by {VARIABLE}"
        )
    try:
        return find_or_unpack(_MMDEBSTRAP)
    except LabError as error:
        raise ClusterError(f"no base image: {STOCK} is out of reach, and {error}") from error
