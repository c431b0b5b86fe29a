"""A process that is killed while it commits, streams, forks or collects: nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.errors import AgentError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store
from tests.faults.story import check_run, first, grown, start, step
from tests.store.runs import begin, call, end, new_run

__all__ = ["Kills", "kill_many"]

SIZES = (1_000, 1_000, 20_000, 20_000, 200_000, 1_000_000, 5_000_000)
_LATEST = 0.2
"""Seconds after which a process is killed at the latest."""


@dataclass(slots=True)
class Kills:
    """What came of the kills."""

    done: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    unopenable: list[str] = field(default_factory=list)
    during: Counter[str] = field(default_factory=Counter)


def _commit(store: Store, key: RunKey, size: int, said: Callable[[], None]) -> None:
    seq = 0
    while True:
        step(store, key, seq, size)
        said()
        seq += 1


def _loop(store: Store, key: RunKey, size: int, said: Callable[[], None]) -> None:
    """Each step is claimed as the one before it ends; now and then the claim is dropped."""
    seq, state = 0, store.head_state(key)
    store.begin_step(key, begin(0), after=None)
    while True:
        state = grown(state, key, seq, size)
        store.end_step(key, end(seq, state), then=begin(seq + 1))
        said()
        seq += 1
        if seq % 5 == 0:
            store.drop_step(key, seq)
            store.begin_step(key, begin(seq), after=seq - 1)


def _stream(store: Store, key: RunKey, size: int, said: Callable[[], None]) -> None:
    """Calls are recorded while a step runs; a recorded call counts as acknowledged too."""
    step(store, key, 0, size)
    said()
    store.begin_step(key, begin(1), after=0)
    while True:
        store.record_call(call(StepRef(key, 1), body=os.urandom(min(size, 100_000))))


def _fork(store: Store, key: RunKey, size: int, said: Callable[[], None]) -> None:
    for seq in range(3):
        step(store, key, seq, size)
        said()
    number = 0
    while True:
        fork = RunKey("forks", f"{key.app_id}.{number}")
        store.create_run(new_run(fork, StepRef(key, number % 3)))
        step(store, fork, number % 3 + 1, size)
        number += 1


def _collect(store: Store, key: RunKey, size: int, said: Callable[[], None]) -> None:
    for seq in range(2):
        step(store, key, seq, size)
        said()
    number = 0
    while True:
        rubbish = RunKey("rubbish", f"{key.app_id}.{number}")
        store.create_run(new_run(rubbish, **first(rubbish, min(size, 100_000))))
        store.delete_run(rubbish)
        if number % 2:
            store.restore_run(rubbish)
            store.delete_run(rubbish)
        store.gc()
        number += 1


WORK: dict[str, Callable[[Store, RunKey, int, Callable[[], None]], None]] = {
    "commit": _commit,
    "loop": _loop,
    "stream": _stream,
    "fork": _fork,
    "gc": _collect,
}


def kill_many(folder: Path, count: int, seed: int = 0) -> Kills:
    """Kill so many processes, on a few stores that live on, and look at what is left each time."""
    chance, found = random.Random(seed), Kills()
    for number in range(count):
        if number % 50 == 0:
            path = folder / f"store-{number}.db"
        work, size = chance.choice(sorted(WORK)), chance.choice(SIZES)
        if path.exists() and path.stat().st_size > 300_000_000:
            path = folder / f"store-{number}.db"
        key = RunKey("kills", f"{number}")
        said = _killed(path, work, key, size, chance.uniform(0, _LATEST))
        found.done += 1
        found.during[work] += 1
        found.acknowledged += said
        _look(path, key, said, size, found)
    return found


def _killed(path: Path, work: str, key: RunKey, size: int, after: float) -> int:
    """Let a process work until it is killed; return how many steps it had acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _work(path, work, key, size, writing)
    os.close(writing)
    told = os.read(reading, 1)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reading, 65536):
        told += more
    os.close(reading)
    return len(told) - 1


def _work(path: Path, work: str, key: RunKey, size: int, writing: int) -> None:
    try:
        store = open_store(path)
        start(store, key, size)
        os.write(writing, b"s")
        WORK[work](store, key, size, lambda: os.write(writing, b"."))
    finally:
        os._exit(1)


def _look(path: Path, key: RunKey, said: int, size: int, found: Kills) -> None:
    try:
        store = open_store(path)
    except AgentError as error:
        found.unopenable.append(f"{path.name}: {error}")
        return
    try:
        found.lost += [f"{key}: {wrong}" for wrong in check_run(store, key, said, size)]
    except AgentError as error:
        found.lost.append(f"{key}: {error}")
    finally:
        store.close()
