"""Which turns of conditions are told."""

import pytest

from bytebridge.controller.events import turns

STALLED_WELL, STALLED = ("Stalled", "False"), ("Stalled", "True")
FRESH, BLIND, NOT_ASKED = (
    ("MetricsAvailable", "True"),
    ("MetricsAvailable", "False"),
    ("MetricsAvailable", "Unknown"),
)


def _status(*conditions: tuple[str, str]) -> dict[str, object]:
    return {
        "conditions": [
            {"type": kind, "status": status, "reason": f"{kind}{status}", "message": "why"}
            for kind, status in conditions
        ]
    }


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([FRESH], [BLIND], [("MetricsAvailableFalse", True)]),
        ([BLIND], [FRESH], [("MetricsAvailableTrue", False)]),
        ([BLIND], [BLIND], []),
        ([FRESH], [FRESH], []),
        ([NOT_ASKED], [BLIND], []),
        ([NOT_ASKED], [FRESH], []),
        ([], [BLIND], []),
        ([], [STALLED], [("StalledTrue", True)]),
        ([], [STALLED_WELL], []),
        ([STALLED_WELL], [STALLED], [("StalledTrue", True)]),
        ([STALLED], [STALLED_WELL], [("StalledFalse", False)]),
        ([("Ready", "True")], [("Ready", "False")], []),
        ([FRESH, STALLED_WELL], [BLIND, STALLED], 2),
    ],
    ids=str,
)
def test_a_turn_is_told_once(
    before: list[tuple[str, str]], after: list[tuple[str, str]], told: list[tuple[str, bool]] | int
) -> None:
    found = [(o.reason, o.warning) for o in turns(_status(*before), _status(*after))]
    assert (len(found) if isinstance(told, int) else found) == told
