import os
import signal
from pathlib import Path

from e2e.cluster.daemon import command_line, has_ended, spawn
from e2e.cluster.errors import ClusterError
from e2e.cluster.waiting import until_it_works


def test_a_process_is_known_by_its_number_until_it_has_ended(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pid = spawn(["/bin/sh", "-c", "echo $WORD; exec sleep 60"], {"WORD": "said"}, log)

    def sleeps() -> None:
        if "sleep" not in command_line(pid):
            raise ClusterError(f"it is {command_line(pid)}")

    def ended() -> None:
        if not has_ended(pid):
            raise ClusterError("it goes on")

    try:
        until_it_works(sleeps, within_seconds=10, pause_seconds=0.01)
        assert log.read_text() == "said\n"
        assert os.getsid(pid) == pid
        assert not has_ended(pid)
    finally:
        os.kill(pid, signal.SIGTERM)
    until_it_works(ended, within_seconds=10, pause_seconds=0.01)
    assert command_line(pid) == []
