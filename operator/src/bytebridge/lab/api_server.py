"""The few requests that the lab itself makes to its API server."""

import http.client
import json
import ssl
import urllib.parse
from pathlib import Path
from typing import Any, Final

from bytebridge.lab.errors import LabError

Manifest = dict[str, Any]

_FIELD_MANAGER: Final = "bytebridge-lab"
_TIMEOUT_SECONDS: Final = 10.0
_APPLY: Final = "application/apply-patch+yaml"
_JSON: Final = "application/json"


class ApiServerError(LabError):
    """The API server refused a request.

    Attributes:
        status: The HTTP status.
    """

    def __init__(self, method: str, path: str, status: int, message: str) -> None:
        super().__init__(f"{method} {path}: the API server answered {status}: {message}")
        self.status = status


class ApiServer:
    """A bearer-token client of one API server; one connection a request, hence thread-safe."""

    def __init__(self, server: str, token: str, ca_file: Path) -> None:
        address = urllib.parse.urlsplit(server)
        self._host, self._port = address.hostname or "", address.port
        self._token = token
        self._tls = ssl.create_default_context(cafile=str(ca_file))

    def get(self, path: str) -> Manifest:
        """Read an object or list.

        Raises:
            ApiServerError: The answer is not a success.
            OSError: The API server does not answer.
        """
        return self._json("GET", path)

    def create(self, path: str, manifest: Manifest) -> Manifest:
        """POST an object to a collection; raises as `get` does."""
        return self._json("POST", path, manifest, _JSON)

    def apply(self, path: str, manifest: Manifest) -> Manifest:
        """Server-side apply an object at its own path; raises as `get` does."""
        query = urllib.parse.urlencode({"fieldManager": _FIELD_MANAGER, "force": "true"})
        return self._json("PATCH", f"{path}?{query}", manifest, _APPLY)

    def delete(self, path: str) -> Manifest:
        """Delete an object, its dependents in the background; raises as `get` does."""
        return self._json("DELETE", path)

    def healthy(self, path: str = "/readyz") -> bool:
        """Whether a health endpoint answers with success."""
        try:
            status, _ = self._send("GET", path, None, None)
        except (OSError, http.client.HTTPException):
            return False
        return status == http.HTTPStatus.OK

    def _json(
        self, method: str, path: str, body: Manifest | None = None, kind: str | None = None
    ) -> Manifest:
        status, content = self._send(method, path, body, kind)
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise ApiServerError(method, path, status, _message(content))
        answer: Manifest = json.loads(content)
        return answer

    def _send(
        self, method: str, path: str, body: Manifest | None, kind: str | None
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": _JSON}
        if kind is not None:
            headers["Content-Type"] = kind
        connection = http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT_SECONDS, context=self._tls
        )
        try:
            connection.request(method, path, json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _message(content: bytes) -> str:
    """The sentence of a `Status` object, or what else came."""
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")[:500]
