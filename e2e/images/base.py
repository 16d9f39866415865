"""The base of the images: Python's own where it can be had, or else one from Debian's packages."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from e2e.cluster.engine import Engine
from e2e.cluster.errors import ClusterError
from e2e.cluster.process import run
from e2e.images.recipe import PREFIX

STOCK: Final = "python:3.13-slim"
VARIABLE: Final = "PYTHON_IMAGE"
"""Names another base; nothing is detected then."""
SUITE: Final = "trixie"
"""The Debian with Python 3.13, which the stock image stands on as well."""

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
    own = _own_tag()
    for tag, why in ((STOCK, "it is there"), (own, "made before from Debian's packages")):
        if engine.has_image(tag):
            say(f"base image: {tag}, {why}")
            return tag
    try:
        engine.run("pull", "--quiet", STOCK, timeout_seconds=_PULL_SECONDS)
    except ClusterError as error:
        say(f"base image: {STOCK} is out of reach ({_last_line(error)})")
        _make(engine, own, say)
        return own
    say(f"base image: {STOCK}, pulled")
    return STOCK


def _make(engine: Engine, tag: str, say: Say) -> None:
    say(f"base image: making {tag} from Debian's packages ...")
    program = _mmdebstrap()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder, "base.tar")
        run([program, *_options(), SUITE, archive])
        engine.run("import", "--change", 'CMD ["python3"]', archive, tag)


def _options() -> list[str]:
    trusted = [f"--customize-hook=copy-in {_AUTHORITIES} {_AUTHORITIES.parent}"]
    return [
        *("--quiet", "--variant=apt", f"--include={','.join(_PACKAGES)}"),
        *(f"--dpkgopt=path-exclude={path}" for path in _LEFT_OUT),
        # An index that this machine trusts by an authority of its own is trusted within as well.
        *(trusted if _AUTHORITIES.is_file() else []),
    ]


def _own_tag() -> str:
    text = repr((SUITE, _options(), _AUTHORITIES.is_file() and _AUTHORITIES.read_bytes()))
    return f"{PREFIX}/python:{SUITE}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _mmdebstrap() -> str:
    found = shutil.which("mmdebstrap")
    if found:
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ClusterError(
            f"no base image: {STOCK} is out of reach and there is no mmdebstrap to make one with: "
            f"install mmdebstrap (Debian's package of that name), or name a base by {VARIABLE}"
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if not run(["apt-cache", "show", "--quiet=2", "mmdebstrap"]).strip():
        run(["apt-get", "update", "--quiet=2"], environment=environment)
    run(
        ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", "mmdebstrap"],
        environment=environment,
    )
    return "mmdebstrap"


def _last_line(error: ClusterError) -> str:
    return str(error).strip().splitlines()[-1]
