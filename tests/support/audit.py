"""What a role permits, and what an account has asked for by the API server's audit log."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from support.objects import Manifest


class Permission(NamedTuple):
    """One verb on one resource."""

    resource: str
    """`deployments.apps`, `scalableservices/status.scaling.bytebridge.io`, `pods`."""
    verb: str


def permissions(roles: Iterable[Manifest]) -> set[Permission]:
    """All that these roles permit."""
    return {
        Permission(_name(resource, group), verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


class Request(NamedTuple):
    """A request, as the audit log tells it."""

    needs: frozenset[Permission]
    method: str
    path: str
    """With `{namespace}` and `{name}`."""
    status: int


_METHODS = {"create": "POST", "patch": "PATCH", "update": "PUT", "delete": "DELETE"}
_CREATED = 201


def requests_of(log: Path, account: str) -> list[Request]:
    """The requests of an account about objects; discovery is everybody's."""
    events = map(json.loads, log.read_text().splitlines())
    return [
        _request(event)
        for event in events
        if event["user"]["username"] == account and "objectRef" in event
    ]


def _request(event: dict[str, Any]) -> Request:
    about, verb = event["objectRef"], event["verb"]
    resource = about["resource"] + (f"/{about['subresource']}" if "subresource" in about else "")
    name = _name(resource, about.get("apiGroup", ""))
    status = event.get("responseStatus", {}).get("code", 0)
    needs = {Permission(name, verb)}
    if verb == "patch" and status == _CREATED:
        # Server-side apply of what does not exist yet is authorized as a creation too.
        needs.add(Permission(name, "create"))
    path = event["requestURI"].split("?")[0]
    path = re.sub(r"/namespaces/[^/]+", "/namespaces/{namespace}", path)
    path = re.sub(rf"/{about['resource']}/[^/]+", f"/{about['resource']}/{{name}}", path)
    if verb in {"list", "watch"}:
        # Of all namespaces or of one, as the operator is set up.
        path = path.replace("/namespaces/{namespace}", "")
    path += "?watch" if verb == "watch" else ""
    return Request(frozenset(needs), _METHODS.get(verb, "GET"), path, status)


def _name(resource: str, group: str) -> str:
    return f"{resource}.{group}" if group else resource
