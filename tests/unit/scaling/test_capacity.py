"""The service time of the fast window against that of the slow one."""

import pytest

from bytebridge.scaling.capacity import Capacity, with_fast_service_time
from bytebridge.scaling.observation import Readings


@pytest.mark.parametrize(
    ("slow", "fast", "requests", "believed"),
    [
        (0.02, 0.03, 900, 0.03),
        (0.02, 0.0219, 900, 0.02),
        (0.02, 0.0221, 900, 0.0221),
        (0.02, 0.03, 16, 0.02),
        (0.03, 0.02, 900, 0.03),
        (0.02, None, 900, 0.02),
        (None, 0.03, 900, 0.02),
        (0.02, 0.03, 0, 0.02),
        (0.02, 1e6, 900, 3600.0),
    ],
    ids=[
        "clearly higher",
        "within three standard errors",
        "just beyond them",
        "of few requests",
        "lower",
        "fast unknown",
        "slow unknown",
        "nothing served",
        "absurd",
    ],
)
def test_a_fast_window_is_believed_where_it_is_clearly_higher(
    slow: float | None, fast: float | None, requests: float, believed: float
) -> None:
    readings = Readings(service_seconds=slow, fast_service_seconds=fast)
    known = Capacity(1.0, slow or 0.02)
    assert with_fast_service_time(known, readings, requests) == Capacity(1.0, believed)
