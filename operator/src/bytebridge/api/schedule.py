"""`spec.scaling.schedule`: floors for events that are known beforehand."""

import re
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from pydantic import Field, field_validator

from bytebridge.api.base import Model, rules


def _cron_field(value: str) -> str:
    item = rf"(\*|{value}(-{value})?)(/[1-9][0-9]?)?"
    return f"{item}(,{item})*"


_MONTHS = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_DAYS = "SUN|MON|TUE|WED|THU|FRI|SAT"
_FIELDS: Final = " ".join(
    _cron_field(value)
    for value in (
        "[0-5]?[0-9]",
        "([01]?[0-9]|2[0-3])",
        "(0?[1-9]|[12][0-9]|3[01])",
        f"(0?[1-9]|1[0-2]|{_MONTHS})",
        f"([0-7]|{_DAYS})",
    )
)
CRON_PATTERN: Final = f"(?i)^{_FIELDS}$"
"""Five fields of cron, ranges included; what it lets through, `CronSim` judges."""

_CRON_EXPECTED = (
    "spec.scaling.schedule[].start: expected a cron expression of five fields, minute hour "
    "day month weekday, such as 0 8 * * 1-5"
)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class ScheduleWindow(Model):
    """From each start on, for so long, at least so many replicas are Ready."""

    model_config = rules((f"self.start.matches(r'{CRON_PATTERN}')", _CRON_EXPECTED))

    name: Annotated[str, Field(min_length=1, max_length=63)]
    """Stands in the decision's message."""
    start: Annotated[str, Field(max_length=100)]
    """Cron expression of five fields: minute hour day month weekday."""
    duration_minutes: Annotated[int, Field(ge=1, le=10_080)]
    """From the start on."""
    time_zone: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$")] = "UTC"
    """IANA name, such as Europe/Berlin; the start follows its daylight saving time."""
    min_replicas: Annotated[int, Field(ge=1, le=10_000)]
    """Ready when the window begins: pods are started ahead by their start-up time."""

    @field_validator("start")
    @classmethod
    def _comes(cls, value: str) -> str:
        """What no pattern can say: reversed ranges, and dates that never come."""
        try:
            comes = re.match(CRON_PATTERN, value) and next(CronSim(value, _LONG_AGO), None)
        except CronSimError as error:
            raise ValueError(f"{_CRON_EXPECTED}; got {value!r}: {error}") from error
        if not comes:
            raise ValueError(f"{_CRON_EXPECTED}; got {value!r}, which never comes")
        return value

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(
                "spec.scaling.schedule[].timeZone: expected an IANA time zone such as "
                f"Europe/Berlin, got {value!r}"
            ) from error
        return value
