"""The one decision loop for all services."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bytebridge.cluster.errors import ApiError
from bytebridge.cluster.leadership import LEASE_SECONDS, Lead, Leadership
from bytebridge.controller.budgets import keep_budgets
from bytebridge.controller.caches import watch_caches
from bytebridge.controller.guard import guard_databases
from bytebridge.controller.metrics import OperatorMetrics
from bytebridge.controller.service_pass import Surroundings, pass_over
from bytebridge.controller.store import Entry, Key
from bytebridge.scaling.observation import Readings
from bytebridge.scaling.reason import Reason
from bytebridge.signals.cache import cache_queries
from bytebridge.signals.dealing import SignalReport
from bytebridge.signals.queries import SignalTarget
from bytebridge.signals.source import SignalSource

log = structlog.get_logger()

CONCURRENT_PASSES = 32
_NONE: frozenset[str] = frozenset()
_BLIND = frozenset({Reason.SIGNALS_UNKNOWN, Reason.FALLBACK})


class DecisionLoop:
    """Ticks for ever; a tick never overlaps the next, and no service stops the others."""

    def __init__(
        self,
        around: Surroundings,
        source: SignalSource,
        leadership: Leadership,
        metrics: OperatorMetrics,
        tick_seconds: float,
        begin_anew: Callable[[], Awaitable[None]],
    ) -> None:
        """Decide for these services.

        Args:
            around: What passes share.
            source: Of the signals.
            leadership: The Lease.
            metrics: Of the operator.
            tick_seconds: From the begin of a tick to the next.
            begin_anew: Learn what another operator has left, before the first tick as leader.
        """
        self._begin_anew = begin_anew
        self._informed = False
        self._around = around
        self._source = source
        self._leadership = leadership
        self._metrics = metrics
        self._tick_seconds = tick_seconds
        self._shown: set[Key] = set()
        self.last_tick: float | None = None
        """When the last tick ended, on the monotonic clock."""
        self.leading = False

    async def run(self, stop: asyncio.Event) -> None:
        """Tick until told to stop, then give the Lease back."""
        while not stop.is_set():
            began = self._around.monotonic()
            await self._tick_as_leader()
            self.last_tick = self._around.monotonic()
            pause = max(0.0, self._tick_seconds - (self.last_tick - began))
            try:
                await asyncio.wait_for(stop.wait(), pause)
            except TimeoutError:
                continue
        if self.leading:
            await self._leadership.release()

    async def _tick_as_leader(self) -> None:
        asked = self._around.monotonic()
        try:
            lead = await self._leadership.acquire()
            self._informed = self._informed and lead is Lead.KEPT
            self.leading = lead is not Lead.NONE
            if self.leading and not self._informed:
                await self._begin_anew()
                self._informed = True
        except ApiError as error:
            # Without the API server nothing can be written, by this operator or another.
            self.leading = False
            log.warning("lease not renewed", error=str(error))
        self._metrics.leader.set(self.leading)
        if self.leading:
            await self.tick(leads_until=asked + LEASE_SECONDS)

    async def tick(self, leads_until: float) -> None:
        """Gather, decide and apply for all services once.

        Args:
            leads_until: On the monotonic clock. No pass begins later: another operator may act.
        """
        with self._metrics.tick_seconds.time():
            entries = dict(self._around.store.services)
            report = await self._source.read(self._targets(entries))
            self._metrics.queries.inc(report.queries_sent)
            self._metrics.query_errors.inc(len(report.errors))
            await self._settle_databases(entries)
            rivals = self._around.store.rivals()
            deadline = self._around.monotonic() + self._tick_seconds
            # Children can wait, for the next tick if need be; replicas cannot.
            waiting = iter(sorted(entries.items(), key=lambda item: item[1].outdated))

            async def work() -> None:
                for key, entry in waiting:
                    now = self._around.monotonic()
                    if now > leads_until:
                        return
                    in_time = not entry.outdated or now <= deadline
                    await self._guarded(key, entry, rivals.get(key), report, in_time)

            # A task a service would cost more than most passes, which change nothing.
            await asyncio.gather(*(work() for _ in range(CONCURRENT_PASSES)))
            self._count(entries)

    async def _settle_databases(self, entries: dict[Key, Entry]) -> None:
        around = self._around
        time, now = around.monotonic(), around.now()
        try:
            await guard_databases(around.store, around.client, self._source, entries, time, now)
            await watch_caches(around.store, around.client, self._source, entries, time, now)
            await keep_budgets(around.store, around.client, entries, time, now)
        except Exception:
            log.exception("databases and caches not settled")

    async def _guarded(
        self, key: Key, entry: Entry, rival: Key | None, report: SignalReport, in_time: bool
    ) -> None:
        readings, why = report.readings.get(key, Readings()), report.explanations.get(key)
        try:
            decision = await pass_over(
                self._around, key, entry, rival, readings, why, with_children=in_time
            )
        except Exception:
            log.exception("pass failed", namespace=key[0], name=key[1])
            return
        if decision is not None:
            self._metrics.decisions.labels(decision.reason.value).inc()
            self._metrics.desired.labels(*key).set(decision.replicas)
            self._metrics.blind.labels(*key).set(decision.reason in _BLIND)
            since = entry.state.blind_since
            age = 0.0 if since is None else decision.time - since
            self._metrics.blind_seconds.labels(*key).set(age)

    def _targets(self, entries: dict[Key, Entry]) -> Sequence[SignalTarget]:
        targets = []
        for key, entry in entries.items():
            if entry.service is None or entry.policy is None:
                continue
            deployment = self._around.store.deployments.get((key[0], entry.service.target_name))
            targets.append(
                SignalTarget(
                    namespace=key[0],
                    name=key[1],
                    metrics=entry.service.spec.metrics,
                    percentile=entry.policy.percentile,
                    ready_replicas=deployment.ready if deployment else 0,
                    objectives=entry.policy.own_signals if entry.policy.generates_text else _NONE,
                )
            )
        return targets

    def _count(self, entries: dict[Key, Entry]) -> None:
        self._metrics.services.set(len(entries))
        seasonal = sum(entry.state.seasons.trusted is not None for entry in entries.values())
        self._metrics.with_season.set(seasonal)
        failed = sum(entry.error is not None for entry in entries.values())
        self._metrics.apply_errors.set(failed)
        for key, entry in entries.items():
            self._metrics.ready.labels(*key).set(entry.status.get("readyReplicas", 0))
            if entry.service is not None and cache_queries(entry.service) is not None:
                self._metrics.show_cache(key, entry.cache.signals)
        for key in self._shown - entries.keys():
            self._metrics.forget(*key)
        self._shown = set(entries)
