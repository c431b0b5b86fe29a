"""One exchange with a model, from its request to the record that is kept of it.

Bytes pass through as they come. The record is kept before the last piece is handed on,
so that an action never holds a complete answer that a dying process could lose: of a stream before the
event is handed on with which the answer is whole, and again when what follows that has come. Who listens
is told after a piece has been handed on, so that nobody waits for a token because of others.

It is kept in the thread that reads the answer, awaited answers too: an event loop stands still no
less while another thread keeps it, for both need the interpreter, and longer by the handing over
(`benchmarks/calls.py` prints both times). The steps of awaited actions are kept there as well.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial

from notebook_agent.calls.bodies import decoder, encoding, kept_headers
from notebook_agent.calls.cutting import cut_off
from notebook_agent.calls.finished import finished
from notebook_agent.calls.heard import Heard
from notebook_agent.calls.keys import Asked, Unread
from notebook_agent.calls.miss import is_interrupt
from notebook_agent.calls.outcome import LEFT, OPEN, UNENDED, end_of
from notebook_agent.calls.protocol import CallRecord, CallText
from notebook_agent.calls.providers import provider
from notebook_agent.calls.running import Running
from notebook_agent.calls.scopes import current_span
from notebook_agent.calls.summary import is_event_stream
from notebook_agent.ids import StepRef
from notebook_agent.redact import redact_text

__all__ = ["Tape"]


class Tape:
    """Writes down one exchange; committed once, by whichever end comes first.

    `served` is the record that answers it; `differs` says, of a call that goes live, how it
    differs from what is recorded.
    """

    def __init__(
        self,
        running: Running,
        unread: Unread,
        served: CallRecord | None = None,
        differs: Callable[[Asked], str | None] | None = None,
    ) -> None:
        self._running, self._unread, self._served, self._differs = running, unread, served, differs
        self._at, self._clock = time.time(), time.perf_counter()
        self._status: int | None = None
        self._headers: tuple[tuple[str, str], ...] = ()
        self._content_type: str | None = None
        self._length: int | None = None
        self._pieces: list[bytes] = []
        self._chunks: list[tuple[float, int]] = []
        self._received = 0
        self._heard: Heard | None = None
        self._untold: deque[CallRecord | CallText] = deque()
        self._done = False
        self._secured: CallRecord | None = None
        self._lock = threading.Lock()
        self._span = current_span()
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
        self._heard = Heard(provider(self._unread.endpoint), undo) if undo else None

    def chunk(self, data: bytes) -> None:
        """Note a piece of the body, before it is handed on."""
        if self._done:
            return
        self._received += len(data)
        self._pieces.append(data)
        self._chunks.append((round(time.perf_counter() - self._clock, 6), self._received))
        if self._follow(data) or self._received == self._length:
            self._commit(complete=self._is_whole())
        elif self._heard is not None and self._heard.finishing:
            self._secure()

    def tell(self) -> None:
        """Tell whoever listens what has been handed on."""
        while self._untold:
            try:
                event = self._untold.popleft()
            except IndexError:  # another thread was faster
                return
            self._running.tell(event)
        if self._done:
            self._running.forget(self)

    def check(self) -> None:
        """Raise if the step is to end."""
        self._running.check()

    def cuts(self, stream: object) -> AbstractContextManager[None]:
        """Have the rest of an answer cut off where the step is to end meanwhile."""
        return self._running.on_stop(partial(cut_off, stream))

    def exhausted(self) -> None:
        """Note that the body came to its end."""
        whole = self._is_whole()
        self._commit(complete=whole, error=None if whole else UNENDED)
        self.tell()

    def closed(self) -> None:
        """Note that the client reads no further; what is missing shows in what came."""
        if not self._done:
            self._flush()
            self._break_off(LEFT)
        self.tell()

    def failed(self, error: BaseException) -> None:
        """Note that no response, or no more of it, came."""
        self._break_off(end_of(error, began=self._status is not None))
        self.tell()

    def lost(self, error: BaseException) -> None:
        """As `failed`, where a stop of the step may have cut the connection: then that is raised."""
        try:
            if not is_interrupt(error):
                self.check()
        except BaseException as stop:
            self.failed(stop)
            raise
        self.failed(error)

    def abandoned(self) -> None:
        """Note that the step ended while the response was still open."""
        self._break_off(OPEN)
        self.tell()

    def _is_stream(self) -> bool:
        return is_event_stream(self._content_type)

    def _follow(self, data: bytes) -> bool:
        """Follow the events of a stream; tell whether the last one has come."""
        if self._heard is None:
            return False
        try:
            self._hear(self._heard.feed(data))
        except Exception:  # noqa: BLE001 (a body that does not keep to its encoding must still pass)
            self._heard = None
            return False
        return self._heard.ended

    def _hear(self, texts: Iterable[str]) -> None:
        self._untold.extend(CallText(self._step(), self._n, text) for text in texts)

    def _flush(self) -> None:
        if self._heard is not None:
            self._hear(self._heard.flush())

    def _is_whole(self) -> bool:
        self._flush()
        return self._heard is None or self._heard.whole

    def _break_off(self, error: str) -> None:
        """Keep what came; an answer that is whole needs no more."""
        whole = not self._done and self._is_answer()
        self._commit(complete=whole, error=None if whole else error)

    def _is_answer(self) -> bool:
        heard = self._heard
        return heard is not None and self._unread.is_call and heard.answers(self._unread.asked.request)

    def _secure(self) -> None:
        """Keep the answer, if it is whole, before the rest of its stream has come."""
        with self._lock:
            if self._done or self._served is not None or not self._is_answer():
                return
            self._secured = self._running.secure(self._record(self._unread.asked, complete=True, error=None))

    def _step(self) -> StepRef | None:
        return self._running.scope.step if self._running.attributed else None

    def _commit(self, *, complete: bool, error: str | None = None) -> None:
        with self._lock:
            if self._done:
                return
            self._done = True
        if self._unread.is_call:
            record = self._record(self._unread.asked, complete=complete, error=error)
            self._untold.append(self._running.keep(record))
        else:
            self._running.pass_by("POST", self._unread.host)

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
            headers=_redacted(self._headers),
            id=None if self._secured is None else self._secured.id,
            drift=self._drift(asked),
        )
        return finished(call, self._heard)

    def _drift(self, asked: Asked) -> str | None:
        if self._secured is not None:
            return self._secured.drift
        return None if self._differs is None else self._differs(asked)


def _redacted(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    told = "\n".join([value for _, value in headers])
    if redact_text(told) == told:
        return headers
    return tuple((name, redact_text(value)) for name, value in headers)
