"""One aiohttp session to the API server, from the credentials that kopf finds."""

import base64
import ssl
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import kopf
import orjson

from bytebridge.cluster.errors import ApiError

TOKEN_SECONDS = 60.0
"""A service account's token is rotated on disk, hence it is read again after this time."""
REQUEST_SECONDS = 30.0


def find_credentials() -> kopf.ConnectionInfo:
    """Credentials of the pod's service account, or else of the kubeconfig.

    Raises:
        kopf.LoginError: Neither is there.
    """
    settings = kopf.OperatorSettings()
    found = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(
        settings=settings
    )
    if found is None:
        raise kopf.LoginError("no service account and no kubeconfig: set KUBECONFIG")
    return found


class Connection:
    """Requests to the API server as JSON; an async context manager that owns its session."""

    def __init__(
        self,
        credentials: Callable[[], kopf.ConnectionInfo] = find_credentials,
        clock: Callable[[], float] = time.monotonic,
        on_write: Callable[[str], None] | None = None,
    ) -> None:
        """Find the credentials.

        Args:
            credentials: Where to find them; asked again now and then, as tokens rotate.
            clock: Seconds.
            on_write: Told the kind of the object of each request that is not a read.
        """
        self._on_write = on_write
        self._find = credentials
        self._clock = clock
        self._info = credentials()
        self._info_at = clock()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=64, ssl=_ssl_context(self._info))
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS)
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

    async def request(
        self,
        method: str,
        path: str,
        *,
        subject: str,
        query: dict[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """Send one request and return the answer.

        Args:
            method: HTTP method.
            path: Path below the server's address.
            subject: What an error names, such as `Deployment legal/clause-classifier`.
            query: URL parameters.
            body: JSON body.
            content_type: The body's media type; it tells the kind of patch.
            accept: The answer's media type; it tells how much of the objects is wanted.

        Raises:
            ApiError: The server refused, or did not answer.
        """
        if self._session is None:
            raise RuntimeError("Connection: use it as an async context manager")
        if self._on_write is not None and method != "GET":
            self._on_write(subject.split(maxsplit=1)[0])
        url = f"{(self._info.server or '').rstrip('/')}{path}"
        try:
            async with self._session.request(
                method,
                url,
                params=query,
                json=body,
                headers=self._headers(content_type, accept),
            ) as response:
                content = await response.read()
                if response.status >= 400:
                    raise ApiError(response.status, subject, _refusal(content))
                answer: dict[str, Any] = orjson.loads(content)
                return answer
        except (TimeoutError, aiohttp.ClientError, ValueError) as error:
            raise ApiError(0, subject, f"the API server did not answer: {error!r}") from error

    def _headers(self, content_type: str, accept: str) -> dict[str, str]:
        now = self._clock()
        if now - self._info_at > TOKEN_SECONDS:
            self._info, self._info_at = self._find(), now
        headers = {"Content-Type": content_type, "Accept": accept}
        if self._info.token:
            headers["Authorization"] = f"{self._info.scheme or 'Bearer'} {self._info.token}"
        elif self._info.username:
            pair = f"{self._info.username}:{self._info.password or ''}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return headers


def _refusal(content: bytes) -> str:
    """The sentence of a Status object, or the plain text of an unknown path."""
    try:
        return str(orjson.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace").strip() or "refused without a word"


def _ssl_context(info: kopf.ConnectionInfo) -> ssl.SSLContext:
    authority = info.ca_data
    text = base64.b64decode(authority).decode() if authority else None
    context = ssl.create_default_context(
        cafile=str(info.ca_path) if info.ca_path else None, cadata=text
    )
    if info.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    _load_client_certificate(context, info)
    return context


def _load_client_certificate(context: ssl.SSLContext, info: kopf.ConnectionInfo) -> None:
    if info.certificate_path:
        key = str(info.private_key_path) if info.private_key_path else None
        context.load_cert_chain(str(info.certificate_path), key)
    elif info.certificate_data and info.private_key_data:
        # OpenSSL loads a client certificate from files only.
        with tempfile.TemporaryDirectory() as folder:
            certificate, private_key = Path(folder, "cert"), Path(folder, "key")
            certificate.write_bytes(base64.b64decode(info.certificate_data))
            private_key.write_bytes(base64.b64decode(info.private_key_data))
            context.load_cert_chain(certificate, private_key)
