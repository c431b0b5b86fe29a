"""Whether branches are to go on: told to those within them too, in other threads and processes."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

__all__ = ["Going", "Interruptible", "going_on"]


class Interruptible(Protocol):
    """A branch at work."""

    def interrupt(self, error: BaseException) -> None:
        """Keep that its present step is interrupted."""
        ...


class Going:
    """Whether the branches of a step are to go on; for another process, by a file that is there so long.

    Attributes:
        works: The branches.
    """

    def __init__(self, path: str | None = None) -> None:
        self.works: list[Interruptible] = []
        self._outer = going_on.get()
        self._inner: list[Going] = []
        self._path = path
        self._ours = path is None
        self._stopped = False
        if self._outer is not None:
            self._outer._inner.append(self)  # noqa: SLF001  # its own class

    @property
    def stopped(self) -> bool:
        """Whether they are to stop before their next step."""
        if self._stopped or (self._outer is not None and self._outer.stopped):
            return True
        return not (self._ours or os.path.exists(self._path or ""))  # noqa: PTH110  # asked at each step

    def stop(self, error: BaseException) -> None:
        """Stop them before their next step, and keep that their present ones are interrupted."""
        self._stopped = True
        self._unlink()
        for work in self._all():
            work.interrupt(error)

    def end(self) -> None:
        """Note that they are over."""
        self._unlink()
        if self._outer is not None:
            self._outer._inner.remove(self)  # noqa: SLF001  # its own class

    def _unlink(self) -> None:
        if self._ours and self._path is not None:
            Path(self._path).unlink(missing_ok=True)

    def _all(self) -> Iterator[Interruptible]:
        yield from list(self.works)
        for inner in list(self._inner):
            yield from inner._all()  # noqa: SLF001  # its own class

    def __reduce__(self) -> tuple[type[Going], tuple[str]]:
        if self._path is None:
            handle, self._path = tempfile.mkstemp(prefix="notebook_agent-")
            os.close(handle)
        return Going, (self._path,)


going_on: ContextVar[Going | None] = ContextVar("notebook_agent_going_on", default=None)
"""That of the running branch."""
