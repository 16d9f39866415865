"""Conditions from facts: a chain of small pure checks, each with reason and message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bytebridge.api.annotations import manual_floor
from bytebridge.api.names import MIN_REPLICAS_ANNOTATION
from bytebridge.api.status import ConditionType
from bytebridge.budget.claims import Role
from bytebridge.budget.grants import Grant
from bytebridge.controller.exposure_words import ExposureFacts, exposed, graceful_termination
from bytebridge.scaling.decision import Decision
from bytebridge.scaling.reason import Reason


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """What is known of the connections of a service."""

    budgeted: bool
    overridden: Sequence[str]
    """Variables of pool sizes that the template sets itself."""
    blocked: tuple[str, str] | None
    short: str | None
    """Fewer replicas than asked for, with the numbers."""
    grants: Mapping[Role, Grant]
    bound: int | None
    """Replicas beyond which the database is the bottleneck."""
    evidence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a service at the end of a pass."""

    problem: str | None
    """The object cannot be understood."""
    blocked: tuple[str, str] | None
    """Reason and message why nothing may be changed."""
    error: str | None
    """The last write failed."""
    signal_errors: str | None
    target_exists: bool
    paused: bool
    dry_run: bool
    desired: int
    ready: int
    decision: Decision | None
    budget: BudgetFacts | None
    """`None`: there is no database."""
    missing: str | None
    """Secrets that pods miss."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    """Of the ScalableService."""
    max_replicas: int = 0
    exposure: ExposureFacts | None = None
    """`None`: it is not reached from outside."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition's state."""

    status: str
    reason: str
    message: str


def findings(facts: Facts) -> Mapping[ConditionType, Finding]:
    """All conditions that apply."""
    checks: dict[ConditionType, Callable[[Facts], Finding | None]] = {
        ConditionType.READY: _ready,
        ConditionType.RECONCILING: _reconciling,
        ConditionType.STALLED: _stalled,
        ConditionType.SCALING_ACTIVE: _scaling_active,
        ConditionType.METRICS_AVAILABLE: _metrics_available,
        ConditionType.DATABASE_BUDGET: _database_budget,
        ConditionType.DATABASE_BOUND: _database_bound,
        ConditionType.REFERENCES_FOUND: _references_found,
        ConditionType.MANUAL_FLOOR: _manual_floor,
        ConditionType.EXPOSED: _exposed,
        ConditionType.GRACEFUL_TERMINATION: _graceful_termination,
    }
    found = {kind: check(facts) for kind, check in checks.items()}
    return {kind: finding for kind, finding in found.items() if finding is not None}


def _obstacle(facts: Facts) -> tuple[str, str] | None:
    """What a person has to mend."""
    if facts.problem:
        return "InvalidSpec", facts.problem
    return facts.blocked


def _ready(facts: Facts) -> Finding:
    obstacle = _obstacle(facts)
    if obstacle:
        return Finding("False", *obstacle)
    if facts.error:
        return Finding("False", "ApplyFailed", facts.error)
    if not facts.target_exists:
        return Finding("False", "NoDeployment", "the Deployment does not exist yet")
    if facts.ready < facts.desired:
        words = f"{facts.ready} of {facts.desired} replicas are Ready"
        return Finding("False", "ReplicasStarting", words)
    return Finding("True", "ReplicasReady", f"all {facts.desired} replicas are Ready")


def _reconciling(facts: Facts) -> Finding:
    if _obstacle(facts) is None and (facts.error or facts.ready < facts.desired):
        return Finding("True", "Progressing", facts.error or "replicas are starting")
    return Finding("False", "Settled", "nothing is under way")


def _stalled(facts: Facts) -> Finding:
    obstacle = _obstacle(facts)
    if obstacle:
        return Finding("True", *obstacle)
    return Finding("False", "NoObstacle", "nothing keeps the operator from acting")


def _scaling_active(facts: Facts) -> Finding:
    obstacle = _obstacle(facts)
    if obstacle:
        return Finding("False", *obstacle)
    if facts.paused:
        return Finding("False", "Paused", "paused: the replicas are left to a person")
    if facts.dry_run:
        return Finding("False", "DryRun", "dry run: decisions are reported, nothing is changed")
    return Finding("True", "Scaling", "decisions become replicas")


def _metrics_available(facts: Facts) -> Finding:
    if facts.decision is None:
        return Finding("Unknown", "NotAsked", "nothing was asked of Prometheus yet")
    if facts.decision.reason in {Reason.SIGNALS_UNKNOWN, Reason.FALLBACK}:
        seen = facts.decision.held or "no fresh samples"
        why = facts.signal_errors or f"{seen}: see spec.metrics and the PodMonitor"
        return Finding("False", facts.decision.reason.value, why)
    return Finding("True", "Fresh", "the signals are fresh")


def _database_budget(facts: Facts) -> Finding | None:
    budget = facts.budget
    if budget is None:
        return None
    if budget.overridden:
        names = ", ".join(budget.overridden)
        words = f"the template sets {names} itself, so no budget holds; remove it"
        return Finding("False", "PoolSizeOverridden", words)
    if not budget.budgeted:
        words = "set maxConnections of the database, or make a DatabaseBudget of its endpoint"
        return Finding("Unknown", "NotBudgeted", words)
    if budget.blocked:
        return Finding("False", *budget.blocked)
    if budget.short:
        return Finding("False", "TooFewConnections", budget.short)
    words = "; ".join(
        f"{role.value}: {grant.pool_size} connections a pool, {grant.connections} at the worst "
        f"moment of {grant.max_replicas} replicas"
        for role, grant in budget.grants.items()
    )
    return Finding("True", "Budgeted", words)


def _manual_floor(facts: Facts) -> Finding | None:
    """Only while the annotation is there: in an incident nobody may have to guess what it does."""
    try:
        floor = manual_floor(facts.annotations)
    except ValueError as error:
        return Finding("False", "Unreadable", f"{error}. A floor that was read before stays")
    if floor is None:
        return None
    words = f"annotation {MIN_REPLICAS_ANNOTATION}: at least {floor} replicas"
    if floor > facts.max_replicas:
        words += f", cut to spec.scaling.maxReplicas ({facts.max_replicas}); raise it for more"
        return Finding("True", "CutToMaxReplicas", words)
    return Finding("True", "InForce", f"{words}; remove it when the incident is over")


def _database_bound(facts: Facts) -> Finding | None:
    """Only while it is so: most databases have no exporter that could tell."""
    budget = facts.budget
    if budget is None or budget.bound is None:
        return None
    words = (
        f"{budget.evidence}: more than {budget.bound} replicas would only wait as well; look at "
        "slow queries and locks, raise maxConnections, or add readers"
    )
    return Finding("True", "Waiting", words)


def _references_found(facts: Facts) -> Finding | None:
    """The operator sees no Secrets, only what the kubelet tells of pods that do not start."""
    if facts.missing is not None:
        words = f"{facts.missing}: create it, or mend its name or key"
        return Finding("False", "SecretMissing", words)
    if not facts.target_exists:
        return None
    return Finding("True", "NoneMissing", "no pod waits for a Secret or ConfigMap")


def _exposed(facts: Facts) -> Finding | None:
    return Finding(*exposed(facts.exposure)) if facts.exposure else None


def _graceful_termination(facts: Facts) -> Finding | None:
    words = graceful_termination(facts.exposure) if facts.exposure else None
    return Finding(*words) if words else None
