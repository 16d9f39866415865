"""A fixed number of replicas: what one does without an autoscaler."""

import math

from bytebridge.simulation.policies.autoscaler import Setting, Sight

TARGET_UTILIZATION = 0.7


class Static:
    """Replicas for the highest load of the whole run."""

    interval_seconds = 15.0

    def __init__(self, setting: Setting) -> None:
        model = setting.model
        busy = max(setting.workload.rates) * model.service_seconds
        self.replicas = math.ceil(busy / model.slots / TARGET_UTILIZATION)

    def desired(self, sight: Sight) -> int:
        """The same always."""
        del sight
        return self.replicas
