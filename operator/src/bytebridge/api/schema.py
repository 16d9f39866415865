"""From pydantic's JSON schema to the structural schema that a CRD demands."""

from copy import deepcopy
from typing import Any, Final

from bytebridge.api.base import Model

Schema = dict[str, Any]

_KEPT: Final = frozenset(
    {
        "default", "description", "enum", "exclusiveMinimum", "format", "items", "maxItems",
        "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minimum", "pattern",
        "properties", "required", "type", "x-kubernetes-preserve-unknown-fields",
        "x-kubernetes-validations",
    }
)  # fmt: skip


def structural_schema(model: type[Model]) -> Schema:
    """The schema of a model without references, unions with null, and titles.

    Source of the rules: Kubernetes documentation, "Specifying a structural schema".
    """
    schema = model.model_json_schema(by_alias=True)
    definitions: dict[str, Schema] = schema.get("$defs", {})
    return _structural(schema, definitions)


def _structural(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    flat = _resolve(schema, definitions)
    # Copied, so that no two places of the manifest share a part (YAML would write an anchor).
    result = {key: deepcopy(value) for key, value in flat.items() if key in _KEPT}
    if "const" in flat:
        result["enum"] = [flat["const"]]
    if isinstance(result.get("exclusiveMinimum"), int | float):
        # OpenAPI 3.0, which CRDs use, has a flag beside the bound.
        result |= {"minimum": result["exclusiveMinimum"], "exclusiveMinimum": True}
    _tidy_default(result)
    if "properties" in result:
        result["properties"] = {
            name: _structural(part, definitions) for name, part in result["properties"].items()
        }
    if "items" in result:
        result["items"] = _structural(result["items"], definitions)
    elif isinstance(flat.get("additionalProperties"), dict):
        result["additionalProperties"] = _structural(flat["additionalProperties"], definitions)
    return result


def _resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """Replace a reference or an optional by what it stands for; the outer keys win."""
    inner: Schema = {}
    if "$ref" in schema:
        inner = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    elif "anyOf" in schema:
        (inner,) = (option for option in schema["anyOf"] if option.get("type") != "null")
    if not inner:
        return schema
    outer = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}
    return {**_resolve(inner, definitions), **outer}


def _tidy_default(schema: Schema) -> None:
    """A default of null is no default; an object's parts bring their own."""
    if "default" not in schema:
        return
    if schema["default"] is None:
        del schema["default"]
    elif schema.get("type") == "object":
        schema["default"] = {}
