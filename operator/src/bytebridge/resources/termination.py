"""How a pod that is exposed ends: it goes on to serve until no request comes, then finishes.

Three things happen at once when a pod is deleted: its endpoint is marked, load balancers hear of it
one after the other, and its preStop hook runs. SIGTERM comes after the hook; the grace period spans
both (kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bytebridge.api.exposure import Exposure

DEFAULT_GRACE_SECONDS: Final = 30
"""Kubernetes' default of terminationGracePeriodSeconds."""
SHUTDOWN_SECONDS: Final = 5
"""For a process to end after its last request."""


@dataclass(frozen=True, slots=True)
class Termination:
    """How the pods of an exposed service end, beside what they need."""

    sleep_seconds: int | None
    """Before SIGTERM; `None`: a hook of the template's own, whose time nobody knows."""
    grace_seconds: int
    needed_sleep_seconds: int
    needed_grace_seconds: int


def end_gracefully(exposure: Exposure, app: dict[str, Any], pod_spec: dict[str, Any]) -> None:
    """Add a preStop hook and a grace period where the template has none of its own.

    The `sleep` action needs no program in the image. It is on by default from Kubernetes 1.30 and
    stable from 1.34 (KEP-3960).
    """
    termination = termination_of(exposure, app, pod_spec)
    lifecycle = dict(app.get("lifecycle") or {})
    if termination.sleep_seconds and not lifecycle.get("preStop"):
        sleep = {"sleep": {"seconds": termination.sleep_seconds}}
        app["lifecycle"] = lifecycle | {"preStop": sleep}
    pod_spec["terminationGracePeriodSeconds"] = termination.grace_seconds


def termination_of(
    exposure: Exposure, app: Mapping[str, Any], pod_spec: Mapping[str, Any]
) -> Termination:
    """How these pods end.

    Args:
        exposure: What is to be kept from dropping requests.
        app: The container that serves, as the user wrote it or completed.
        pod_spec: Its pod, likewise.
    """
    hook = (app.get("lifecycle") or {}).get("preStop")
    own = pod_spec.get("terminationGracePeriodSeconds")
    sleep = _seconds_of(hook) if hook else _sleep_within(own, exposure.drain)
    awake = exposure.timeout_seconds + SHUTDOWN_SECONDS
    needed = max(DEFAULT_GRACE_SECONDS, max(sleep or 0, exposure.drain) + awake)
    return Termination(sleep, needed if own is None else own, exposure.drain, needed)


def _sleep_within(grace_seconds: int | None, drain_seconds: int) -> int:
    """The API server refuses a sleep beyond the grace period, and SIGTERM must come before it."""
    if grace_seconds is None:
        return drain_seconds
    return max(0, min(drain_seconds, grace_seconds - SHUTDOWN_SECONDS))


def balancer_drain_seconds(exposure: Exposure) -> int:
    """How long a load balancer leaves requests alone at a pod that it sends no new ones.

    As long as the pod lives for them: what is broken off earlier is dropped.
    """
    return exposure.drain + exposure.timeout_seconds


def _seconds_of(hook: Mapping[str, Any]) -> int | None:
    seconds = (hook.get("sleep") or {}).get("seconds")
    return seconds if isinstance(seconds, int) else None
