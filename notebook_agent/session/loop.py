"""One event loop on a background thread, where the async actions of a session are awaited.

A magic cannot be awaited and a kernel's own loop is busy while a cell runs, so
coroutines run beside it. One loop for all of them: a client that was opened on one
loop fails on another.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Generic, TypeVar

from notebook_agent.engine import Stopped

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future

__all__ = ["LoopThread"]

Result = TypeVar("Result")
_SLICE = 0.2
_GRACE = 1.0
_BLOCKED = (
    "The async action blocks its thread without awaiting, so it could not be stopped at once: it goes on in "
    "the background until it awaits or returns, and comes to nothing. Other async actions wait for that. "
    "Await in it, or define it with def, and Stop reaches it."
)


class LoopThread:
    """A loop that starts with the first coroutine and ends with the process or `close`."""

    def __init__(self) -> None:
        self._loop: AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def run(self, awaitable: Awaitable[Result], check: Callable[[], None] | None = None) -> Result:
        """Await it to its end, in a copy of the caller's context; `check` raises where it is to be stopped.

        A KeyboardInterrupt or Stopped cancels it and leaves once it has ended, or after a second.
        Then it has a note that the coroutine still blocks the loop.
        """
        __tracebackhide__ = True
        job = _Job(awaitable, self._started())
        try:
            job.begin()
            return job.wait(check)
        except (KeyboardInterrupt, Stopped) as stopped:
            if not job.begun:
                raise
            job.stop()
            if job.ended.wait(_GRACE):
                raise stopped.with_traceback(job.place()) from None
            stopped.add_note(_BLOCKED)
            raise stopped.with_traceback(self._blocked_at()) from None

    def close(self) -> None:
        """Stop the loop; the next `run` starts another."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _started(self) -> AbstractEventLoop:
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=_serve, args=(self._loop,), name="agent-loop", daemon=True
                )
                self._thread.start()
            return self._loop

    def _blocked_at(self) -> TracebackType | None:
        """Return where the loop's thread is, as a traceback of what asyncio called."""
        ident = self._thread.ident if self._thread is not None else None
        frame = sys._current_frames().get(ident or 0)  # noqa: SLF001  # the documented way to another thread
        trace = None
        while frame is not None and not str(frame.f_globals.get("__name__")).startswith("asyncio"):
            trace = TracebackType(trace, frame, frame.f_lasti, frame.f_lineno)
            frame = frame.f_back
        return trace


class _Job(Generic[Result]):
    """Something awaited on the loop, as the thread that waits for it sees it."""

    def __init__(self, awaitable: Awaitable[Result], loop: AbstractEventLoop) -> None:
        self.begun = False
        self.ended = threading.Event()
        self._awaitable = awaitable
        self._loop = loop
        self._future: Future[Result] | None = None

    def begin(self) -> None:
        """Hand it to the loop; apart from making it, so that who is interrupted here knows what to stop."""
        self.begun = True
        self._loop.call_soon_threadsafe(self._start, context=contextvars.copy_context())

    def wait(self, check: Callable[[], None] | None = None) -> Result:
        """Return what came of it, or raise what it raised."""
        __tracebackhide__ = True
        while not self.ended.wait(_SLICE):
            if check is not None:
                check()
        assert self._future is not None
        return self._future.result()

    def stop(self) -> None:
        """Cancel it."""
        self._loop.call_soon_threadsafe(self._cancel)

    def place(self) -> TracebackType | None:
        """Return where it was when it was cancelled."""
        if self._future is None or not self._future.cancelled():
            return None
        try:
            self._future.result()
        except BaseException as cancelled:  # noqa: BLE001  # a CancelledError, which asyncio alone knows
            trace = cancelled.__traceback__
            return trace and trace.tb_next
        return None

    def _start(self) -> None:
        import asyncio

        self._future = asyncio.ensure_future(self._awaitable, loop=self._loop)
        self._future.add_done_callback(lambda _: self.ended.set())

    def _cancel(self) -> None:
        if self._future is not None:
            self._future.cancel()


def _serve(loop: AbstractEventLoop) -> None:
    try:
        loop.run_forever()
    finally:
        loop.close()
