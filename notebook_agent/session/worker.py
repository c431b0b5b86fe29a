"""The thread beside the cells: one command at a time runs there, where the page can always reach it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from notebook_agent.engine import Gate, Stopped
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
        self._running: Job[object] | None = None
        self._gate: Gate | None = None
        self._thread: threading.Thread | None = None

    @property
    def busy(self) -> bool:
        """Whether a command runs."""
        return self._free.locked()

    @property
    def gate(self) -> Gate | None:
        """What the command that runs passes before each step; None where none does."""
        return self._gate

    def check(self) -> None:
        """Refuse a further command while one runs.

        Raises:
            RunBusyError: One runs.
        """
        if not self._free.acquire(timeout=_LATE):
            raise RunBusyError(_BUSY)
        self._free.release()

    def passes(self, gate: Gate | None) -> None:
        """Note what the command of this thread passes, if it is one that runs here."""
        if threading.current_thread() is self._thread:
            self._gate = gate

    def stop(self) -> Job[object] | None:
        """Have the command that runs stop, and return it; None where none does."""
        job, gate = self._running, self._gate
        if job is not None and gate is not None:
            gate.stop()
        return job

    def start(self, command: Callable[[], object], began: Callable[[], bool]) -> Job[object]:
        """Start a command; one that is refused before it `began` raises its reason here.

        Raises:
            RunBusyError: Another one runs.
        """
        if not self._free.acquire(timeout=_LATE):
            raise RunBusyError(_BUSY)
        job = Job(command)
        self._running = job
        context = contextvars.copy_context()
        target, args = context.run, (self._work, job)
        self._thread = threading.Thread(target=target, args=args, name="agent-beside", daemon=True)
        self._thread.start()
        job.wait(_EARLY)
        if isinstance(job.error, AgentError) and not began():
            raise job.error
        return job

    def _work(self, job: Job[object]) -> None:
        try:
            job.run()
        finally:
            if self._gate is not None and self._gate.stopping:
                self._gate.reset()
            self._running = self._gate = self._thread = None
            self._free.release()
            job.end()
