"""Group, version and the well-known labels, annotations and reasons of the resource."""

from typing import Final

GROUP: Final = "scaling.bytebridge.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
KIND: Final = "ScalableService"
PLURAL: Final = "scalableservices"
SINGULAR: Final = "scalableservice"
SHORT_NAME: Final = "ssvc"
CATEGORY: Final = "bytebridge"

BUDGET_KIND: Final = "DatabaseBudget"
BUDGET_PLURAL: Final = "databasebudgets"
BUDGET_SINGULAR: Final = "databasebudget"
BUDGET_SHORT_NAME: Final = "dbb"

FIELD_MANAGER: Final = "bytebridge"
"""Owner of the fields that the operator applies (server-side apply)."""

SERVICE_LABEL: Final = f"{GROUP}/service"
"""On every pod and child object; the PodMonitor copies it to the series."""

SERVICE_SERIES_LABEL: Final = "scaling_bytebridge_io_service"
"""The same label as Prometheus spells it."""

POOLER_LABEL: Final = f"{GROUP}/pooler"
CACHE_LABEL: Final = f"{GROUP}/cache"
"""On the pods of a service's pooler and Shared cache, which must not pass for its own pods."""

POOLS_ANNOTATION: Final = f"{GROUP}/pools"
"""On the Deployment: the pool sizes that its template holds."""

PAUSED_ANNOTATION: Final = f"{GROUP}/paused"
"""`"true"` on a ScalableService pauses it as `spec.scaling.paused` does."""

MIN_REPLICAS_ANNOTATION: Final = f"{GROUP}/min-replicas"
"""A floor by hand, for incidents: a whole number of replicas."""
