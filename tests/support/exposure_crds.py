"""Kinds that load balancers bring along, with as much of their schemas as the operator uses.

Written anew from the public descriptions of the fields, so that a misspelt field, a wrong type or
a value out of bounds is refused as the real API server of such a cluster refuses it:

- HTTPRoute: gateway-api.sigs.k8s.io/reference/spec/
- BackendConfig: cloud.google.com/kubernetes-engine/docs/how-to/ingress-configuration
- GCPBackendPolicy, HealthCheckPolicy: googlecloudplatform.github.io/gke-gateway-api
"""

from typing import Any

Schema = dict[str, Any]


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    found: Schema = {"type": "object", "properties": properties}
    return {**found, "required": list(required)} if required else found


def _list(items: Schema, most: int) -> Schema:
    return {"type": "array", "items": items, "maxItems": most}


def _text(most: int = 253, **more: Any) -> Schema:
    return {"type": "string", "maxLength": most, **more}


def _number(least: int, most: int, **more: Any) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def _choice(*values: str, **more: Any) -> Schema:
    return {"type": "string", "enum": list(values), **more}


def _validated(schema: Schema, *rules: str) -> Schema:
    checks = [{"rule": rule, "message": f"must hold: {rule}"} for rule in rules]
    return {**schema, "x-kubernetes-validations": checks}


_LOWER_NAME = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_HOST = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
_PORT = _number(1, 65_535, format="int32")

_PARENT = _object(
    ("name",),
    group=_text(default="gateway.networking.k8s.io"),
    kind=_text(63, default="Gateway"),
    name=_text(minLength=1),
    namespace=_text(63, minLength=1),
    sectionName=_text(minLength=1, pattern=_LOWER_NAME),
    port=_PORT,
)
_PATH = _validated(
    _object(
        type=_choice("Exact", "PathPrefix", "RegularExpression", default="PathPrefix"),
        value=_text(1024, default="/"),
    ),
    "self.type == 'RegularExpression' || self.value.startsWith('/')",
    "self.type == 'RegularExpression' || !self.value.contains('//')",
    "self.type == 'RegularExpression' || !self.value.contains('/../')",
)
_BACKEND = _validated(
    _object(
        ("name",),
        group=_text(default=""),
        kind=_text(63, default="Service"),
        name=_text(minLength=1),
        namespace=_text(63, minLength=1),
        port=_PORT,
        weight=_number(0, 1_000_000, default=1),
    ),
    "self.kind != 'Service' || has(self.port)",
)
_RULE = _object(
    matches=_list(_object(path=_PATH), 64),
    backendRefs=_list(_BACKEND, 16),
    timeouts=_object(request=_text(24, pattern=r"^([0-9]{1,5}(h|m|s|ms)){1,4}$")),
)
HTTP_ROUTE_SPEC = _object(
    parentRefs=_list(_PARENT, 32),
    hostnames=_list(_text(minLength=1, pattern=_HOST), 16),
    rules={**_list(_RULE, 16), "minItems": 1},
)

BACKEND_CONFIG_SPEC = _object(
    timeoutSec={"type": "integer", "format": "int64"},
    connectionDraining=_object(drainingTimeoutSec={"type": "integer", "format": "int64"}),
    securityPolicy=_object(("name",), name={"type": "string"}),
    healthCheck=_object(
        checkIntervalSec={"type": "integer", "format": "int64"},
        timeoutSec={"type": "integer", "format": "int64"},
        healthyThreshold={"type": "integer", "format": "int64"},
        unhealthyThreshold={"type": "integer", "format": "int64"},
        type={"type": "string"},
        port={"type": "integer", "format": "int64"},
        requestPath={"type": "string"},
    ),
)

_TARGET = _object(
    ("group", "kind", "name"),
    group=_text(),
    kind=_text(63, minLength=1),
    name=_text(minLength=1),
    namespace=_text(63, minLength=1),
)
BACKEND_POLICY_SPEC = _object(
    ("targetRef",),
    targetRef=_TARGET,
    default=_object(
        timeoutSec=_number(1, 2_147_483_647, format="int64"),
        connectionDraining=_object(drainingTimeoutSec=_number(0, 3_600, format="int64")),
        securityPolicy={"type": "string"},
    ),
)

_HTTP_CHECK = _validated(
    _object(
        port=_number(1, 65_535, format="int64"),
        portSpecification=_choice("USE_FIXED_PORT", "USE_NAMED_PORT", "USE_SERVING_PORT"),
        requestPath=_text(2048, pattern=r"\/[A-Za-z0-9\/\-._~%!?$&'()*+,;=:]*$"),
    ),
    "self.portSpecification == 'USE_FIXED_PORT' ? has(self.port) : !has(self.port)",
)
HEALTH_CHECK_POLICY_SPEC = _object(
    ("targetRef",),
    targetRef=_TARGET,
    default=_validated(
        _object(
            checkIntervalSec=_number(1, 300, format="int64"),
            timeoutSec=_number(1, 300, format="int64"),
            config=_object(
                type=_choice("TCP", "HTTP", "HTTPS", "HTTP2", "GRPC"), httpHealthCheck=_HTTP_CHECK
            ),
        ),
        "self.timeoutSec <= self.checkIntervalSec",
    ),
)


def _crd(group: str, plural: str, kind: str, spec: Schema) -> Schema:
    """A namespaced kind; its status may say anything."""
    status = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    schema = {"type": "object", "properties": {"spec": spec, "status": status}}
    version = {"name": "v1", "served": True, "storage": True, "subresources": {"status": {}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
        },
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{**version, "schema": {"openAPIV3Schema": schema}}],
        },
    }


HTTP_ROUTE_CRD = _crd("gateway.networking.k8s.io", "httproutes", "HTTPRoute", HTTP_ROUTE_SPEC)
GKE_CRDS = (
    _crd("cloud.google.com", "backendconfigs", "BackendConfig", BACKEND_CONFIG_SPEC),
    _crd("networking.gke.io", "gcpbackendpolicies", "GCPBackendPolicy", BACKEND_POLICY_SPEC),
    _crd("networking.gke.io", "healthcheckpolicies", "HealthCheckPolicy", HEALTH_CHECK_POLICY_SPEC),
)
EXPOSURE_CRDS = (HTTP_ROUTE_CRD, *GKE_CRDS)
