"""The operator's own cache, fed by the watches."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from pydantic import ValidationError

from bytebridge.api.database_budget import DatabaseBudget
from bytebridge.api.names import KIND, MIN_REPLICAS_ANNOTATION
from bytebridge.api.service import ScalableService
from bytebridge.budget.guard import GuardMemory
from bytebridge.controller.holdings import Holdings, holdings_of
from bytebridge.controller.learning import learned_before
from bytebridge.controller.projection import (
    Body,
    ChildView,
    DeploymentView,
    HpaView,
    child_view,
    deployment_view,
    hpa_view,
)
from bytebridge.controller.routes import ChildKey, ExposureMemory, RouteView, route_view
from bytebridge.resources.wiring import UNWIRED, Wiring
from bytebridge.scaling.actuation import Written
from bytebridge.scaling.learned import Learned, recalled_state
from bytebridge.scaling.policy import Policy, compile_policy
from bytebridge.scaling.state import State
from bytebridge.signals.cache import CacheMemory

Key = tuple[str, str]


class Unserved(Enum):
    """Why objects of a kind cannot be had."""

    MISSING = auto()
    """The cluster does not know the kind."""
    FORBIDDEN = auto()
    """The operator may not see it."""
    UNSEEN = auto()
    """The API server has not answered yet."""


@dataclass(slots=True)
class Entry:
    """One ScalableService and what is remembered of it."""

    service: ScalableService | None
    policy: Policy | None
    problem: str | None
    """Why the object cannot be understood."""
    uid: str
    created: str
    generation: int
    status: dict[str, Any]
    state: State = field(default_factory=State)
    written: Written = field(default_factory=Written)
    applied: dict[ChildKey, str] = field(default_factory=dict)
    """Fingerprints that the last apply left."""
    applied_generation: int = 0
    autoscaler_mark: str = ""
    """Generation and pause that the HPA was last built from."""
    startup_seconds: float | None = None
    learned: Learned | None = None
    """As the status tells it."""
    was_starting: bool = False
    all_ready_at: dt.datetime | None = None
    """When no replica was starting, the last time."""
    starting_since: float | None = None
    past_read: bool = False
    """Its seasons know what Prometheus has recorded."""
    pods_seen_at: float = 0.0
    missing: str | None = None
    """Secrets that pods miss."""
    error: str | None = None
    """Why the last write failed."""
    holdings: Holdings = field(default_factory=Holdings)
    """What it holds of its databases."""
    mark: tuple[int, str] = (0, "")
    """Generation, and what grants of its spec are made for."""
    guard: GuardMemory = field(default_factory=GuardMemory)
    """What is remembered of its database."""
    cache: CacheMemory = field(default_factory=CacheMemory)
    """What is remembered of its cache."""
    applied_wiring: Wiring = UNWIRED
    """What the children were last built from, beside the spec."""
    built: dict[ChildKey, str] = field(default_factory=dict)
    """Digests of the manifests that were last applied."""
    exposure: ExposureMemory = field(default_factory=ExposureMemory)
    """What is remembered of its Ingress or HTTPRoute."""

    @property
    def outdated(self) -> bool:
        """The children do not show this generation of the spec, or what was granted, yet."""
        behind = self.applied_generation != self.generation
        return behind or self.applied_wiring != self.holdings.wiring


class Store:
    """Trimmed projections by key; no I/O."""

    def __init__(self, tick_seconds: float) -> None:
        self._tick_seconds = tick_seconds
        self.services: dict[Key, Entry] = {}
        self.deployments: dict[Key, DeploymentView] = {}
        self.children: dict[ChildKey, ChildView] = {}
        self.routes: dict[ChildKey, RouteView] = {}
        """Of those children that expose a service."""
        self.unserved: dict[str, Unserved] = {}
        """Kinds of such children that cannot be had."""
        self._hpas: dict[Key, dict[str, HpaView]] = {}
        """By namespace and target, then by name: asked for at every pass of every service."""
        self._hpa_targets: dict[Key, str] = {}
        self.budgets: dict[str, DatabaseBudget] = {}
        self.budget_statuses: dict[str, dict[str, Any]] = {}

    def put_service(self, body: Body) -> None:
        """Remember a ScalableService; its memory survives every change of its spec."""
        metadata = body["metadata"]
        key = (metadata["namespace"], metadata["name"])
        if metadata.get("deletionTimestamp"):
            self.forget_service(key)
            return
        service, policy, problem = self._understand(body)
        known = self.services.get(key)
        fresh = _entry(body, service, policy, problem)
        if known is None or known.uid != fresh.uid:
            self.services[key] = fresh
            return
        if service is not None and policy is not None and known.policy is not None:
            policy = _with_last_floor(service, policy, known.policy)
        known.service, known.policy, known.problem = service, policy, problem
        known.generation = fresh.generation

    def begin_anew(self, services: Iterable[Body], budgets: Iterable[Body]) -> None:
        """Know services and budgets as these bodies tell of them, and nothing else.

        What another operator has written while it led is true, and what this one remembers from
        before that is not.
        """
        self.services.clear()
        self.budgets.clear()
        self.budget_statuses.clear()
        for body in budgets:
            self.put_budget(body)
        for body in services:
            self.put_service(body)

    def forget_service(self, key: Key) -> None:
        """Forget a deleted ScalableService."""
        self.services.pop(key, None)

    def put_budget(self, body: Body) -> None:
        """Remember a DatabaseBudget; one that cannot be understood limits nothing."""
        name = body["metadata"]["name"]
        self.budget_statuses.setdefault(name, dict(body.get("status", {})))
        try:
            self.budgets[name] = DatabaseBudget.model_validate(body)
        except ValidationError:
            self.budgets.pop(name, None)

    def forget_budget(self, name: str) -> None:
        """Forget a deleted DatabaseBudget."""
        self.budgets.pop(name, None)
        self.budget_statuses.pop(name, None)

    def put_child(self, kind: str, body: Body) -> None:
        """Remember a Deployment, an HPA, or another child."""
        metadata = body["metadata"]
        namespace, name = metadata["namespace"], metadata["name"]
        self.children[kind, namespace, name] = child_view(kind, body)
        if kind == "Deployment":
            self.deployments[namespace, name] = deployment_view(body)
        elif kind == "HorizontalPodAutoscaler":
            self._forget_hpa(namespace, name)
            view = hpa_view(body)
            self._hpas.setdefault((namespace, view.target), {})[name] = view
            self._hpa_targets[namespace, name] = view.target

    def put_route(self, kind: str, body: Body) -> None:
        """Remember a child that exposes a service."""
        metadata = body["metadata"]
        self.put_child(kind, body)
        self.routes[kind, metadata["namespace"], metadata["name"]] = route_view(body)

    def forget_child(self, kind: str, namespace: str, name: str) -> None:
        """Forget a deleted object."""
        self.children.pop((kind, namespace, name), None)
        self.routes.pop((kind, namespace, name), None)
        if kind == "Deployment":
            self.deployments.pop((namespace, name), None)
        elif kind == "HorizontalPodAutoscaler":
            self._forget_hpa(namespace, name)

    def known(self, kind: str) -> dict[Key, object]:
        """What is remembered of a kind, by namespace and name."""
        if kind == KIND:
            return dict(self.services)
        return {
            (of, name): view for (child, of, name), view in self.children.items() if child == kind
        }

    def forget_deleted(self, kind: str, before: Mapping[Key, object], listed: Set[Key]) -> int:
        """Forget what was known before a list and is not in it, and return how many that were.

        What a watch has brought since then is newer than the list, and stays.
        """
        now = self.known(kind)
        gone = [key for key, view in before.items() if key not in listed and now.get(key) is view]
        for key in gone:
            if kind == KIND:
                self.forget_service(key)
            else:
                self.forget_child(kind, *key)
        return len(gone)

    def hpas_of(self, namespace: str, target: str) -> Iterator[HpaView]:
        """The HPAs whose target is this Deployment."""
        return iter(self._hpas.get((namespace, target), {}).values())

    def _forget_hpa(self, namespace: str, name: str) -> None:
        target = self._hpa_targets.pop((namespace, name), None)
        if target is None:
            return
        siblings = self._hpas[namespace, target]
        del siblings[name]
        if not siblings:
            del self._hpas[namespace, target]

    def rivals(self) -> dict[Key, Key]:
        """Services whose target an older service has already, with that older service."""
        first: dict[Key, Key] = {}
        rivals: dict[Key, Key] = {}
        by_age = sorted(self.services.items(), key=lambda item: (item[1].created, item[0]))
        for key, entry in by_age:
            if entry.service is None:
                continue
            owner = first.setdefault((key[0], entry.service.target_name), key)
            if owner != key:
                rivals[key] = owner
        return rivals

    def _understand(self, body: Body) -> tuple[ScalableService | None, Policy | None, str | None]:
        try:
            service = ScalableService.model_validate(body)
        except ValidationError as error:
            first = error.errors()[0]
            field_path = ".".join(str(part) for part in first["loc"])
            return None, None, f"{field_path}: {first['msg']}"
        return service, compile_policy(service, self._tick_seconds), None


def _entry(
    body: Body, service: ScalableService | None, policy: Policy | None, problem: str | None
) -> Entry:
    """A service that is seen for the first time; its status is the memory of who led before."""
    metadata, status = body["metadata"], dict(body.get("status", {}))
    learned = learned_before(status)
    return Entry(
        service=service,
        policy=policy,
        problem=problem,
        uid=metadata["uid"],
        created=metadata["creationTimestamp"],
        generation=metadata["generation"],
        status=status,
        holdings=holdings_of(status),
        state=recalled_state(learned) if learned else State(),
        startup_seconds=learned.startup_seconds if learned else None,
        learned=learned,
    )


def _with_last_floor(service: ScalableService, policy: Policy, before: Policy) -> Policy:
    """A slip of the pen in the annotation must not take an incident's replicas away."""
    unreadable = policy.manual_floor is None and MIN_REPLICAS_ANNOTATION in (
        service.metadata.annotations
    )
    return replace(policy, manual_floor=before.manual_floor) if unreadable else policy
