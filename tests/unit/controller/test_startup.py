"""Start-up times by the pods' own timestamps."""

import datetime as dt
from typing import Any

import pytest

from bytebridge.controller.startup import startup_p90

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def pod(created: int, ready: int | None) -> dict[str, Any]:
    """Seconds before noon."""

    def moment(before: int) -> str:
        return (NOON - dt.timedelta(seconds=before)).isoformat()

    status = "False" if ready is None else "True"
    changed = created if ready is None else ready
    return {
        "metadata": {"creationTimestamp": moment(created)},
        "status": {
            "conditions": [
                {"type": "Ready", "status": status, "lastTransitionTime": moment(changed)}
            ]
        },
    }


@pytest.mark.parametrize(
    ("pods", "all_ready", "expected"),
    [
        pytest.param([], None, None, id="no pod"),
        pytest.param([pod(50, 20)], None, 30, id="thirty seconds"),
        pytest.param([pod(50, None)], None, None, id="not Ready yet"),
        pytest.param([pod(2_000, 1_960)], None, None, id="too long ago"),
        pytest.param([pod(50, 20), pod(60, 20)], 100, 40, id="since all were last Ready"),
        pytest.param([pod(50, 20), pod(900, 10)], 100, 30, id="one has failed a probe since"),
        pytest.param([pod(900, 10)], 100, None, id="it alone"),
        pytest.param([pod(50, 20)], 30, 30, id="the clocks differ by some seconds"),
    ],
)
def test_startup_p90(
    pods: list[dict[str, Any]], all_ready: int | None, expected: float | None
) -> None:
    at = None if all_ready is None else NOON - dt.timedelta(seconds=all_ready)
    assert startup_p90(pods, NOON, at) == expected
