"""One pass over one service: gather, decide, apply what changed, report."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from bytebridge.api.service import ScalableService
from bytebridge.cluster.client import ClusterClient
from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.kinds import DEPLOYMENT, HPA, PDB, SERVICE
from bytebridge.controller.ceilings import capped, lasting_ceiling, replicas_ceiling
from bytebridge.controller.children import apply_autoscaler, apply_children
from bytebridge.controller.events import Occurrence, event, scaled, turns
from bytebridge.controller.exposure import keep_exposure
from bytebridge.controller.exposure_words import exposure_status
from bytebridge.controller.facts import facts_of, is_paused
from bytebridge.controller.learning import learned_status
from bytebridge.controller.obstacles import Obstacle, find_obstacle
from bytebridge.controller.projection import ChildView, DeploymentView
from bytebridge.controller.reference_watch import look_for_missing
from bytebridge.controller.startup import startup_p90
from bytebridge.controller.status import build_status, says_something_new
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.scaling.actuation import TargetState, lowest_of, plan_actuation
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.law import decide
from bytebridge.scaling.learned import learned_of, remembered
from bytebridge.scaling.observation import Observation, Readings, Replicas
from bytebridge.signals.cache import behind_cache

log = structlog.get_logger()

TELLING_RATIO = 0.1
"""A hit ratio that moves by less is not worth a write."""
CHILDREN_OF_ALL = (SERVICE.name, PDB.name, HPA.name)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all passes of a tick share."""

    store: Store
    client: ClusterClient
    pod_monitors: bool
    """The cluster knows PodMonitors."""
    monotonic: Callable[[], float]
    now: Callable[[], dt.datetime]


async def pass_over(
    around: Surroundings, key: Key, entry: Entry, rival: Key | None, readings: Readings | None,
    signal_errors: str | None, *, with_children: bool = True,
) -> Decision | None:  # fmt: skip
    """Bring one service to where it should be, and return the decision.

    A failed write is kept as the entry's error and shows in its condition; it never raises.

    Args:
        around: What all passes share.
        key: The service.
        entry: What is remembered of it; updated.
        rival: An older service with the same target.
        readings: Its signals.
        signal_errors: Why some are unknown.
        with_children: Time is left for children; replicas are always seen to.
    """
    decision, obstacle = None, None
    try:
        if entry.service is not None:
            obstacle = _obstacle(around, key, entry, entry.service, rival)
            if obstacle is None:
                serves = (key[0], entry.service.target_name) in around.store.deployments
                if with_children and not serves:
                    await _keep_children(around, entry, entry.service)
                decision = await _serve(
                    around, key, entry, entry.service, readings, spec_too=with_children
                )
                if with_children and serves:
                    await _keep_children(around, entry, entry.service)
        entry.error = None
    except ApiError as error:
        entry.error = str(error)
        log.warning("apply failed", namespace=key[0], name=key[1], error=str(error))
    try:
        await _report(around, key, entry, obstacle, decision, signal_errors)
    except ApiError as error:
        log.warning("status not written", namespace=key[0], name=key[1], error=str(error))
    return decision


def _obstacle(
    around: Surroundings, key: Key, entry: Entry, service: ScalableService, rival: Key | None
) -> Obstacle | None:
    store, target = around.store, service.target_name
    return find_obstacle(
        entry,
        rival,
        store.deployments.get((key[0], target)),
        _namesakes(store, key, service),
        store.hpas_of(key[0], target),
    )


def _namesakes(store: Store, key: Key, service: ScalableService) -> dict[str, ChildView]:
    """Objects that stand where this service's own would: server-side apply takes over by force."""
    kinds = (HPA.name,) if service.spec.target_ref else (DEPLOYMENT.name, *CHILDREN_OF_ALL)
    found = ((kind, store.children.get((kind, *key))) for kind in kinds)
    return {kind: child for kind, child in found if child is not None}


async def _serve(
    around: Surroundings,
    key: Key,
    entry: Entry,
    service: ScalableService,
    readings: Readings | None,
    *,
    spec_too: bool,
) -> Decision | None:
    """A decision, and what it changes."""
    deployment = around.store.deployments.get((key[0], service.target_name))
    if deployment is None or entry.policy is None or readings is None:
        return None
    await _measure_startup(around, key, entry, deployment)
    await look_for_missing(around.client, around.store, key, entry, service, around.monotonic())
    replicas = Replicas(deployment.spec_replicas, deployment.ready, deployment.starting)
    observation = Observation(
        time=around.monotonic(),
        readings=behind_cache(service, readings, entry.cache.signals, replicas),
        replicas=replicas,
        startup_seconds=entry.startup_seconds,
        unix_time=around.now().timestamp(),
        template_hash=deployment.template_hash,
    )
    ceiling = replicas_ceiling(entry, service, deployment)
    decision = decide(capped(entry.policy, ceiling), entry.state, observation)
    if not service.spec.scaling.dry_run:
        note = await _actuate(around, key, entry, service, deployment, decision, spec_too=spec_too)
        if note is not None:
            decision = decision._replace(note=note)
    return decision


async def _keep_children(around: Surroundings, entry: Entry, service: ScalableService) -> None:
    if not service.spec.scaling.dry_run:
        await apply_children(around.client, around.store, entry, service, around.pod_monitors)
        await keep_exposure(around.client, around.store, entry, service)


async def _actuate(
    around: Surroundings,
    key: Key,
    entry: Entry,
    service: ScalableService,
    deployment: DeploymentView,
    decision: Decision,
    *,
    spec_too: bool,
) -> str | None:
    """Write what is decided.

    Returns:
        Why replicas are not that, if they are not.
    """
    client, store = around.client, around.store
    ceiling = lasting_ceiling(entry, service, deployment)
    if is_paused(service):
        await apply_autoscaler(
            client, store, entry, service, 1, ceiling, paused=True, spec_too=spec_too
        )
        return None
    hpa = next(around.store.hpas_of(key[0], service.target_name), None)
    actuation, entry.written = plan_actuation(
        decision.replicas,
        TargetState(
            spec_replicas=deployment.spec_replicas,
            hpa_has_metric=hpa.has_metric if hpa else False,
        ),
        entry.written,
        decision.time,
        service.spec.scaling.scale_down.least_hold_seconds,
    )
    scale_to, present = actuation.scale_to, deployment.spec_replicas
    if scale_to is not None and scale_to > present:
        await _scale(around, key, entry, service, present, decision)
    floor, ceiling = decision.replicas, lowest_of(ceiling, decision.most, actuation.hpa_ceiling)
    await apply_autoscaler(
        client, store, entry, service, floor, ceiling, paused=False, spec_too=spec_too
    )
    # On the way down the floor goes first: below it, the HPA would raise the replicas again.
    if scale_to is not None and scale_to < present:
        await _scale(around, key, entry, service, present, decision)
    return actuation.note


async def _scale(
    around: Surroundings,
    key: Key,
    entry: Entry,
    service: ScalableService,
    before: int,
    decision: Decision,
) -> None:
    await around.client.scale(key[0], service.target_name, decision.replicas)
    await _announce(around, key, entry, before, decision)


async def _announce(
    around: Surroundings, key: Key, entry: Entry, before: int, decision: Decision
) -> None:
    log.info(
        "scaled",
        namespace=key[0],
        name=key[1],
        before=before,
        replicas=decision.replicas,
        reason=decision.reason.value,
        message=decision.message,
    )
    await _tell(around, key, entry, scaled(decision))


async def _tell(around: Surroundings, key: Key, entry: Entry, occurrence: Occurrence) -> None:
    try:
        await around.client.create(event(key, entry.uid, occurrence, around.now()))
    except ApiError as error:
        # An Event is a courtesy: what follows must not wait for it.
        log.warning("event not written", namespace=key[0], name=key[1], error=str(error))


async def _measure_startup(
    around: Surroundings, key: Key, entry: Entry, deployment: DeploymentView
) -> None:
    """Look at the pods once, when all that were starting have become Ready."""
    starting = deployment.starting > 0
    if entry.was_starting and not starting and deployment.labels:
        pods = await around.client.pods(key[0], dict(deployment.labels))
        measured = startup_p90(pods, around.now(), entry.all_ready_at)
        entry.startup_seconds = measured or entry.startup_seconds
    if not starting:
        entry.all_ready_at = around.now()
    entry.was_starting = starting


async def _report(
    around: Surroundings,
    key: Key,
    entry: Entry,
    obstacle: Obstacle | None,
    decision: Decision | None,
    signal_errors: str | None,
) -> None:
    facts = facts_of(around.store, key, entry, obstacle, decision, signal_errors)
    name = entry.service.target_name if entry.service else key[1]
    deployment = around.store.deployments.get((key[0], name))
    labels = deployment.labels if deployment else {}
    selector = ",".join(f"{label}={value}" for label, value in sorted(labels.items()))
    now = around.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    status = build_status(facts, entry.status, entry.generation, selector, now)
    cache = _cache_status(entry)
    if cache or entry.status.get("cache"):
        status["cache"] = cache
    if entry.service is not None and (facts.exposure or entry.status.get("exposure")):
        status["exposure"] = exposure_status(facts.exposure)
    _remember(entry)
    if entry.learned is not None:
        status["learned"] = learned_status(entry.learned)
    if says_something_new(status, entry.status):
        await around.client.patch_status(*key, status)
        before, entry.status = entry.status, status
        for occurrence in turns(before, status):
            await _tell(around, key, entry, occurrence)


def _cache_status(entry: Entry) -> dict[str, float | None] | None:
    """The figures, as they were told before while they still tell the same; `None`: no cache."""
    if entry.service is None or entry.service.spec.cache.redis is None:
        return None
    figures = entry.cache.signals
    before: dict[str, float | None] | None = entry.status.get("cache")
    told = before.get("hitRatio") if before else None
    if figures.hit_ratio is None or _alike(figures.hit_ratio, told):
        return before
    return {
        "hitRatio": round(figures.hit_ratio, 3),
        "evictionsPerSecond": figures.evictions_per_second,
    }


def _alike(ratio: float, told: float | None) -> bool:
    return told is not None and abs(ratio - told) < TELLING_RATIO


def _remember(entry: Entry) -> None:
    if entry.service is None:
        return
    startup = entry.startup_seconds or entry.state.startup.p90_seconds
    slots_given = entry.service.spec.scaling.concurrency_per_replica is not None
    state = entry.state
    learned = learned_of(state.capacity, state.slowdown, startup, slots_given=slots_given)
    entry.learned = remembered(entry.learned, learned)
