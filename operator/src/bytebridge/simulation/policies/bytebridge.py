"""ByteBridge itself: what the operator decides, and the HPA whose floor it steers by that."""

from dataclasses import replace

from bytebridge.scaling.actuation import TargetState, Written, lowest_of, plan_actuation
from bytebridge.simulation.policies.autoscaler import Setting, Sight
from bytebridge.simulation.policies.hpa import HpaOnCpu
from bytebridge.simulation.policies.hpa_behavior import SYNC_SECONDS
from bytebridge.simulation.policies.law import Law


class ByteBridge:
    """The decision core, its actuation, and an HPA with the CPU metric of the resource."""

    def __init__(self, setting: Setting) -> None:
        scaling = setting.service.spec.scaling
        self.interval_seconds = setting.tick_seconds
        self._law = Law(setting)
        self._hold_seconds = scaling.scale_down.least_hold_seconds
        self._most = scaling.max_replicas
        self._hpa = HpaOnCpu(
            setting, scaling.cpu.target_utilization_percent / 100, self._hold_seconds
        )
        self._floor: int | None = None
        """The HPA's `minReplicas`; `None`: there is no HPA yet."""
        self._ceiling = self._most
        """The HPA's `maxReplicas`: fewer than the service's, while more would not help."""
        self._written = Written()
        self._next_sync = 0.0

    def desired(self, sight: Sight) -> int:
        """Let the HPA look, where it is time; then decide, and write as the operator writes."""
        present = self._left_by_hpa(sight)
        if present != sight.pods.desired:
            sight = replace(sight, pods=replace(sight.pods, desired=present))
        decision = self._law.decide(sight)
        decided = decision.replicas
        target = TargetState(present, hpa_has_metric=True)
        actuation, self._written = plan_actuation(
            decided, target, self._written, sight.now, self._hold_seconds
        )
        ceiling = lowest_of(decision.most, actuation.hpa_ceiling)
        self._ceiling = self._most if ceiling is None else min(self._most, ceiling)
        self._floor = max(1, decided)
        return present if actuation.scale_to is None else actuation.scale_to

    def _left_by_hpa(self, sight: Sight) -> int:
        """An HPA rests while its target has no replicas."""
        present, floor = sight.pods.desired, self._floor
        if floor is None or not present or sight.now < self._next_sync:
            return present
        self._next_sync = sight.now + SYNC_SECONDS
        return max(floor, min(self._ceiling, self._hpa.desired(sight)))
