"""`spec.database.postgres.monitoring`: what exporters tell of the database itself."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from bytebridge.api.base import Model

LabelName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$", max_length=128)]
LabelValue = Annotated[str, Field(min_length=1, max_length=256)]


class DatabaseExporter(StrEnum):
    """Exporters whose metric names the operator knows."""

    POSTGRES_EXPORTER = "postgres-exporter"
    CLOUDWATCH_EXPORTER = "cloudwatch-exporter"


class SeriesLabel(Model):
    """A label that the database's series carry."""

    name: LabelName
    value: LabelValue


class DatabaseMonitoring(Model):
    """Where the database's series are; a pooler's own are found without it."""

    exporter: DatabaseExporter
    labels: Annotated[list[SeriesLabel], Field(min_length=1, max_length=8)]
    """What tells this database's series from others', such as `server` or `cluster`."""
    max_lag_seconds: Annotated[int, Field(ge=1, le=86_400)] = 30
    """A reader that is behind for longer is left out, one at a time."""
