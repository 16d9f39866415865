"""Whether a kind cluster can be made on this machine, before anything is begun."""

import os
import shutil
from dataclasses import dataclass

from e2e.cluster.engine import Engine, find_engine
from e2e.cluster.programs import STOCK_IMAGE


@dataclass(frozen=True, slots=True)
class Machine:
    """What counts."""

    engine: bool
    """A Docker engine answers."""
    stock_image: bool
    """And has the stock image of a node."""
    root: bool
    apt: bool
    go: bool


def look() -> Machine:
    """This machine."""
    engine = find_engine()
    return Machine(
        engine=engine is not None,
        stock_image=_has_stock(engine),
        root=os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
        go=shutil.which("go") is not None,
    )


def obstacle(machine: Machine) -> str | None:
    """Why no cluster can be made; `None`: one can, as far as can be told without trying."""
    packages = machine.root and machine.apt
    if not machine.engine and not packages:
        return "no Docker engine answers, and only root with apt can start one: start Docker"
    if machine.stock_image or (packages and machine.go):
        return None
    missing = [
        name
        for name, there in (("root", machine.root), ("apt", machine.apt), ("Go", machine.go))
        if not there
    ]
    return (
        f"the engine has no {STOCK_IMAGE}, and without {' and '.join(missing)} no image of a node "
        f"can be made: pull {STOCK_IMAGE}"
    )


def _has_stock(engine: Engine | None) -> bool:
    return engine is not None and engine.has_image(STOCK_IMAGE)
