"""Which process is in the middle of a step, and whether it is still alive.

Each writing process holds a lock on a small file beside the store, which its claims name.
The system lets go of the lock when the process dies, so whoever can take it knows.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import time
from pathlib import Path
from uuid import uuid4
from weakref import WeakSet

__all__ = ["Claims"]

_MOMENT = 60.0
_TRIES = 100


_locked: WeakSet[Claims] = WeakSet()


class Claims:
    """The claims of this process on the steps of one store; `path` is None for one in memory."""

    def __init__(self, path: str | None) -> None:
        self._folder = None if path is None else Path(f"{path}-claims")
        self._held: set[int] = set()
        self._lock: int | None = None
        self._name = uuid4().hex[:16]
        self._process = os.getpid()

    def holder(self) -> str:
        """The name that this process's claims bear; its file is there, and locked where files can be.

        Where they cannot, as on some network mounts, its claims count until it ends them.
        """
        if self._lock is None and self._folder is not None:
            self._lock = _made(self._folder, self._name)
            _locked.add(self)
            with contextlib.suppress(OSError):
                _lock(self._lock, shared=False)
            self._process = os.getpid()
            atexit.register(self.close)
        return self._name

    def take(self, step: int) -> None:
        """Note that this process is in the middle of a step."""
        self._held.add(step)

    def held(self, step: int) -> bool:
        """Whether this process is in the middle of a step."""
        return step in self._held

    def drop(self, step: int) -> None:
        """Note that it no longer is."""
        self._held.discard(step)

    def alive(self, holder: str | None, step: int) -> bool:
        """Whether the process that holds a step can still end it."""
        if holder == self._name:
            return step in self._held
        if holder is None or self._folder is None or not holder.isalnum():
            return False
        return _is_locked(self._folder / holder)

    def sweep(self, holder: str | None) -> None:
        """Remove the file of a dead process."""
        if holder and holder.isalnum() and self._folder is not None and holder != self._name:
            with contextlib.suppress(OSError):
                (self._folder / holder).unlink()

    def sweep_dead(self) -> None:
        """Remove the files of all dead processes."""
        if self._folder is not None and self._folder.is_dir():
            for file in self._folder.iterdir():
                if file.name != self._name and _settled(file) and not _is_locked(file):
                    self.sweep(file.name)

    def close(self) -> None:
        """Let go of all claims and remove this process's file."""
        self._held.clear()
        if self._lock is not None and self._folder is not None and self._process == os.getpid():
            self.forget()
            atexit.unregister(self.close)
            with contextlib.suppress(OSError):
                (self._folder / self._name).unlink()
                self._folder.rmdir()

    def forget(self) -> None:
        """Close the file without removing it; in a forked child it is the parent's."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _made(folder: Path, name: str) -> int:
    """Open a new file; another process that ends may remove the folder just then."""
    for _ in range(_TRIES):
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            folder.mkdir(mode=0o700, exist_ok=True)
            return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
    folder.mkdir(mode=0o700, exist_ok=True)
    return os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)


def _forget_locks() -> None:
    """Close in a forked child what it has of its parent's locks, or they would outlive the parent."""
    for claims in tuple(_locked):
        claims.forget()


def _settled(file: Path) -> bool:
    """Whether a file is older than the moment between its making and its lock."""
    with contextlib.suppress(OSError):
        return time.time() - file.stat().st_mtime > _MOMENT
    return False


def _is_locked(path: Path) -> bool:
    try:
        probe = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    try:
        _lock(probe, shared=True)
    except OSError:
        return True
    finally:
        os.close(probe)
    return False


if sys.platform == "win32":

    def _lock(file: int, *, shared: bool) -> None:  # noqa: ARG001 (Windows has one kind)
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    os.register_at_fork(after_in_child=_forget_locks)

    def _lock(file: int, *, shared: bool) -> None:
        import fcntl

        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
