"""The user's pod template, completed: label, environment, sidecar. Never a replica count."""

from copy import deepcopy
from typing import Any

from bytebridge.api.service import ScalableService
from bytebridge.resources.ownership import Manifest, child_labels
from bytebridge.resources.postgres import postgres_environment
from bytebridge.resources.redis import redis_environment, redis_sidecar


def complete_template(service: ScalableService) -> Manifest:
    """The pod template of the Deployment.

    What the user wrote always wins: a variable or sidecar of the same name is left alone. Nothing
    here depends on replicas, so that scaling never restarts a pod.
    """
    template = deepcopy(service.spec.template or {})
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**metadata.get("labels", {}), **child_labels(service)}
    spec = template["spec"]
    add_environment(app_container(service, spec), _environment(service))
    _add_sidecar(service, spec)
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


def _environment(service: ScalableService) -> list[Manifest]:
    redis, postgres = service.spec.cache.redis, service.spec.database.postgres
    return [
        *(redis_environment(redis) if redis else []),
        *(postgres_environment(postgres) if postgres else []),
    ]


def _add_sidecar(service: ScalableService, pod_spec: Manifest) -> None:
    redis = service.spec.cache.redis
    sidecar = redis_sidecar(redis) if redis else None
    if sidecar is None:
        return
    init_containers = pod_spec.get("initContainers", [])
    if all(container["name"] != sidecar["name"] for container in init_containers):
        pod_spec["initContainers"] = [sidecar, *init_containers]
