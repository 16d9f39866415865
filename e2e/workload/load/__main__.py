"""`python -m e2e.workload.load`: progress as it goes, and at the end one line of JSON."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence

from e2e.workload.load.client import Target, send_all, wait_until_ready
from e2e.workload.load.documents import DocumentMix, documents
from e2e.workload.load.profile import Profile, arrivals
from e2e.workload.load.summary import OK, Outcome, summary
from e2e.workload.model.corpus import read_clauses


async def run(arguments: argparse.Namespace) -> list[Outcome]:
    """Wait for the service, then load it."""
    target = Target(arguments.target, arguments.timeout_seconds, arguments.rotate)
    profile = Profile.parse(arguments.profile)
    mix = DocumentMix(read_clauses(), arguments.clauses, arguments.repeated)
    await wait_until_ready(target, arguments.wait_seconds)
    print(f"loading {target.url} for {profile.seconds:g} s: {arguments.profile}", flush=True)
    outcomes: list[Outcome] = []
    progress = asyncio.create_task(_tell(outcomes, arguments.progress_seconds))
    try:
        await send_all(
            target,
            arrivals(profile, arguments.seed),
            documents(mix, arguments.seed),
            outcomes.append,
        )
    finally:
        progress.cancel()
    return outcomes


async def _tell(outcomes: Sequence[Outcome], seconds: float) -> None:
    told, passed = 0, 0.0
    while True:
        await asyncio.sleep(seconds)
        passed += seconds
        new = outcomes[told:]
        told += len(new)
        failed = sum(outcome.cause != OK for outcome in new)
        pods = len({outcome.pod for outcome in new if outcome.pod})
        slowest = max((outcome.seconds for outcome in new), default=0.0)
        print(
            f"{passed:5.0f} s  {len(new) / seconds:6.1f} answers/s  {failed} failed  "
            f"slowest {slowest * 1000:.0f} ms  {pods} pods",
            flush=True,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="load", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    add = parser.add_argument
    add("--target", default=os.environ.get("TARGET", "http://127.0.0.1:8080"), help="service")
    add("--profile", default=os.environ.get("PROFILE", "60@5"), help="SECONDS@RATE[-RATE],...")
    add("--clauses", type=int, default=120, help="clauses of a document")
    add("--repeated", type=float, default=0.3, help="share of documents that come again")
    add("--rotate", type=float, default=0.2, help="share of requests that end their connection")
    add("--timeout-seconds", type=float, default=10.0, help="for an answer")
    add("--objective-milliseconds", type=float, default=200.0, help="latencies above are counted")
    add("--wait-seconds", type=float, default=60.0, help="until the service is ready")
    add("--progress-seconds", type=float, default=5.0, help="between lines of progress")
    add("--seed", type=int, default=1, help="of moments and documents")
    return parser


def main() -> int:
    """Load the service; the exit code says whether it was reached, not how it did."""
    arguments = _parser().parse_args()
    try:
        outcomes = asyncio.run(run(arguments))
    except TimeoutError:
        print(f"{arguments.target} was not ready in {arguments.wait_seconds:g} s", file=sys.stderr)
        return 1
    print(json.dumps(summary(outcomes, arguments.objective_milliseconds / 1000)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
