"""What is known of a service at the end of a pass, collected for its conditions."""

from dataclasses import replace

from bytebridge.api.names import PAUSED_ANNOTATION
from bytebridge.api.service import ScalableService
from bytebridge.controller.conditions import BudgetFacts, Facts
from bytebridge.controller.exposure_words import ExposureFacts
from bytebridge.controller.obstacles import Obstacle
from bytebridge.controller.store import Entry, Key, Store
from bytebridge.resources.pod_template import overridden_pools, pod_termination
from bytebridge.scaling.decision import Decision


def is_paused(service: ScalableService) -> bool:
    """Paused by spec or annotation."""
    annotated = service.metadata.annotations.get(PAUSED_ANNOTATION, "").lower()
    return service.spec.scaling.paused or annotated == "true"


def facts_of(
    store: Store,
    key: Key,
    entry: Entry,
    obstacle: Obstacle | None,
    decision: Decision | None,
    signal_errors: str | None,
) -> Facts:
    """The facts."""
    service = entry.service
    name = service.target_name if service else key[1]
    deployment = store.deployments.get((key[0], name))
    facts = Facts(
        problem=entry.problem,
        blocked=obstacle,
        error=entry.error,
        signal_errors=signal_errors,
        target_exists=deployment is not None,
        paused=False,
        dry_run=False,
        desired=deployment.spec_replicas if deployment else 0,
        ready=deployment.ready if deployment else 0,
        decision=decision,
        budget=None,
        missing=entry.missing,
    )
    if service is None:
        return facts
    return replace(
        facts,
        paused=is_paused(service),
        dry_run=service.spec.scaling.dry_run,
        budget=_budget_facts(entry, service),
        annotations=service.metadata.annotations,
        max_replicas=service.spec.scaling.max_replicas,
        exposure=_exposure_facts(store, key, entry, service),
    )


def _budget_facts(entry: Entry, service: ScalableService) -> BudgetFacts | None:
    if not service.spec.database.used:
        return None
    holdings = entry.holdings
    return BudgetFacts(
        budgeted=holdings.budgeted,
        overridden=overridden_pools(service),
        blocked=holdings.blocked,
        short=holdings.short,
        grants=holdings.grants,
        bound=entry.guard.bound,
        evidence=entry.guard.evidence,
    )


def _exposure_facts(
    store: Store, key: Key, entry: Entry, service: ScalableService
) -> ExposureFacts | None:
    exposure = service.spec.exposure
    if exposure is None:
        return None
    view = store.routes.get((exposure.type.value, *key))
    return ExposureFacts(exposure, entry.exposure.obstacle, view, pod_termination(service))
