"""Who reviews which type of clause."""

from collections.abc import Iterable
from typing import Protocol


class PoliciesUnknownError(Exception):
    """The database did not answer."""


class Policies(Protocol):
    """Where policies are looked up."""

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:
        """Who reviews clauses of these types.

        Raises:
            PoliciesUnknownError: They cannot be had now.
        """


class NoPolicies:
    """Of a service without a database."""

    async def look_up(self, types: Iterable[str]) -> dict[str, str]:  # noqa: ARG002 - the protocol's
        """Nobody."""
        return {}
