"""The demo's own view of the cluster: apply a manifest, watch what changes."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

Manifest = dict[str, Any]

_RETRY_SECONDS = 0.5
_LONGEST_LINE = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Change:
    """What a watch reports."""

    deleted: bool
    manifest: Manifest


class ApiServerError(Exception):
    """The API server refused a request."""


class ApiServer:
    """A few requests over one session; an async context manager."""

    def __init__(self, server: str, token: str, ca_file: Path) -> None:
        self._server = server
        self._token = token
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            base_url=self._server,
            headers={"Authorization": f"Bearer {self._token}"},
            connector=aiohttp.TCPConnector(
                ssl=ssl.create_default_context(cafile=str(self._ca_file))
            ),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            read_bufsize=_LONGEST_LINE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def apply(self, path: str, manifest: Manifest) -> Manifest:
        """Server-side apply of one object at `path`.

        Raises:
            ApiServerError: It was refused; the message is the server's.
        """
        query = {"fieldManager": "bytebridge-demo", "force": "true"}
        headers = {"Content-Type": "application/apply-patch+yaml"}
        async with self._open().patch(
            path, params=query, headers=headers, json=manifest
        ) as response:
            return await _content(response, path)

    async def get(self, path: str, **query: str) -> Manifest:
        """Read an object or a list.

        Raises:
            ApiServerError: It was refused, or does not exist.
        """
        async with self._open().get(path, params=query) as response:
            return await _content(response, path)

    async def watch(self, path: str, **query: str) -> AsyncIterator[Change]:
        """What a collection holds, then every change of it, until it is closed.

        A watch that ends or fails is begun anew: objects already reported come again then, and what
        vanished in between is reported as deleted.
        """
        known: dict[str, Manifest] = {}
        while True:
            try:
                async for change in self._watch_once(path, query, known):
                    yield change
            except (aiohttp.ClientError, ApiServerError, TimeoutError):
                await asyncio.sleep(_RETRY_SECONDS)

    async def _watch_once(
        self, path: str, query: dict[str, str], known: dict[str, Manifest]
    ) -> AsyncIterator[Change]:
        collection = await self.get(path, **query)
        current = {manifest["metadata"]["name"]: manifest for manifest in collection["items"]}
        for name in known.keys() - current.keys():
            yield Change(deleted=True, manifest=known.pop(name))
        for name, manifest in current.items():
            known[name] = manifest
            yield Change(deleted=False, manifest=manifest)
        begin = {"watch": "1", "resourceVersion": collection["metadata"]["resourceVersion"]}
        async with self._open().get(path, params=query | begin) as response:
            if response.status >= 400:
                await _content(response, path)
            async for line in response.content:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                change = Change(event["type"] == "DELETED", event["object"])
                name = change.manifest["metadata"]["name"]
                if change.deleted:
                    known.pop(name, None)
                else:
                    known[name] = change.manifest
                yield change

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("ApiServer: use it as an async context manager")
        return self._session


async def _content(response: aiohttp.ClientResponse, path: str) -> Manifest:
    content: Manifest = await response.json()
    if response.status >= 400:
        raise ApiServerError(f"{path}: {content.get('message', response.reason)}")
    return content
