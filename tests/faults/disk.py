"""A disk that is full, fails, or can only be read, at each write in turn: what was there stays.

Nothing is simulated: the disk is a small tmpfs that is filled up, failing writes come from the system's
limit on the size of files, and read-only is the permission of a folder for another user.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.errors import StoreError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store
from tests.faults.story import check_run, first, grown, start, step
from tests.store.runs import begin, call, end, new_run

__all__ = ["Failures", "can_mount", "failing", "full", "read_only"]

KEY = RunKey("disk", "run")
OTHER = RunKey("disk", "other")
SIZE = 20_000
BEFORE = 3
"""Steps that are there before the disk fails."""


@dataclass(slots=True)
class Failures:
    """What came of the failing writes."""

    done: int = 0
    said: Counter[str] = field(default_factory=Counter)
    """Errors by their type; `nothing` where all writes went well."""
    lost: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    """Stores that could not be gone on with afterwards."""


def can_mount() -> bool:
    """Whether a process may mount a small disk of its own here."""
    if not shutil.which("unshare"):
        return False
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def full(folder: Path, room: Iterable[int]) -> Failures:
    """Leave so many kB on a disk, each in turn, and write until it is full."""
    place = folder / "small"
    place.mkdir()
    sizes = " ".join(map(str, room))
    script = f"mount -t tmpfs -o size=8m tmpfs {place} && exec {sys.executable} -m {__name__} {place} {sizes}"
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], check=True, stdout=subprocess.PIPE, text=True
    )
    told = json.loads(done.stdout)
    return Failures(told["done"], Counter(told["said"]), told["lost"], told["stuck"])


def failing(folder: Path, limits: Iterable[int]) -> Failures:
    """Let writes fail beyond so many bytes of any file, each limit in turn."""
    found, base = Failures(), _base(folder / "base.db")
    for number, limit in enumerate(limits):
        path = folder / f"fails-{number % 2}.db"
        _fresh(base, path)
        _in_child(found, path, f"limit {limit}", _limited(limit))
    return found


def read_only(folder: Path) -> Failures:
    """Let each kind of write be the first one after nothing can be written any more."""
    found, base = Failures(), _base(folder / "base.db")
    for number in range(len(_WRITES)):
        path = folder / f"locked-{number}" / "store.db"
        path.parent.mkdir()
        _fresh(base, path)
        _in_child(found, path, f"write {number}", _locked(path), first=number)
        path.parent.chmod(0o755)
        path.chmod(0o600)
    return found


def _step(seq: int) -> Callable[[Store], object]:
    return lambda store: step(store, KEY, seq, SIZE)


_WRITES: tuple[Callable[[Store], object], ...] = (
    lambda store: store.label_run(KEY, "label"),
    _step(BEFORE),
    lambda store: store.create_run(new_run(OTHER, **first(OTHER, SIZE))),
    lambda store: store.record_call(call(StepRef(KEY, 0), body=os.urandom(SIZE))),
    _step(BEFORE + 1),
    lambda store: store.edit_state(OTHER, State({"n": os.urandom(SIZE)}), after=None),
    lambda store: store.gc(),
    lambda store: store.delete_run(OTHER),
    lambda store: store.gc(),
    _step(BEFORE + 2),
)


def _base(path: Path) -> Path:
    store = open_store(path)
    start(store, KEY, SIZE)
    for seq in range(BEFORE):
        step(store, KEY, seq, SIZE)
    store.close()
    return path


def _fresh(base: Path, path: Path) -> None:
    for name in ("-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)
    shutil.copy(base, path)


def _limited(limit: int) -> Callable[[], None]:
    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return prepare


def _locked(path: Path) -> Callable[[], None]:
    def prepare() -> None:
        path.chmod(0o444)
        path.parent.chmod(0o555)
        if not os.getuid():
            os.setuid(65534)

    return prepare


def _in_child(
    found: Failures,
    path: Path,
    name: str,
    prepare: Callable[[], None],
    *,
    first: int = 0,
    after: Callable[[], None] = lambda: None,
) -> None:
    """Write in a process of its own after `prepare`; look at what is left after `after`."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            prepare()
            told = _write(path, first)
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    told = os.read(reading, 100_000)
    os.close(reading)
    after()
    steps, said = json.loads(told or b'[0, "the process died"]')
    _judge(found, path, name, steps, said)


def _write(path: Path, first: int = 0) -> tuple[int, str]:
    """Write until something fails; return how many steps were acknowledged, and the error."""
    steps = BEFORE
    try:
        store = open_store(path)
        for write in _WRITES[first:]:
            write(store)
            steps = max(steps, store.run(KEY).steps)
    except StoreError as error:
        named = str(path) in str(error)
        return steps, type(error).__name__ if named else f"without the file's name: {error}"
    except BaseException as error:  # noqa: BLE001 (that is what is looked for)
        return steps, f"{type(error).__name__}: {error}"
    return steps, "nothing"


def _judge(found: Failures, path: Path, name: str, steps: int, said: str) -> None:
    found.done += 1
    found.said[said] += 1
    try:
        store = open_store(path)
        completed = sum(each.status == "completed" for each in store.steps(KEY)[:steps])
        found.lost += [f"{name}: {wrong}" for wrong in check_run(store, KEY, min(steps, completed), SIZE)]
        if completed < min(steps, BEFORE):
            found.lost.append(f"{name}: {completed} steps of {steps}")
        head = store.run(KEY).head or 0
        store.begin_step(KEY, begin(head + 1), after=head)
        store.end_step(KEY, end(head + 1, grown(store.head_state(KEY), KEY, head + 1, SIZE)))
        store.close()
    except Exception as error:  # noqa: BLE001 (that is what is looked for)
        found.stuck.append(f"{name}: {type(error).__name__}: {error}")


def _fill(place: Path, room: int) -> Path:
    """Fill a disk up to so many kB."""
    filler = place / "filler"
    free = os.statvfs(place)
    with filler.open("wb") as file:
        file.write(b"\0" * max(0, free.f_bavail * free.f_bsize - room * 1024))
    return filler


def main() -> None:
    """Run in a namespace where the first argument is a small disk."""
    logging.disable(logging.WARNING)
    place, found = Path(sys.argv[1]), Failures()
    base = _base(place / "base.db")
    for room in map(int, sys.argv[2:]):
        path = place / "store.db"
        _fresh(base, path)
        filler = _fill(place, room)
        _in_child(found, path, f"{room} kB left", lambda: None, after=filler.unlink)
    told = {"done": found.done, "said": dict(found.said), "lost": found.lost, "stuck": found.stuck}
    print(json.dumps(told))  # noqa: T201 (read by `full`)


if __name__ == "__main__":
    main()
