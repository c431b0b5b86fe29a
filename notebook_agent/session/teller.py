"""One thread that tells, woken at next to no cost by another that has no time for it."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable

__all__ = ["Teller"]

_IDLE = 2.0
"""Seconds without a call after which the thread ends; the next call starts another."""


class Teller:
    """Calls back soon after it was woken, on a thread that may publish to the cell that woke it.

    While a call is due already, waking it is one look at a flag: it neither takes a lock nor
    starts a thread, and wakes none that would take the interpreter from the one that calls.

    Args:
        tell: Tells what there is; returns in how many seconds it wants to be called again if
            nothing wakes it before, or None.
        wait: Tells the seconds from waking to the call, in which more may come.
    """

    def __init__(self, tell: Callable[[], float | None], *, wait: Callable[[], float]) -> None:
        self._tell = tell
        self._wait = wait
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._context = contextvars.copy_context()

    def wake(self) -> None:
        """Have it called back; may be called on any thread."""
        if not self._bell.is_set():
            self._ring()

    def _ring(self) -> None:
        with self._lock:
            self._context = contextvars.copy_context()
            self._bell.set()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="agent-news", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while not self._ends():
            time.sleep(self._wait())
            self._bell.clear()
            try:
                again = self._context.run(self._tell)
            except BaseException:
                self._thread = None
                raise
            if not self._bell.wait(_IDLE if again is None else again) and again is not None:
                self._bell.set()

    def _ends(self) -> bool:
        with self._lock:
            if not self._bell.is_set():
                self._thread = None
            return self._thread is None
