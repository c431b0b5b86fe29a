"""Several processes on one store, and on one run: acknowledged steps are there, conflicts are told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.errors import RunConflictError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store
from tests.faults.story import check_run, start, step
from tests.store.runs import begin, end, new_run

__all__ = ["Written", "on_one_run", "on_runs_of_their_own"]

SHARED = RunKey("writers", "shared")
SIZE = 500


@dataclass(slots=True)
class Written:
    """What came of it."""

    acknowledged: int = 0
    there: int = 0
    conflicts: int = 0
    """Typed, before the step."""
    wrong: list[str] = field(default_factory=list)


def on_runs_of_their_own(path: Path, writers: int, steps: int) -> Written:
    """Each process fills a run of its own."""

    def work(store: Store, number: int) -> tuple[int, int]:
        key = RunKey("writers", f"{number}")
        start(store, key, SIZE)
        for seq in range(steps):
            step(store, key, seq, SIZE)
        return steps, 0

    found, store = _together(path, writers, work), open_store(path)
    for number in range(writers):
        key = RunKey("writers", f"{number}")
        found.there += store.run(key).steps
        found.wrong += [f"{key}: {wrong}" for wrong in check_run(store, key, steps, SIZE)]
    store.close()
    return found


def on_one_run(path: Path, writers: int, steps: int) -> Written:
    """All processes write to one run, each as many steps as it must; each adds its own mark to the state."""

    def work(store: Store, number: int) -> tuple[int, int]:
        done = conflicts = 0
        while done < steps:
            head = store.run(SHARED).head
            seq = 0 if head is None else head + 1
            try:
                store.begin_step(SHARED, begin(seq, by=number), after=head)
            except RunConflictError:
                conflicts += 1
                continue
            state = store.state(StepRef(SHARED, seq)).append(marks=f"{number}.{done}")
            if done + 1 < steps and done % 3 == 0:
                store.end_step(SHARED, end(seq, state), then=begin(seq + 1, by=number))
                done, seq = done + 1, seq + 1
                state = state.append(marks=f"{number}.{done}")
            store.end_step(SHARED, end(seq, state))
            done += 1
        return done, conflicts

    store = open_store(path)
    store.create_run(new_run(SHARED, marks=[]))
    store.close()
    found, store = _together(path, writers, work), open_store(path)
    found.there = store.run(SHARED).steps
    marks = sorted(store.head_state(SHARED)["marks"])
    if marks != sorted(f"{number}.{n}" for number in range(writers) for n in range(steps)):
        found.wrong.append(f"{len(marks)} marks of {writers * steps}")
    store.close()
    return found


def _together(path: Path, writers: int, work: Callable[[Store, int], tuple[int, int]]) -> Written:
    open_store(path).close()
    started = [_start(path, number, work) for number in range(writers)]
    found = Written()
    for reading, child in started:
        os.waitpid(child, 0)
        done, conflicts = json.loads(os.read(reading, 1000) or b"[0, 0]")
        os.close(reading)
        found.acknowledged += done
        found.conflicts += conflicts
    return found


def _start(path: Path, number: int, work: Callable[[Store, int], tuple[int, int]]) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            store = open_store(path)
            told = work(store, number)
            store.close()
            os.write(writing, json.dumps(told).encode())
        finally:
            os._exit(0)
    os.close(writing)
    return reading, child
