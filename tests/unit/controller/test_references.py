from typing import Any

import pytest

from bytebridge.controller.references import missing_references, wait_for_mounts


def _pod(kind: str, reason: str, message: str) -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    return {
        "metadata": {"uid": "1"},
        "status": {kind: [{"name": "app", "state": {"waiting": waiting}}]},
    }


RUNS = {
    "metadata": {"uid": "1"},
    "status": {"containerStatuses": [{"name": "app", "state": {"running": {}}}]},
}
MISSING = _pod("containerStatuses", "CreateContainerConfigError", 'secret "db" not found')


@pytest.mark.parametrize(
    ("pods", "words"),
    [
        ([], None),
        ([{"metadata": {"uid": "1"}, "status": {}}], None),
        ([_pod("containerStatuses", "ImagePullBackOff", "x")], None),
        ([RUNS], None),
        ([MISSING, MISSING], 'container app: secret "db" not found'),
        (
            [MISSING, _pod("initContainerStatuses", "CreateContainerConfigError", "no key x")],
            'container app: no key x; container app: secret "db" not found',
        ),
    ],
)
def test_what_pods_miss(pods: list[dict[str, Any]], words: str | None) -> None:
    assert missing_references(pods) == words


CREATING = _pod("containerStatuses", "ContainerCreating", "")
INITIALIZING = _pod("containerStatuses", "PodInitializing", "")
NO_SECRET = 'MountVolume.SetUp failed for volume "ca" : secret "rds-ca" not found'  # noqa: S105
NO_KEY = 'MountVolume.SetUp failed for volume "c" : references non-existent secret key: password'
NO_MAP = 'MountVolume.SetUp failed for volume "m" : configmap "m" not found'
NO_DISK = 'MountVolume.MountDevice failed for volume "data" : rpc error: timed out'


@pytest.mark.parametrize(
    ("pod", "uid", "note", "words"),
    [
        (CREATING, "1", NO_SECRET, NO_SECRET),
        (INITIALIZING, "1", NO_SECRET, NO_SECRET),
        (CREATING, "1", NO_KEY, NO_KEY),
        (CREATING, "1", NO_MAP, NO_MAP),
        (CREATING, "1", NO_DISK, None),  # no reference is to blame
        (CREATING, "2", NO_SECRET, None),  # another pod's
        (RUNS, "1", NO_SECRET, None),  # an hour old at most, and mended since
    ],
)
def test_what_pods_cannot_mount(
    pod: dict[str, Any], uid: str, note: str, words: str | None
) -> None:
    failed = {"regarding": {"kind": "Pod", "uid": uid}, "note": note}
    assert missing_references([pod], [failed]) == words
    assert wait_for_mounts([pod]) == (pod is not RUNS)
