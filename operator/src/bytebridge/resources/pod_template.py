"""The user's pod template, completed: label, environment, sidecar. Never a replica count."""

from copy import deepcopy
from typing import Any

from bytebridge.api.pooler import Placement
from bytebridge.api.service import ScalableService
from bytebridge.budget.claims import Role
from bytebridge.resources.mongodb import mongodb_environment
from bytebridge.resources.ownership import Manifest, child_labels
from bytebridge.resources.pooler.configuration import pooler_name
from bytebridge.resources.pooler.container import (
    exporter_container,
    pooler_container,
    pooler_volumes,
)
from bytebridge.resources.postgres import certificate_volume, pool_variables, postgres_environment
from bytebridge.resources.readers import behind_one_address, readers_name
from bytebridge.resources.redis import redis_environment, redis_sidecars
from bytebridge.resources.shared_cache import shared_cache_name
from bytebridge.resources.termination import (
    DEFAULT_GRACE_SECONDS,
    Termination,
    end_gracefully,
    termination_of,
)
from bytebridge.resources.wiring import UNWIRED, Wiring


def complete_template(service: ScalableService, wiring: Wiring = UNWIRED) -> Manifest:
    """The pod template of the Deployment.

    What the user wrote always wins: a variable or sidecar of the same name is left alone. Nothing
    here depends on replicas, so that scaling never restarts a pod.
    """
    template = deepcopy(service.spec.template or {})
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**metadata.get("labels", {}), **child_labels(service)}
    spec = template["spec"]
    app = app_container(service, spec)
    add_environment(app, _environment(service, wiring))
    _add_certificate(service, app, spec)
    if service.spec.exposure is not None:
        end_gracefully(service.spec.exposure, app, spec)
    sidecars, volumes = _sidecars(service)
    _add_by_name(spec, "initContainers", sidecars)
    _add_by_name(spec, "volumes", volumes)
    return template


def app_container_name(service: ScalableService) -> str | None:
    """Name of the container that serves; `None` when only the target's own template knows it."""
    if service.spec.container:
        return service.spec.container
    if service.spec.template is None:
        return None
    return str(service.spec.template["spec"]["containers"][0]["name"])


def app_container(service: ScalableService, pod_spec: Manifest) -> Manifest:
    """The container that serves.

    Raises:
        ValueError: `spec.container` names none of the template's containers.
    """
    wanted = app_container_name(service)
    containers: list[Manifest] = pod_spec["containers"]
    for container in containers:
        if container["name"] == wanted:
            return container
    names = ", ".join(container["name"] for container in containers)
    raise ValueError(f"spec.container: expected one of the template's ({names}), got {wanted!r}")


def add_environment(container: Manifest, variables: list[Manifest]) -> None:
    """Add variables that the container does not set itself.

    They go first, so that the user's own may refer to them by `$(NAME)`.
    """
    own: list[Any] = container.get("env", [])
    taken = {variable["name"] for variable in own}
    added = [variable for variable in variables if variable["name"] not in taken]
    if added or own:
        container["env"] = [*added, *own]


def overridden_pools(service: ScalableService) -> list[str]:
    """Variables of the pool sizes that the template sets itself: no budget can hold then."""
    database, template = service.spec.database, service.spec.template
    if template is None:
        return []
    own = {variable["name"] for variable in app_container(service, template["spec"]).get("env", [])}
    kept = set(pool_variables(database.postgres)) if database.postgres else set()
    if database.mongodb is not None:
        kept.add(database.mongodb.environment.max_pool_size)
    return sorted(own & kept)


def pod_termination(service: ScalableService) -> Termination | None:
    """How pods of an exposed service end; `None`: it is not exposed, or not the operator's."""
    exposure, template = service.spec.exposure, service.spec.template
    if exposure is None or template is None:
        return None
    return termination_of(exposure, app_container(service, template["spec"]), template["spec"])


def grace_seconds(service: ScalableService) -> int:
    """How long a pod may take to end."""
    termination = pod_termination(service)
    if termination is not None:
        return termination.grace_seconds
    pod_spec = (service.spec.template or {}).get("spec", {})
    return int(pod_spec.get("terminationGracePeriodSeconds", DEFAULT_GRACE_SECONDS))


def _environment(service: ScalableService, wiring: Wiring) -> list[Manifest]:
    redis, postgres = service.spec.cache.redis, service.spec.database.postgres
    variables = redis_environment(redis, shared_cache_name(service)) if redis else []
    mongodb = service.spec.database.mongodb
    if mongodb is not None:
        variables += mongodb_environment(mongodb, wiring.grants.get(Role.MONGODB))
    if postgres is None:
        return variables
    together = readers_name(service) if behind_one_address(postgres) else None
    plans = wiring.plans(service, postgres)
    return [
        *variables,
        *postgres_environment(postgres, plans, pooler_name(service), together),
    ]


def _add_certificate(service: ScalableService, app: Manifest, pod_spec: Manifest) -> None:
    postgres = service.spec.database.postgres
    if postgres is None or postgres.pooler is not None:
        return  # With a pooler it is the pooler that checks the server.
    volumes, mounts = certificate_volume(postgres)
    _add_by_name(pod_spec, "volumes", volumes)
    _add_by_name(app, "volumeMounts", mounts)


def _sidecars(service: ScalableService) -> tuple[list[Manifest], list[Manifest]]:
    """Native sidecars of the service, and the volumes that they need."""
    redis, postgres = service.spec.cache.redis, service.spec.database.postgres
    sidecars = redis_sidecars(redis) if redis else []
    pooler = postgres.pooler if postgres else None
    if postgres is None or pooler is None or pooler.placement is not Placement.SIDECAR:
        return sidecars, []
    for container in (pooler_container(postgres, pooler), exporter_container(pooler)):
        sidecars.append({**container, "restartPolicy": "Always"})
    return sidecars, pooler_volumes(postgres, pooler_name(service))


def _add_by_name(holder: Manifest, field: str, added: list[Manifest]) -> None:
    """Put what the user does not have under the same name before his own."""
    own: list[Manifest] = holder.get(field, [])
    taken = {item["name"] for item in own}
    new = [item for item in added if item["name"] not in taken]
    if new:
        holder[field] = [*new, *own]
