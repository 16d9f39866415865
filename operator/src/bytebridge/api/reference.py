"""Every field of the resource as a Markdown page, from the same schema as the CRD."""

from collections.abc import Iterator
from typing import Any

import yaml

from bytebridge.api.crd import custom_resource_definition, database_budget_definition
from bytebridge.api.names import BUDGET_KIND, KIND

Schema = dict[str, Any]

_HEAD = f"""# Fields of a {KIND}

Written by `make docs`. Units are in the names. A field without a default may be left out, unless
it is required.

"""
_TABLE = "| field | type | default | meaning |\n| --- | --- | --- | --- |\n"
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "above {}",
    "minLength": "at least {} characters",
    "maxItems": "at most {} items",
    "maxProperties": "at most {} entries",
    "pattern": "matches `{}`",
}


def reference_page() -> str:
    """The page."""
    return (
        f"{_HEAD}{_section(custom_resource_definition())}"
        f"\n# Fields of a {BUDGET_KIND}\n\n{_section(database_budget_definition())}"
    )


def _section(definition: Schema) -> str:
    version = definition["spec"]["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    rows = "".join(_row(*found) for found in _fields("spec", schema))
    rules = "".join(f"- {message}\n" for message in _messages(schema))
    return f"{_TABLE}{rows}\n## What the API server refuses\n\n{rules}"


def _fields(path: str, schema: Schema) -> Iterator[tuple[str, Schema, bool]]:
    required = schema.get("required", [])
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}"
        yield here, field, name in required
        if here == "spec.template":
            continue  # a PodTemplateSpec: Kubernetes documents it
        yield from _fields(here, field)
        if "items" in field:
            yield from _fields(f"{here}[]", field["items"])


def _row(path: str, field: Schema, required: bool) -> str:
    default = "required" if required else _default(field)
    words = [_line(field.get("description", "")), *_bounds(field)]
    meaning = "; ".join(word for word in words if word).replace("|", "\\|")
    return f"| `{path}` | {_type(field)} | {default} | {meaning} |\n"


def _default(field: Schema) -> str:
    default = field.get("default")
    return "" if default is None or default in ({}, []) else f"`{default}`".replace("|", "\\|")


def _type(field: Schema) -> str:
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    kind = str(field.get("type", "object"))
    return f"{field['items'].get('type', 'object')} list" if kind == "array" else kind


def _bounds(field: Schema) -> list[str]:
    return [
        words.format(yaml.safe_dump(field[name]).split("\n")[0])
        if name != "pattern"
        else words.format(field[name])
        for name, words in _BOUNDS.items()
        if name in field and not isinstance(field[name], bool)
    ]


def _line(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _messages(schema: Schema) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", []):
        yield rule["message"]
    for field in schema.get("properties", {}).values():
        yield from _messages(field)
        if "items" in field:
            yield from _messages(field["items"])
