"""How often something may be done that takes time which a running cell needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Pace"]

_LATE = 0.3
"""Part of the seconds between two beginnings by which one may be late."""


class Pace:
    """Keeps what is done again and again to one part in `share` of the time.

    Args:
        share: One part in so many.
        least: Seconds between two beginnings on the average: one that is a little late counts as in time.
        clock: Tells seconds.
        work: Tells the seconds of work; if not said those of the thread, which are what others miss.
    """

    def __init__(
        self,
        share: float,
        *,
        least: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[], float] = time.thread_time,
    ) -> None:
        self._share = share
        self._least = least
        self._clock = clock
        self._work = work
        self._due = float("-inf")

    def wait(self) -> float:
        """Return in how many seconds it may be done again; 0 for now."""
        return max(0.0, self._due - self._clock())

    @contextmanager
    def doing(self) -> Iterator[None]:
        """Do it, and see how much work it is."""
        began, before = self._clock(), self._work()
        counts = self._due if 0 <= began - self._due < _LATE * self._least else began
        try:
            yield
        finally:
            self._due = max(counts + self._least, began + self._share * (self._work() - before))
