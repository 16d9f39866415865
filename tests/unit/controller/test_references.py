from typing import Any

import pytest

from bytebridge.controller.references import missing_references


def _pod(kind: str, reason: str, message: str) -> dict[str, Any]:
    waiting = {"reason": reason, "message": message}
    return {"status": {kind: [{"name": "app", "state": {"waiting": waiting}}]}}


MISSING = _pod("containerStatuses", "CreateContainerConfigError", 'secret "db" not found')


@pytest.mark.parametrize(
    ("pods", "words"),
    [
        ([], None),
        ([{"status": {}}], None),
        ([_pod("containerStatuses", "ImagePullBackOff", "x")], None),
        ([{"status": {"containerStatuses": [{"name": "app", "state": {"running": {}}}]}}], None),
        ([MISSING, MISSING], 'container app: secret "db" not found'),
        (
            [MISSING, _pod("initContainerStatuses", "CreateContainerConfigError", "no key x")],
            'container app: no key x; container app: secret "db" not found',
        ),
    ],
)
def test_what_pods_miss(pods: list[dict[str, Any]], words: str | None) -> None:
    assert missing_references(pods) == words
