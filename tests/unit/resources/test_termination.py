"""Pods of an exposed service end without dropping requests, whatever their template says."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bytebridge.api.exposure import Exposure
from bytebridge.resources.termination import (
    SHUTDOWN_SECONDS,
    balancer_drain_seconds,
    end_gracefully,
    termination_of,
)

SLEEP_5: dict[str, Any] = {"sleep": {"seconds": 5}}
SLEEP_60: dict[str, Any] = {"sleep": {"seconds": 60}}
EXEC: dict[str, Any] = {"exec": {"command": ["/drain"]}}


def ended(
    hook: dict[str, Any] | None, grace: int | None, **fields: Any
) -> tuple[dict[str, Any] | None, int]:
    """The hook and the grace period of the completed template."""
    app: dict[str, Any] = {"lifecycle": {"preStop": hook}} if hook else {}
    pod_spec = {} if grace is None else {"terminationGracePeriodSeconds": grace}
    end_gracefully(Exposure.model_validate(fields), app, pod_spec)
    return app.get("lifecycle", {}).get("preStop"), pod_spec["terminationGracePeriodSeconds"]


@pytest.mark.parametrize(
    ("hook", "grace", "fields", "expected"),
    [
        pytest.param(None, None, {}, (10, 75), id="drain, the slowest request, and the process"),
        pytest.param(None, None, {"provider": "aws"}, (30, 95), id="an ALB takes longer"),
        pytest.param(None, None, {"timeoutSeconds": 1}, (10, 30), id="never below the default"),
        pytest.param(None, 300, {}, (10, 300), id="a longer grace period is kept"),
        pytest.param(None, 12, {}, (7, 12), id="a shorter one too, with a sleep within it"),
        pytest.param(None, 5, {}, (None, 5), id="or none, where there is no time"),
        pytest.param(SLEEP_60, None, {}, (60, 125), id="an own sleep counts"),
        pytest.param(SLEEP_5, None, {}, (5, 75), id="a shorter one is kept"),
        pytest.param(SLEEP_60, 90, {}, (60, 90), id="both are kept"),
    ],
)
def test_hook_and_grace_period(
    hook: dict[str, Any] | None,
    grace: int | None,
    fields: dict[str, Any],
    expected: tuple[int | None, int],
) -> None:
    found, seconds = ended(hook, grace, **fields)
    assert (found["sleep"]["seconds"] if found else None, seconds) == expected


def test_another_hook_is_kept() -> None:
    assert ended(EXEC, None) == (EXEC, 75)


def test_another_lifecycle_hook_stays_beside_it() -> None:
    app: dict[str, Any] = {"lifecycle": {"postStart": EXEC}}
    end_gracefully(Exposure(), app, {})
    assert app["lifecycle"] == {"postStart": EXEC, "preStop": {"sleep": {"seconds": 10}}}


@given(
    drain=st.none() | st.integers(1, 600),
    timeout=st.integers(1, 3_000),
    provider=st.sampled_from(["generic", "aws", "gke"]),
    grace=st.none() | st.integers(0, 5_000),
    hook=st.none()
    | st.just(EXEC)
    | st.builds(lambda n: {"sleep": {"seconds": n}}, st.integers(1, 600)),
)
def test_laws(
    drain: int | None, timeout: int, provider: str, grace: int | None, hook: dict[str, Any] | None
) -> None:
    fields = {"drainSeconds": drain, "timeoutSeconds": timeout, "provider": provider}
    exposure = Exposure.model_validate(fields)
    app: dict[str, Any] = {"lifecycle": {"preStop": hook}} if hook else {}
    pod_spec: dict[str, Any] = {} if grace is None else {"terminationGracePeriodSeconds": grace}
    before = termination_of(exposure, app, pod_spec)
    end_gracefully(exposure, app, pod_spec)
    seconds, found = pod_spec["terminationGracePeriodSeconds"], app.get("lifecycle")
    # What is the user's stays.
    assert hook is None or found == {"preStop": hook}
    assert grace is None or seconds == grace
    sleep = ((found or {}).get("preStop") or {}).get("sleep", {}).get("seconds")
    if grace is None:
        # All requests end within it: those that come while it sleeps, and the slowest.
        assert seconds >= (sleep or exposure.drain) + timeout + SHUTDOWN_SECONDS
    if hook is None and sleep is not None:
        # The API server takes no sleep beyond the grace period, and none of 0 before 1.33.
        assert 0 < sleep <= seconds
    # The load balancer leaves a request alone for as long as it may take; 3,600 s is the most.
    assert timeout <= balancer_drain_seconds(exposure) <= 3_600
    # A template that is completed already stays as it is, and is judged as before.
    again_app, again_spec = deepcopy(app), dict(pod_spec)
    end_gracefully(exposure, again_app, again_spec)
    assert (again_app, again_spec) == (app, pod_spec)
    assert termination_of(exposure, app, pod_spec).grace_seconds == before.grace_seconds
