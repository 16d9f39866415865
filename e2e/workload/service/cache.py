"""Answers that were given before."""

from typing import Protocol


class AnswerCache(Protocol):
    """Where answers are kept."""

    async def get(self, document: str) -> bytes | None:
        """The answer for this document, if it is there."""

    async def put(self, document: str, answer: bytes) -> None:
        """Keep an answer for who asks next."""


class NoCache:
    """Of a service without one."""

    async def get(self, document: str) -> bytes | None:  # noqa: ARG002 - as the protocol has it
        """Nothing is ever there."""
        return None

    async def put(self, document: str, answer: bytes) -> None:
        """Nothing is kept."""
