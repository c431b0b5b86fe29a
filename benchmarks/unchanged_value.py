"""A value of 1 MB that no step changes: what a step costs with it and without, and the bytes of 200 steps.

Run it as `python benchmarks/unchanged_value.py [steps]`; the kinds take turns.
"""

from __future__ import annotations

import itertools
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from growing_chat import size, texts

from notebook_agent.condition import Check, Decision
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import NewRun, RunCall, StepBegin, StepEnd

KEY = RunKey("benchmark", "unchanged")
MEGABYTE = 1 << 20
TURN = 10


def values() -> dict[str, object]:
    chance = random.Random(1)
    return {
        "nothing": None,
        "text": "".join(texts(1024)),
        "bytes": os.urandom(MEGABYTE),
        "list": [chance.random() for _ in range(MEGABYTE // 18)],
        "dict": {f"key {n}": text for n, text in enumerate(texts(1024))},
    }


def stored(path: Path, value: object) -> tuple[Callable[[int], None], Callable[[int], None]]:
    """A step of a run that holds the value, and a look at what it left."""
    store = open_store(path)
    state = State({"n": -1, "value": value})
    store.create_run(NewRun(KEY, "count", {}, state))
    decision = Decision("count", "count", (Check("count", "default", {}, result=True),))
    call = RunCall("run", {}, (), ("stop",))

    def step(n: int) -> None:
        nonlocal state
        begin = StepBegin(n, "count", time.time(), {}, decision if n else None, call, "c0de", "def f(): ...")
        store.begin_step(KEY, begin, after=n - 1 if n else None)
        state = state.update(n=n)
        store.end_step(KEY, StepEnd(n, "completed", time.time(), state, None, None, ("n",), ("n",), decision))

    def done(n: int) -> None:
        assert state == store.state(StepRef(KEY, n))
        store.close()

    return step, done


Works = dict[str, tuple[Callable[[int], None], Callable[[int], None]]]


def in_turns(works: Works, steps: int) -> dict[str, list[float]]:
    """Microseconds of each step of each kind."""
    times: dict[str, list[float]] = {kind: [] for kind in works}
    for start, (kind, (step, _)) in itertools.product(range(0, steps, TURN), works.items()):
        for n in range(start, min(start + TURN, steps)):
            before = time.perf_counter()
            step(n)
            times[kind].append((time.perf_counter() - before) * 1e6)
    return times


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(dir=".") as folder:
        paths = {kind: Path(folder) / f"{kind}.db" for kind in values()}
        works = {kind: stored(paths[kind], value) for kind, value in values().items()}
        times = in_turns(works, steps)
        least = statistics.median(times["nothing"])
        print(f"{steps} steps beside 1 MB: us a step, beside one without it; KB on disk")
        for kind, (_, done) in works.items():
            done(steps - 1)
            middle = statistics.median(times[kind])
            print(f"{kind:8} {middle:7.0f} {middle / least:6.2f} x {size(paths[kind]) / 1024:9,.0f}")


if __name__ == "__main__":
    main()
