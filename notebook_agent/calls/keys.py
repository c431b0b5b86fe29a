"""Which requests are calls to a model, and what makes two of them the same.

The key of a call is a hash of its method, its endpoint (the path below the API's base)
and its body with sorted keys, in which secrets of known shapes are redacted: what the
environment says has no part in it, see `veiled`. Host, base path, query and headers are
left out, so that what was recorded against one server is served for another. A multipart
body becomes a mapping of its fields; files stand in it by their hash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from notebook_agent.calls.canon import canonical, read_body
from notebook_agent.calls.hosts import read_host
from notebook_agent.calls.multipart import fields
from notebook_agent.errors import RegisterError, UnstorableError
from notebook_agent.ids import Json
from notebook_agent.redact import redact_json

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
    text: str
    """The canonical body of which the key is a hash; secrets of the environment stand in it."""


class Unread:
    """A request to a model endpoint, of which no more is read, and no sooner, than somebody asks.

    Attributes:
        host: Where it goes.
        endpoint: Path below the API's base.
    """

    __slots__ = ("_asked", "_body", "_method", "_path", "_plain", "_type", "endpoint", "host")

    def __init__(self, method: str, host: str, path: str, endpoint: str) -> None:
        self._method, self._path, self.host, self.endpoint = method, path, host, endpoint
        self._type, self._body = "", b""
        self._plain: tuple[Json] | None = None
        self._asked: Asked | None = None

    def take(self, content_type: str, body: bytes) -> None:
        """Give it its body."""
        self._type, self._body = content_type, body

    @property
    def plain(self) -> Json:
        """The body as plain JSON, with its secrets."""
        if self._plain is None:
            self._plain = (_plain(self._type, self._body),)
        return self._plain[0]

    @property
    def is_call(self) -> bool:
        """Whether it is a call to a model; only where its address leaves that open the body is read."""
        if self._asked is not None:
            return True
        wanted = _wanted(self._path, self.host)
        return not wanted or (isinstance(self.plain, Mapping) and any(name in self.plain for name in wanted))

    @property
    def model(self) -> str | None:
        """The model that it names."""
        return self._asked.model if self._asked is not None else _model(self.plain)

    @property
    def asked(self) -> Asked:
        """What it says, redacted, if it is a call to a model."""
        if self._asked is None:
            self._asked = self._read()
            self._plain, self._body = None, b""
        return self._asked

    def _read(self) -> Asked:
        request, text = _redacted(self.plain, self._body)
        return Asked(
            self._method,
            self.host,
            self.endpoint,
            _model(request),
            request,
            _hash(self._method, self.endpoint, text),
            streamed=isinstance(request, Mapping) and request.get("stream") is True,
            text=text,
        )


def register_host(host: str, *, base: str = "") -> None:
    """Record and serve every POST to `host`, such as `api.example.com` or `localhost:8080`.

    `base` is the API's base path; what follows it is the endpoint, so that a record
    serves the same API on another host.

    Raises:
        RegisterError: `host` is no host, or `base` no path.
    """
    named = read_host("register_host", host)
    if not isinstance(base, str) or any(part in base for part in ("://", "?", "#")):
        raise RegisterError(
            f"register_host: base {base!r} is no path. Name the part of it that all addresses of the API "
            "have in common, such as '/v1'.",
            key="base",
        )
    _hosts[named] = "/" + base.strip("/")


def endpoint_of(method: str, host: str, path: str) -> str | None:
    """Name the endpoint of a request by its address alone; None where it is none of a model."""
    if method != "POST":
        return None
    path = "/" + path.strip("/")
    for end in ENDPOINTS:
        if path.endswith(end):
            return end.removeprefix("/v1").strip("/")
    base = _hosts.get(host.lower())
    return None if base is None else str(redact_json(path.removeprefix(base).strip("/"), environment=False))


def read_request(method: str, host: str, path: str, *, content_type: str, body: bytes) -> Asked | None:
    """Read a request; None where its address or its body shows that it is no call to a model."""
    endpoint = endpoint_of(method, host, path)
    if endpoint is None:
        return None
    unread = Unread(method, host, path, endpoint)
    unread.take(content_type, body)
    return unread.asked if unread.is_call else None


def _model(request: Json) -> str | None:
    model = request.get("model") if isinstance(request, Mapping) else None
    return model if isinstance(model, str) else None


def _redacted(plain: Json, body: bytes) -> tuple[Json, str]:
    try:
        return read_body(plain)
    except (RecursionError, UnstorableError):
        return read_body(_by_hash(body))


def _wanted(path: str, host: str) -> tuple[str, ...]:
    """Name the fields of which a call to this address has one; none where every request there is a call."""
    if host.lower() in _hosts:
        return ()
    return next((names for end, names in ENDPOINTS.items() if path.rstrip("/").endswith(end)), ())


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
