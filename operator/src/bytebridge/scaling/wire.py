"""Observations and decisions as JSON lines, as `bytebridge decide` reads and writes them."""

import json
from math import isfinite
from typing import Any

from bytebridge.scaling.decision import Decision
from bytebridge.scaling.observation import Observation, Readings, Replicas


def parse_observation(line: str) -> Observation:
    """Read one line; a missing key, null, NaN and Infinity are all unknown.

    Raises:
        ValueError: The line is no JSON object, or lacks `time` or `replicas.desired`.
    """
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"expected one JSON object a line: {error}") from error
    if not isinstance(data, dict):
        raise ValueError(f"expected a JSON object, got {type(data).__name__}")
    time = _number(data, "time")
    if time is None:
        raise ValueError("time: expected seconds as a number")
    return Observation(
        time=time,
        readings=_readings(data),
        replicas=_replicas(data.get("replicas")),
        startup_seconds=_number(data, "startupSeconds"),
        unix_time=_number(data, "unixTimeSeconds"),
        template_hash=_text(data.get("templateHash")),
    )


def write_observation(observation: Observation) -> str:
    """The line from which `parse_observation` makes the same observation."""
    readings, replicas = observation.readings, observation.replicas
    rates = {f"{window:g}s": rate for window, rate in readings.requests_per_second.items()}
    return json.dumps(
        {
            "time": observation.time,
            "requestsPerSecond": rates,
            "countsCompletions": readings.completions,
            "queueDepth": readings.queue_depth,
            "inFlight": readings.in_flight,
            "inFlightP10": readings.in_flight_p10,
            "latencyP95Seconds": readings.latency_p95_seconds,
            "latencyMeanSeconds": readings.latency_mean_seconds,
            "serviceSeconds": readings.service_seconds,
            "fastServiceSeconds": readings.fast_service_seconds,
            "cpuUtilization": readings.cpu_utilization,
            "timeToFirstTokenSeconds": readings.first_token_seconds,
            "kvCacheUtilization": readings.kv_cache_utilization,
            "tokensPerSecond": readings.tokens_per_second,
            "coverage": readings.coverage,
            "replicas": {
                "desired": replicas.desired,
                "ready": replicas.ready,
                "starting": replicas.starting,
            },
            "unixTimeSeconds": observation.unix_time,
            "startupSeconds": observation.startup_seconds,
            "templateHash": observation.template_hash,
        }
    )


def write_decision(decision: Decision) -> str:
    """One decision as a line of JSON."""
    return json.dumps(
        {
            "time": decision.time,
            "replicas": decision.replicas,
            "reason": decision.reason.value,
            "message": decision.message,
            "floors": dict(decision.floors),
            "held": decision.held,
            "signals": dict(decision.signals),
        },
        allow_nan=False,
    )


def _readings(data: dict[str, Any]) -> Readings:
    return Readings(
        requests_per_second=_rates(data.get("requestsPerSecond")),
        completions=_flag(data, "countsCompletions"),
        queue_depth=_number(data, "queueDepth"),
        in_flight=_number(data, "inFlight"),
        in_flight_p10=_number(data, "inFlightP10"),
        latency_p95_seconds=_number(data, "latencyP95Seconds"),
        latency_mean_seconds=_number(data, "latencyMeanSeconds"),
        service_seconds=_number(data, "serviceSeconds"),
        fast_service_seconds=_number(data, "fastServiceSeconds"),
        cpu_utilization=_number(data, "cpuUtilization"),
        first_token_seconds=_number(data, "timeToFirstTokenSeconds"),
        kv_cache_utilization=_number(data, "kvCacheUtilization"),
        tokens_per_second=_number(data, "tokensPerSecond"),
        coverage=_number(data, "coverage"),
    )


def _rates(value: object) -> dict[float, float]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError('requestsPerSecond: expected an object such as {"15s": 96.4}')
    rates: dict[float, float] = {}
    for window in value:
        rate = _number(value, window)
        if rate is not None:
            rates[_window_seconds(window)] = rate
    return rates


def _window_seconds(window: str) -> float:
    try:
        seconds = float(window.removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not (isfinite(seconds) and seconds > 0):
        raise ValueError(f'requestsPerSecond: expected a window such as "15s", got {window!r}')
    return seconds


def _replicas(value: object) -> Replicas:
    if not isinstance(value, dict):
        raise ValueError("replicas: expected an object with desired and ready")
    desired = _number(value, "desired")
    if desired is None:
        raise ValueError("replicas.desired: expected a whole number")
    ready, starting = _number(value, "ready"), _number(value, "starting")
    if ready is None:
        ready = max(0.0, desired - (starting or 0.0))
    return Replicas(desired=int(desired), ready=int(ready), starting=int(starting or 0))


def _number(data: dict[str, Any], key: str) -> float | None:
    """A finite number that is not negative, or `None`; rates, times and counts never are."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) and value >= 0 else None


def _flag(data: dict[str, Any], key: str) -> bool | None:
    value = data.get(key)
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
