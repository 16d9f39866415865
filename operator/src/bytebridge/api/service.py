"""The ScalableService itself."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from bytebridge.api.base import Model, rules
from bytebridge.api.cache import Cache
from bytebridge.api.database import Database
from bytebridge.api.exposure import Exposure
from bytebridge.api.metrics import Metrics, Preset
from bytebridge.api.scaling import Scaling

_TTFT_QUERY = (
    "spec.metrics.queries.timeToFirstToken: spec.scaling.objective.timeToFirstTokenMilliseconds "
    "needs it, as only preset vllm exports it; add the query"
)
_KV_CACHE_QUERY = (
    "spec.metrics.queries.kvCacheUtilization: spec.scaling.kvCache needs it, as only preset vllm "
    "exports it; add the query"
)
_TPS_QUERY = (
    "spec.metrics.queries.tokenRate: spec.scaling.tokens needs it, as only presets vllm and tgi "
    "export it; add the query"
)

_EXPOSED_TEMPLATE = (
    "spec.exposure: only with template, as an adopted Deployment keeps its own Service and pods; "
    "remove it or use template"
)

POD_TEMPLATE: dict[str, Any] = {
    "x-kubernetes-preserve-unknown-fields": True,
    "required": ["spec"],
    "properties": {
        "metadata": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "spec": {
            "type": "object",
            "x-kubernetes-preserve-unknown-fields": True,
            "required": ["containers"],
            "properties": {
                "containers": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                        "required": ["name", "image"],
                        "properties": {"name": {"type": "string"}, "image": {"type": "string"}},
                    },
                }
            },
        },
    },
}
"""What is checked of a PodTemplateSpec at admission; the Deployment's own rules do the rest."""


class TargetRef(Model):
    """An existing Deployment of the same namespace that the operator adopts."""

    api_version: Literal["apps/v1"] = "apps/v1"
    kind: Literal["Deployment"] = "Deployment"
    name: Annotated[str, Field(min_length=1, max_length=253)]


class ScalableServiceSpec(Model):
    """What the user asks for."""

    model_config = rules(
        (
            "has(self.template) != has(self.targetRef)",
            "spec: set exactly one of template (a new Deployment) and targetRef (an existing one)",
        ),
        (
            "has(self.template) == has(oldSelf.template)",
            (
                "spec.template, spec.targetRef: one cannot become the other; "
                "delete the ScalableService and create it anew"
            ),
        ),
        (
            "!has(self.targetRef) || self.targetRef == oldSelf.targetRef",
            "spec.targetRef: immutable; delete the ScalableService and create it anew",
        ),
        (
            (
                "!has(self.targetRef) || (!has(self.cache.redis) && !has(self.database.postgres) "
                "&& !has(self.database.mongodb))"
            ),
            (
                "spec.cache, spec.database: only with template, as adopted pods are "
                "not changed; remove them or use template"
            ),
        ),
        ("!has(self.targetRef) || !has(self.exposure)", _EXPOSED_TEMPLATE),
        (
            (
                "self.metrics.preset != 'custom' || has(self.metrics.queries.requestRate)"
                " || has(self.metrics.queries.queueDepth)"
            ),
            "spec.metrics.queries: preset custom needs requestRate or queueDepth; add one",
        ),
        (
            (
                "!has(self.cache.redis) || !self.cache.redis.countedBeforeCache"
                " || has(self.metrics.queries.serviceTime)"
            ),
            (
                "spec.metrics.queries.serviceTime: countedBeforeCache needs the time of the models "
                "alone; add a query of it, as a time with the hits in it would count them twice"
            ),
        ),
        (
            (
                "!has(self.scaling.objective)"
                " || !has(self.scaling.objective.timeToFirstTokenMilliseconds)"
                " || self.metrics.preset == 'vllm' || has(self.metrics.queries.timeToFirstToken)"
            ),
            _TTFT_QUERY,
        ),
        (
            (
                "!has(self.scaling.kvCache) || self.metrics.preset == 'vllm'"
                " || has(self.metrics.queries.kvCacheUtilization)"
            ),
            _KV_CACHE_QUERY,
        ),
        (
            (
                "!has(self.scaling.tokens) || self.metrics.preset in ['vllm', 'tgi']"
                " || has(self.metrics.queries.tokenRate)"
            ),
            _TPS_QUERY,
        ),
    )

    template: Annotated[dict[str, Any] | None, Field(json_schema_extra=POD_TEMPLATE)] = None
    """A PodTemplateSpec; the operator makes the Deployment."""
    target_ref: TargetRef | None = None
    """Or an existing Deployment, whose replicas alone the operator changes."""
    container: str | None = None
    """The container that serves; by default the first of the template."""
    port: Annotated[int, Field(ge=1, le=65_535)] = 8080
    scaling: Scaling
    metrics: Metrics = Metrics()
    cache: Cache = Cache()
    database: Database = Database()
    exposure: Exposure | None = None
    """Nothing, unless set: the Service alone is reached from within the cluster."""

    @model_validator(mode="after")
    def _exposes_its_own_pods(self) -> Self:
        """The CRD's rule, for files that no API server has seen."""
        if self.target_ref is not None and self.exposure is not None:
            raise ValueError(_EXPOSED_TEMPLATE)
        return self

    @model_validator(mode="after")
    def _signals_of_its_objectives(self) -> Self:
        """The CRD's rules, for files that no API server has seen."""
        objective, preset = self.scaling.objective, self.metrics.preset
        queries, vllm = self.metrics.queries, preset is Preset.VLLM
        first_token = objective is not None and objective.time_to_first_token_milliseconds
        refused = {
            _TTFT_QUERY: first_token and not (vllm or queries.time_to_first_token),
            _KV_CACHE_QUERY: self.scaling.kv_cache and not (vllm or queries.kv_cache_utilization),
            _TPS_QUERY: self.scaling.tokens
            and not (vllm or preset is Preset.TGI or queries.token_rate),
        }
        for message, wrong in refused.items():
            if wrong:
                raise ValueError(message)
        return self


class Metadata(Model):
    """The parts of an object's metadata that the operator uses."""

    name: str
    namespace: str = "default"
    uid: str = ""
    generation: int = 0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class ScalableService(Model):
    """A service that ByteBridge scales."""

    api_version: Literal["scaling.bytebridge.io/v1alpha1"] = "scaling.bytebridge.io/v1alpha1"
    kind: Literal["ScalableService"] = "ScalableService"
    metadata: Metadata
    spec: ScalableServiceSpec

    @property
    def target_name(self) -> str:
        """Name of the Deployment that is scaled."""
        reference = self.spec.target_ref
        return reference.name if reference else self.metadata.name
