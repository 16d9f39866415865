"""`bytebridge decide`: the policy without a cluster."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from bytebridge.cli.service_file import load_service
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide as decide_once
from bytebridge.scaling.policy import compile_policy
from bytebridge.scaling.state import State
from bytebridge.scaling.wire import parse_observation, write_decision


def decide(
    service: Annotated[Path, typer.Option(help="YAML of a ScalableService.")],
    tick: Annotated[float, typer.Option(min=0.1, help="Seconds between two decisions.")] = 5.0,
) -> None:
    """Read an observation a line, print a decision a line."""
    policy = compile_policy(load_service(service), tick)
    state = State()
    last: Decision | None = None
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            last = decide_once(policy, state, parse_observation(line))
        except ValueError as error:
            print(_unreadable(str(error), last), flush=True)  # noqa: T201 - the program's output
        else:
            print(write_decision(last), flush=True)  # noqa: T201 - the program's output


def _unreadable(error: str, last: Decision | None) -> str:
    """The answer to a line that cannot be read: the last decision stands."""
    return json.dumps({"error": error, "replicas": last.replicas if last else None})
