"""A request to a model in the hands of the transport: served from a record, or sent and taped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Protocol

from notebook_agent.calls.keys import Unread, endpoint_of
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.calls.running import Running
from notebook_agent.calls.streams import APieces, pieces, stream_classes
from notebook_agent.calls.tape import Tape

__all__ = ["Exchange", "Request", "Response", "aread_exchange", "read_exchange"]


class _Url(Protocol):
    @property
    def netloc(self) -> bytes: ...
    @property
    def path(self) -> str: ...


class _Headers(Protocol):
    def get(self, key: str, default: str = "", /) -> str: ...
    def multi_items(self) -> list[tuple[str, str]]: ...


class Request(Protocol):
    """What httpx and httpx2 both call a request."""

    method: str
    url: _Url
    headers: _Headers

    @property
    def extensions(self) -> Mapping[str, object]:
        """What it carries beside."""
        ...

    def read(self) -> bytes:
        """Load the body."""
        ...

    async def aread(self) -> bytes:
        """Load the body of an async request."""
        ...


class Response(Protocol):
    """What httpx and httpx2 both call a response."""

    status_code: int
    headers: _Headers
    stream: object

    @property
    def extensions(self) -> Mapping[str, object]:
        """What it carries beside, such as the network stream that it is read from."""
        ...

    @property
    def is_closed(self) -> bool:
        """It has been read already, by a wrapper below ours."""
        ...

    @property
    def content(self) -> bytes:
        """The body of a response that has been read."""
        ...


class Exchange:
    """One request, the step that makes it, and the record that answers it, if any."""

    def __init__(self, module: ModuleType, running: Running, unread: Unread) -> None:
        self._module = module
        self._record, differs = running.serve(unread)
        self.tape = Tape(running, unread, self._record, differs)

    def served(self) -> Response | None:
        """Answer from the record; None where the request must be sent."""
        if self._record is None:
            return None
        return self._response(self._record, stream_classes(self._module)[0](pieces(self._record), self.tape))

    def aserved(self) -> Response | None:
        """As `served`, for an async client."""
        if self._record is None:
            return None
        source = APieces(pieces(self._record))
        return self._response(self._record, stream_classes(self._module)[1](source, self.tape))

    def _response(self, record: CallRecord, stream: object) -> Response:
        headers = [("content-type", record.content_type or "application/json"), *record.headers]
        self.tape.begin(record.status or 200, headers)
        made: Response = self._module.Response(record.status, headers=headers, stream=stream)
        return made

    def tee(self, response: Response) -> Response:
        """Tape the answer while the client reads it."""
        return self._tee(response, stream_classes(self._module)[0])

    def atee(self, response: Response) -> Response:
        """As `tee`, for an async client."""
        return self._tee(response, stream_classes(self._module)[1])

    def _tee(self, response: Response, stream: type) -> Response:
        headers: Iterable[tuple[str, str]] = response.headers.multi_items()
        if response.is_closed:
            self._take_whole(response, headers)
        else:
            self.tape.begin(response.status_code, headers)
            response.stream = stream(response.stream, self.tape, response.extensions.get("network_stream"))
        return response

    def _take_whole(self, response: Response, headers: Iterable[tuple[str, str]]) -> None:
        read = {"content-encoding", "content-length"}
        self.tape.begin(response.status_code, [pair for pair in headers if pair[0].lower() not in read])
        self.tape.chunk(response.content)
        self.tape.exhausted()


def _unread(running: Running, request: Request) -> Unread | None:
    method, host, path = request.method, request.url.netloc.decode("ascii"), request.url.path
    endpoint = endpoint_of(method, host, path)
    if endpoint is None:
        running.pass_by(method, host)
        return None
    return Unread(method, host, path, endpoint)


def read_exchange(module: ModuleType, running: Running, request: Request) -> Exchange | None:
    """Read a request that `running` makes; None where it is no call to a model, which is counted."""
    unread = _unread(running, request)
    return None if unread is None else _exchange(module, running, request, unread, request.read())


async def aread_exchange(module: ModuleType, running: Running, request: Request) -> Exchange | None:
    """As `read_exchange`, for an async client."""
    unread = _unread(running, request)
    return None if unread is None else _exchange(module, running, request, unread, await request.aread())


def _exchange(
    module: ModuleType, running: Running, request: Request, unread: Unread, body: bytes
) -> Exchange | None:
    running.check()
    unread.take(request.headers.get("content-type", ""), body)
    if running.decides and not unread.is_call:
        running.pass_by(request.method, unread.host)
        return None
    return Exchange(module, running, unread)
