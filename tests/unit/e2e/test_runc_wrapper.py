import json
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.cluster import runc_wrapper
from e2e.cluster.runc_wrapper import edit, file_to_edit, missing_capabilities, without

STATUS = "Name:\tx\nCapEff:\t000001fffeffffff\nCapBnd:\t{bounding:016x}\nCapAmb:\t0\n"
ALL = (1 << 41) - 1


@pytest.mark.parametrize(
    ("bounding", "last", "missing"),
    [
        pytest.param(ALL, 40, set(), id="nothing is missing"),
        pytest.param(ALL & ~(1 << 24), 40, {"CAP_SYS_RESOURCE"}, id="one is missing"),
        pytest.param(ALL & ~1, 40, {"CAP_CHOWN"}, id="the first is missing"),
        pytest.param(ALL & ~(1 << 40), 40, {"CAP_CHECKPOINT_RESTORE"}, id="the last is missing"),
        pytest.param(ALL & ~(1 << 40), 39, set(), id="an older kernel does not know the last"),
    ],
)
def test_what_the_bounding_set_lacks(bounding: int, last: int, missing: set[str]) -> None:
    assert missing_capabilities(STATUS.format(bounding=bounding), last) == missing


def test_only_missing_capabilities_are_taken_out() -> None:
    process = {
        "args": ["x"],
        "capabilities": {
            "bounding": ["CAP_KILL", "CAP_SYS_RESOURCE"],
            "effective": ["CAP_SYS_RESOURCE"],
        },
    }
    assert without(process, {"CAP_SYS_RESOURCE"}) == {
        "args": ["x"],
        "capabilities": {"bounding": ["CAP_KILL"], "effective": []},
    }
    assert without({"args": ["x"]}, {"CAP_SYS_RESOURCE"}) == {"args": ["x"]}


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param(
            "--root /r --log /l create --bundle /b --pid-file /p id",
            (Path("/b/config.json"), True),
            id="create",
        ),
        pytest.param("create -b /b id", (Path("/b/config.json"), True), id="create, short"),
        pytest.param("create --bundle=/b id", (Path("/b/config.json"), True), id="with ="),
        pytest.param("run -b /b id", (Path("/b/config.json"), True), id="run"),
        pytest.param("create id", (Path("config.json"), True), id="the bundle is here"),
        pytest.param("exec --process /p --detach id", (Path("/p"), False), id="exec"),
        pytest.param("exec id ls", None, id="exec without a file"),
        pytest.param("delete --force id", None, id="delete"),
    ],
)
def test_the_file_that_describes_the_process(
    arguments: str, found: tuple[Path, bool] | None
) -> None:
    assert file_to_edit(arguments.split()) == found


def test_a_bundle_and_a_process_file_are_edited(tmp_path: Path) -> None:
    process = {"capabilities": {"bounding": ["CAP_KILL", "CAP_SYS_RESOURCE"]}}
    expected = {"capabilities": {"bounding": ["CAP_KILL"]}}
    bundle, alone = tmp_path / "config.json", tmp_path / "process.json"
    bundle.write_text(json.dumps({"ociVersion": "1.0.2", "process": process}))
    alone.write_text(json.dumps(process))
    edit(bundle, True, {"CAP_SYS_RESOURCE"})
    edit(alone, False, {"CAP_SYS_RESOURCE"})
    assert json.loads(bundle.read_text()) == {"ociVersion": "1.0.2", "process": expected}
    assert json.loads(alone.read_text()) == expected


def test_it_runs_alone_and_becomes_runc_with_the_same_arguments() -> None:
    told = subprocess.run(
        [sys.executable, "-I", "-S", runc_wrapper.__file__, "state", "some id"],
        env={runc_wrapper.RUNC_VARIABLE: "/bin/echo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "state some id\n"
