"""The ScalableService itself."""

from typing import Annotated, Any, Literal

from pydantic import Field

from bytebridge.api.base import Model
from bytebridge.api.cache import Cache
from bytebridge.api.database import Database
from bytebridge.api.metrics import Metrics
from bytebridge.api.names import API_VERSION, KIND
from bytebridge.api.scaling import Scaling


class TargetRef(Model):
    """An existing Deployment of the same namespace that the operator adopts."""

    api_version: Literal["apps/v1"] = "apps/v1"
    kind: Literal["Deployment"] = "Deployment"
    name: Annotated[str, Field(min_length=1, max_length=253)]


class ScalableServiceSpec(Model):
    """What the user asks for."""

    template: dict[str, Any] | None = None
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

    api_version: Literal["scaling.bytebridge.io/v1alpha1"] = API_VERSION
    kind: Literal["ScalableService"] = KIND
    metadata: Metadata
    spec: ScalableServiceSpec

    @property
    def target_name(self) -> str:
        """Name of the Deployment that is scaled."""
        reference = self.spec.target_ref
        return reference.name if reference else self.metadata.name
