"""What every model of the resource has in common."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen part of the resource: snake_case in Python, camelCase in YAML.

    Unknown fields are ignored, as the API server has pruned them already and an operator that is
    older than its CRD must go on serving what it knows.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        frozen=True,
        populate_by_name=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )


def rules(*validations: tuple[str, str] | tuple[str, str, str]) -> ConfigDict:
    """CEL rules of the CRD for what a schema cannot say.

    Args:
        validations: An expression over `self`, the message that names field and mend, and where
            the message has numbers an expression that makes it.
    """
    names = ("rule", "message", "messageExpression")
    rows: list[Any] = [dict(zip(names, parts, strict=False)) for parts in validations]
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": rows})
