"""What is refused in a file that no API server saw, one line a case."""

from typing import Any

import pytest
from pydantic import ValidationError

from bytebridge.api.scaling import Scaling
from bytebridge.api.service import ScalableServiceSpec

WINDOW = {"name": "a", "start": "0 8 * * 1-5", "durationMinutes": 60, "minReplicas": 5}
FINE: dict[str, Any] = {"maxReplicas": 10, "objective": {"latencyMilliseconds": 200}}


def scaling(**changes: Any) -> Scaling:
    return Scaling.model_validate({**FINE, **changes})


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"minReplicas": 11}, "minReplicas"),
        ({"fallbackReplicas": 11}, "fallbackReplicas"),
        ({"objective": None}, "spec.scaling: set objective"),
        ({"objective": {}}, "timeToFirstTokenMilliseconds"),
        ({"queue": {}}, "spec.scaling.queue"),
        ({"queue": {"depthPerReplica": 1, "drainSeconds": 1}}, "spec.scaling.queue"),
        ({"scaleUp": {"periodSeconds": 60}}, "scaleUp.periodSeconds"),
        ({"schedule": [{**WINDOW, "minReplicas": 11}]}, r"schedule\[\].minReplicas"),
        ({"schedule": [WINDOW, WINDOW]}, r"schedule\[\].name"),
        ({"schedule": [{**WINDOW, "timeZone": "Mars/Olympus"}]}, r"schedule\[\].timeZone"),
        ({"schedule": [{**WINDOW, "timeZone": "../etc/passwd"}]}, "timeZone"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError, match=field):
        scaling(**changes)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("0 8 * *", id="four fields"),
        pytest.param("0 0 8 * * 1", id="six fields, with seconds"),
        pytest.param("60 8 * * *", id="minute 60"),
        pytest.param("0 24 * * *", id="hour 24"),
        pytest.param("0 0 30 2 *", id="30 February never comes"),
        pytest.param("0 8 * * 5-1", id="a range that runs backwards"),
        pytest.param("*/0 8 * * *", id="a step of nothing"),
        pytest.param("0 8 L * *", id="the last day is no cron of Kubernetes'"),
        pytest.param("at eight daily", id="words"),
    ],
)
def test_starts_that_are_refused(start: str) -> None:
    with pytest.raises(ValidationError, match=r"schedule\[\].start: expected a cron expression"):
        scaling(schedule=[{**WINDOW, "start": start}])


@pytest.mark.parametrize(
    "start", ["0 8 * * 1-5", "*/15 * * * *", "30 6,18 1-7 JAN,jul SUN", "0 0 29 2 *", "5 4 * * 7"]
)
def test_starts_that_are_taken(start: str) -> None:
    assert scaling(schedule=[{**WINDOW, "start": start}]).schedule[0].start == start


@pytest.mark.parametrize(
    ("metrics", "scaling", "field"),
    [
        ({}, {"objective": {"timeToFirstTokenMilliseconds": 500}}, "timeToFirstToken"),
        ({}, {"kvCache": {"targetUtilizationPercent": 80}}, "kvCacheUtilization"),
        ({"preset": "tgi"}, {"kvCache": {"targetUtilizationPercent": 80}}, "kvCacheUtilization"),
        ({"preset": "tei"}, {"tokens": {}}, "tokenRate"),
        ({"preset": "tgi"}, {"tokens": {}}, None),
        ({"preset": "vllm"}, {"tokens": {}, "kvCache": {"targetUtilizationPercent": 80}}, None),
        ({"queries": {"tokenRate": "x"}}, {"tokens": {}}, None),
    ],
)
def test_an_objective_without_its_signal_is_refused(
    metrics: dict[str, Any], scaling: dict[str, Any], field: str | None
) -> None:
    template = {"spec": {"containers": [{"name": "app"}]}}
    spec = {"template": template, "scaling": {**FINE, **scaling}, "metrics": metrics}
    if field is None:
        ScalableServiceSpec.model_validate(spec)
        return
    with pytest.raises(ValidationError, match=f"spec.metrics.queries.{field}"):
        ScalableServiceSpec.model_validate(spec)
