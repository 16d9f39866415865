"""References to Secrets: pods follow them, the operator holds no right to read one."""

from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model

SecretName = Annotated[str, Field(min_length=1, max_length=253)]


class SecretKey(Model):
    """One key of a Secret in the same namespace; the operator never reads it."""

    name: SecretName
    key: Annotated[str, Field(min_length=1)]
