"""One exchange with a model, from its request to the record that is kept of it.

Bytes pass through as they come. The record is kept before the last piece is handed on,
so that an action never holds a complete answer that a dying process could lose.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import replace

from notebook_agent.calls.bodies import decoded, decoder, encoding, kept_headers
from notebook_agent.calls.events import EventReader, parsed, readable_events
from notebook_agent.calls.keys import Asked, Unread
from notebook_agent.calls.prices import price_of
from notebook_agent.calls.protocol import CallRecord, CallText
from notebook_agent.calls.providers import is_known, provider
from notebook_agent.calls.providers.loose import at, text
from notebook_agent.calls.running import Running
from notebook_agent.calls.scopes import current_span
from notebook_agent.calls.summary import answer_of, is_event_stream
from notebook_agent.ids import StepRef
from notebook_agent.redact import redact_text

__all__ = ["Tape"]

_OK = range(200, 300)


class Tape:
    """Writes down one exchange; committed once, by whichever end comes first."""

    def __init__(
        self, running: Running, unread: Unread, served: CallRecord | None = None, drift: str | None = None
    ) -> None:
        self._running, self._unread, self._served, self._drift = running, unread, served, drift
        self._at, self._clock = time.time(), time.perf_counter()
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._content_type: str | None = None
        self._length: int | None = None
        self._pieces: list[bytes] = []
        self._chunks: list[tuple[float, int]] = []
        self._received = 0
        self._reader: EventReader | None = None
        self._events: list[object] = []
        self._done = False
        self._lock = threading.Lock()
        self._span = current_span()
        self._provider = provider(unread.endpoint)
        self._n = running.begin(self)

    def begin(self, status: int, headers: Iterable[tuple[str, str]]) -> None:
        """Note the head of the response."""
        plain = [(name.lower(), value) for name, value in headers]
        self._status, self._headers = status, kept_headers(plain)
        kind = next((value for name, value in plain if name == "content-type"), None)
        self._content_type = kind if kind is None or kind.isascii() else ascii(kind)[1:-1]
        length = next((value for name, value in plain if name == "content-length"), "")
        self._length = int(length) if length.isdecimal() else None
        undo = decoder(encoding(self._headers)) if self._is_stream() else None
        self._reader = EventReader(undo) if undo else None

    def chunk(self, data: bytes) -> None:
        """Note a piece of the body, before it is handed on."""
        if self._done:
            return
        self._received += len(data)
        self._pieces.append(data)
        self._chunks.append((round(time.perf_counter() - self._clock, 6), self._received))
        last = self._read(data)
        if last or self._received == self._length:
            self._commit(complete=last or self._is_whole())

    def check(self) -> None:
        """Raise if the step is to end."""
        self._running.check()

    def exhausted(self) -> None:
        """Note that the body came to its end."""
        self._commit(complete=self._is_whole())

    def closed(self) -> None:
        """Note that the client reads no further; what is missing shows in what came."""
        self._commit(complete=self._ended_by_last_line())

    def failed(self, error: BaseException) -> None:
        """Note that no response, or no more of it, came."""
        told = str(error)
        self._commit(
            complete=False, error=f"{type(error).__name__}: {told}" if told else type(error).__name__
        )

    def abandoned(self) -> None:
        """Note that the step ended while the response was still open."""
        self._commit(complete=False, error="still open when the step ended")

    def _is_stream(self) -> bool:
        return is_event_stream(self._content_type)

    def _read(self, data: bytes) -> bool:
        """Follow the events of a stream; tell whether the last one is in it."""
        if self._reader is None:
            return False
        try:
            said = self._reader.feed(data)
        except Exception:  # noqa: BLE001 (a body that does not keep to its encoding must still pass)
            self._reader = None
            return False
        lasts = [self._event(one) for one in said]
        return any(lasts)

    def _event(self, said: str) -> bool:
        if said.startswith("[DONE]"):
            return True
        event = parsed(said)
        self._events.append(event)
        delta = self._provider.delta(event)
        if delta:
            self._running.tell(CallText(self._step(), self._n, delta))
        return self._provider.is_last(event)

    def _is_whole(self) -> bool:
        if not self._is_stream():
            return True
        if self._reader is not None:
            self._events += map(parsed, self._reader.flush())
        return self._provider.is_whole(self._events)

    def _ended_by_last_line(self) -> bool:
        """Tell of a stream that a client left whether `[DONE]`, lacking its blank line, had come."""
        if self._reader is None or self._received == self._length:
            return False
        return any(said.startswith("[DONE]") for said in self._reader.flush())

    def _step(self) -> StepRef | None:
        return self._running.scope.step if self._running.attributed else None

    def _commit(self, *, complete: bool, error: str | None = None) -> None:
        with self._lock:
            if self._done:
                return
            self._done = True
        asked = self._unread.asked
        if asked is None:
            self._running.drop(self, self._unread.host)
        else:
            self._running.keep(self._record(asked, complete=complete, error=error), self)

    def _record(self, asked: Asked, *, complete: bool, error: str | None) -> CallRecord:
        served = self._served
        attributed = self._running.attributed
        call = CallRecord(
            step=self._step(),
            action=self._running.scope.action if attributed else None,
            span=self._span,
            key=asked.key,
            method=asked.method,
            host=asked.host,
            endpoint=asked.endpoint,
            model=asked.model,
            request=asked.request,
            streamed=asked.streamed or self._is_stream(),
            status=self._status,
            content_type=self._content_type,
            body=b"".join(self._pieces) if self._status is not None else None,
            complete=complete,
            error=redact_text(error) if error else None,
            started_at=self._at,
            first_at=self._at + self._chunks[0][0] if self._chunks else None,
            ended_at=self._at + time.perf_counter() - self._clock,
            chunks=tuple(self._chunks) if self._is_stream() else (),
            replayed=served is not None,
            replayed_from=(served.replayed_from or served.id) if served else None,
            headers=self._headers,
            drift=self._drift,
        )
        return _read(call)


def _read(call: CallRecord) -> CallRecord:
    """Add what the answer says of itself; an answer that is an error can be served no more."""
    if call.status is None:
        return call
    if call.status not in _OK:
        call = _without_secrets(call)
    answer, reader = answer_of(call), provider(call.endpoint)
    usage, said = reader.usage(answer), reader.error(answer) or _unreadable(call, answer)
    if call.error is None and call.status not in _OK:
        said = said or f"HTTP {call.status}"
    model = text(at(answer, "model")) or call.model
    return replace(
        call,
        complete=call.complete and (said is None or call.status not in _OK),
        error=call.error or (redact_text(said) if said else None),
        usage=usage,
        cost=0.0 if call.replayed else price_of(call.host, model, usage, answer),
    )


def _unreadable(call: CallRecord, answer: object) -> str | None:
    """Say what is wrong with the answer of an endpoint that always speaks JSON, lest it be served again."""
    body = decoded(call) if is_known(call.endpoint) and call.status in _OK else None
    if body is None:
        return None
    if is_event_stream(call.content_type):
        return None if readable_events(body) else "an event of the answer is no JSON"
    return "the answer is no JSON" if call.complete and answer is None else None


def _without_secrets(call: CallRecord) -> CallRecord:
    """Redact a body that is never served; where it cannot be read it is not kept."""
    body = decoded(call)
    headers = tuple(pair for pair in call.headers if pair[0] != "content-encoding")
    plain = None if body is None else redact_text(body.decode(errors="replace")).encode()
    return replace(call, body=plain, headers=headers)
