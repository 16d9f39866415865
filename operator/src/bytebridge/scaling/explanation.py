"""A decision in words that a person understands at night."""

from collections.abc import Mapping

from bytebridge.scaling.reason import Reason

_WORDS: Mapping[Reason, str] = {
    Reason.STEADY: "the replicas fit the load",
    Reason.UTILIZATION: "more slots are needed to keep their utilization on target",
    Reason.LATENCY_OBJECTIVE: "fewer would miss the latency objective",
    Reason.SURGE_DETECTED: "the load is rising fast",
    Reason.BURSTINESS: "the load comes in bursts",
    Reason.BACKLOG: "a backlog is to be cleared",
    Reason.FORECAST: "the load is going to rise and pods take time to start",
    Reason.BOTTLENECK_ELSEWHERE: "more replicas would not help",
    Reason.MIN_REPLICAS: "minReplicas binds",
    Reason.MAX_REPLICAS: "maxReplicas binds: more are asked for",
    Reason.SCALE_DOWN_HOLD: "going down waits",
    Reason.SCALE_DOWN: "the load has been lower for the hold time",
    Reason.SIGNALS_UNKNOWN: "nothing is taken away on missing knowledge",
    Reason.FALLBACK: "signals have been unknown for too long: fallbackReplicas",
    Reason.SCALED_TO_ZERO: "there has been no load for the hold time",
    Reason.WAKE_UP: "there is load again",
    Reason.SCHEDULED: "a schedule raises minReplicas",
    Reason.MANUAL_FLOOR: "an annotation raises minReplicas",
    Reason.HEADROOM: "headroomPercent of the load is to stand ready",
    Reason.STANDBY: "a warm standby stays after a surge",
    Reason.TIME_TO_FIRST_TOKEN: "first tokens would come too late",
    Reason.KV_CACHE: "the KV cache is fuller than its target",
    Reason.TOKEN_RATE: "more tokens a second are asked for than fit the target",
}


def explain(
    present: int,
    replicas: int,
    reason: Reason,
    held: str | None,
    signals: Mapping[str, float | None],
) -> str:
    """What was seen, what was done, why, and what is held."""
    move = "keep" if replicas == present else f"{present} ->"
    why = f"{_WORDS[reason]}; {held}" if held else _WORDS[reason]
    return f"{_seen(signals)}; {move} {replicas} replicas: {why}."


def _seen(signals: Mapping[str, float | None]) -> str:
    rate, backlog = signals["demandPerSecond"], signals["queueDepth"]
    latency = signals["latencyP95Seconds"]
    words = f"{rate:.1f} requests/s" if rate is not None else "request rate unknown"
    reckoned = signals["reckonedBacklog"]
    if backlog is not None:
        words += f", {backlog:.0f} waiting"
    elif reckoned:
        words += f", some {reckoned:.0f} waiting as reckoned"
    return words if latency is None else f"{words}, p95 {latency * 1000:.0f} ms"
