"""Messages of progress, sent to a page at most so often."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable

from notebook_agent.view.steps import joined_steps
from notebook_agent.view.wire import Progress

__all__ = ["Throttle", "later", "merged"]

_EARLY = 0.3
"""Part of the interval by which progress may be early."""


def merged(held: Progress | None, fresh: Progress) -> Progress | None:
    """Return one message of progress that stands for two; None where they are not of one piece."""
    if held is None:
        return fresh
    steps = joined_steps(held["run"]["steps"], fresh["run"]["steps"])
    if steps is None or held["run"]["id"] != fresh["run"]["id"]:
        return None
    return {
        **fresh,
        "first": held.get("first", held["n"]),
        "run": {**fresh["run"], "steps": steps},
        "detail": fresh["detail"] or held["detail"],
    }


def later(seconds: float, act: Callable[[], None]) -> threading.Timer:
    """Call back on a thread that may publish to the running cell."""
    timer = threading.Timer(seconds, contextvars.copy_context().run, [act])
    timer.daemon = True
    timer.start()
    return timer


class Throttle:
    """Sends progress at most so often, from any thread; what comes in between is sent as one.

    One that comes a little early waits for no timer; the next has to wait for so much longer.
    The end of a run is sent at once.
    """

    def __init__(
        self,
        send: Callable[[Progress], None],
        *,
        interval: float = 0.05,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], object] = later,
    ) -> None:
        self._send = send
        self._interval = interval
        self._clock = clock
        self._later = later
        self._lock = threading.RLock()
        self._held: Progress | None = None
        self._waits = False
        self._due = float("-inf")

    def push(self, progress: Progress) -> None:
        """Send the message now or, merged with others, soon."""
        with self._lock:
            together = merged(self._held, progress)
            if together is None:
                self.flush()
            self._held = together or progress
            wait = self._due - self._clock()
            if wait <= self._interval * _EARLY or progress["run"]["status"] != "running":
                self.flush()
            elif not self._waits:
                self._waits = True
                self._later(wait, self.flush)

    def flush(self) -> None:
        """Send what is held."""
        with self._lock:
            self._waits = False
            held, self._held = self._held, None
            if held is not None:
                self._due = max(self._due, self._clock()) + self._interval
                self._send(held)

    def close(self) -> None:
        """Send nothing any more, neither what is held; waits for what is being sent."""
        with self._lock:
            self._held = None
            self._send = lambda _progress: None
