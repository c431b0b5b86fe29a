"""The thread beside the cells: one command at a time runs there, where the page can always reach it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from notebook_agent.engine import Stopped
from notebook_agent.errors import AgentError, RunBusyError

__all__ = ["Job", "Worker"]

Result = TypeVar("Result")
_BUSY = "a command still runs beside the cells: wait for it, or press Stop (%agent stop)"
_EARLY = 0.2
"""Seconds in which a command that cannot start is answered with its reason."""
_LATE = 1.0
"""Seconds in which a command that has halted may tell what it came to before the next one starts."""


class Job(Generic[Result]):
    """A command that runs beside the cells.

    Attributes:
        error: What it raised; None while it runs and where it went well.
    """

    def __init__(self, command: Callable[[], Result]) -> None:
        self.error: BaseException | None = None
        self._command = command
        self._made: list[Result] = []
        self._ended = threading.Event()

    @property
    def runs(self) -> bool:
        """Whether it still runs."""
        return not self._ended.is_set()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over, or so many seconds; return whether it is."""
        return self._ended.wait(seconds)

    def result(self) -> Result:
        """Wait until it is over; return what it came to, or raise what it raised."""
        while not self.wait(0.2):
            pass
        if self.error is not None:
            raise self.error
        return self._made[0]

    def run(self) -> None:
        """Carry it out in this thread, once."""
        try:
            self._made.append(self._command())
        except (Exception, KeyboardInterrupt, Stopped) as error:  # noqa: BLE001  # kept for whoever asks
            self.error = error

    def end(self) -> None:
        """Say that it is over."""
        self._ended.set()


class Worker:
    """Runs one command at a time on a thread of its own."""

    def __init__(self) -> None:
        self._free = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._free.locked()

    def check(self) -> None:
        """Refuse a further command while one runs.

        Raises:
            RunBusyError: One runs.
        """
        if not self._free.acquire(timeout=_LATE):
            raise RunBusyError(_BUSY)
        self._free.release()

    def start(self, command: Callable[[], Result], began: Callable[[], bool]) -> Job[Result]:
        """Start a command; one that is refused before it `began` raises its reason here.

        Raises:
            RunBusyError: Another one runs.
        """
        if not self._free.acquire(timeout=_LATE):
            raise RunBusyError(_BUSY)
        job = Job(command)
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work, job), name="agent-beside", daemon=True).start()
        job.wait(_EARLY)
        if isinstance(job.error, AgentError) and not began():
            raise job.error
        return job

    def _work(self, job: Job[Result]) -> None:
        try:
            job.run()
        finally:
            self._free.release()
            job.end()
