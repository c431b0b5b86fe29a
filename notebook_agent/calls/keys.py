"""Which requests are calls to a model, and what makes two of them the same.

The key of a call is a hash of its method, its endpoint (the path below the API's base)
and its redacted body with sorted keys. Host, base path, query and headers are left out,
so that what was recorded against one server is served for another. A multipart body
becomes a mapping of its fields; files stand in it by their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from notebook_agent.calls.canon import canonical, read_body
from notebook_agent.calls.multipart import fields
from notebook_agent.errors import UnstorableError
from notebook_agent.ids import Json

__all__ = ["ENDPOINTS", "Asked", "Unread", "endpoint_of", "key_of", "read_request", "register_host"]

ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "/chat/completions": (),
    "/responses": ("model", "input", "prompt", "previous_response_id"),
    "/images/generations": (),
    "/images/edits": (),
    "/images/variations": (),
    "/embeddings": ("input",),
    "/v1/messages": ("messages",),
}
"""How the path of a model call ends, and the fields of which its body has one (any where none is named)."""

_hosts: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to a model, redacted."""

    method: str
    host: str
    endpoint: str
    model: str | None
    request: Json
    key: str
    streamed: bool


class Unread:
    """A request to a model endpoint that is read when it must be: `asked` is what it says.

    Attributes:
        host: Where it goes.
        endpoint: Path below the API's base.
    """

    __slots__ = ("_body", "_method", "_path", "_read", "_type", "endpoint", "host")

    def __init__(self, method: str, host: str, path: str, endpoint: str) -> None:
        self._method, self._path, self.host, self.endpoint = method, path, host, endpoint
        self._type, self._body = "", b""
        self._read: tuple[Asked | None] | None = None

    def take(self, content_type: str, body: bytes) -> None:
        """Give it its body."""
        self._type, self._body = content_type, body

    @property
    def asked(self) -> Asked | None:
        """What it says; None where its body shows that it is no call to a model."""
        if self._read is None:
            read = read_request(self._method, self.host, self._path, content_type=self._type, body=self._body)
            self._read, self._body = (read,), b""
        return self._read[0]


def register_host(host: str, *, base: str = "") -> None:
    """Record and serve every POST to `host`, such as `api.example.com` or `localhost:8080`.

    `base` is the API's base path; what follows it is the endpoint, so that a record
    serves the same API on another host.
    """
    _hosts[host.lower()] = "/" + base.strip("/")


def endpoint_of(method: str, host: str, path: str) -> str | None:
    """Name the endpoint of a request by its address alone; None where it is none of a model."""
    if method != "POST":
        return None
    path = "/" + path.strip("/")
    for end in ENDPOINTS:
        if path.endswith(end):
            return end.removeprefix("/v1").strip("/")
    base = _hosts.get(host.lower())
    return None if base is None else path.removeprefix(base).strip("/")


def read_request(method: str, host: str, path: str, *, content_type: str, body: bytes) -> Asked | None:
    """Read a request; None where its address or its body shows that it is no call to a model."""
    endpoint = endpoint_of(method, host, path)
    if endpoint is None:
        return None
    plain = _plain(content_type, body)
    if not _speaks_to_model(path, host, plain):
        return None
    request, text = _redacted(plain, body)
    told = request if isinstance(request, Mapping) else {}
    model = told.get("model")
    return Asked(
        method,
        host,
        endpoint,
        model if isinstance(model, str) else None,
        request,
        _hash(method, endpoint, text),
        streamed=told.get("stream") is True,
    )


def _redacted(plain: Json, body: bytes) -> tuple[Json, str]:
    try:
        return read_body(plain)
    except (RecursionError, UnstorableError):
        return read_body(_by_hash(body))


def _speaks_to_model(path: str, host: str, plain: Json) -> bool:
    wanted = next((names for end, names in ENDPOINTS.items() if path.rstrip("/").endswith(end)), ())
    if not wanted or host.lower() in _hosts:
        return True
    return isinstance(plain, Mapping) and any(name in plain for name in wanted)


def _plain(content_type: str, body: bytes) -> Json:
    if content_type.startswith("multipart/"):
        return fields(content_type, body)
    try:
        return json.loads(body)  # type: ignore[no-any-return]  # what it gives is Json
    except (ValueError, RecursionError):
        return _by_hash(body)


def _by_hash(body: bytes) -> Json:
    return {"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}


def key_of(method: str, endpoint: str, request: Json) -> str:
    """Hash what makes two calls the same; `request` is the redacted body."""
    return _hash(method, endpoint, canonical(request))


def _hash(method: str, endpoint: str, text: str) -> str:
    return hashlib.sha256(f"{method} {endpoint}\n{text}".encode()).hexdigest()
