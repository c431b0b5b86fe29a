"""What a small durable step costs beside one raw commit of SQLite, measured in turns in one run.

Run it as `python benchmarks/durable_step.py [rounds]`; it prints medians over the rounds in us.
"""

from __future__ import annotations

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from notebook_agent.condition import Check, Decision
from notebook_agent.ids import RunKey
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Durability, NewRun, RunCall, StepBegin, StepEnd

STEPS = 50
KEY = RunKey("benchmark", "small")
SMALL = {"name": "small", "mode": "text", "ratio": 0.5, "done": False, "note": None}

Work = Callable[[int], None]


def raw(folder: Path, durability: Durability) -> Work:
    """One row with the small JSON a commit, and nothing else."""
    import sqlite3

    connection = sqlite3.connect(folder / f"raw-{durability}.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, state TEXT)")

    def step(n: int) -> None:
        connection.execute("INSERT INTO step (state) VALUES (?)", (json.dumps({"n": n, **SMALL}),))

    return step


def stored(folder: Path, durability: Durability) -> Work:
    """begin_step and end_step of a store."""
    store = open_store(folder / f"store-{durability}.db", durability=durability)
    state = State({"n": -1, **SMALL})
    store.create_run(NewRun(KEY, "count", {}, state))
    checks = (
        Check("stop", "n > 9", {"mode": "text"}, result=False),
        Check("count", "default", {}, result=True),
    )
    decision = Decision("count", "count", checks)
    call = RunCall("run", {}, (), ("stop",))

    def step(n: int) -> None:
        nonlocal state
        begin = StepBegin(
            n, "count", time.time(), {}, decision if n else None, call, "c0de", "def count(): ..."
        )
        store.begin_step(KEY, begin, after=n - 1 if n else None)
        state = state.update(n=n)
        end = StepEnd(n, "completed", time.time(), state, None, None, ("n",), ("n",), decision)
        store.end_step(KEY, end)

    return step


def application(folder: Path, durability: Durability) -> Work:
    """A step of an application, with all that an engine does."""
    from notebook_agent.action import action
    from notebook_agent.builder import ApplicationBuilder

    @action(reads=["n"], writes=["n"])
    def count(state: State) -> State:
        return state.update(n=state["n"] + 1)

    app = (
        ApplicationBuilder()
        .with_actions(count=count)
        .with_transitions(("count", "count"))
        .with_entrypoint("count")
        .with_state(n=0, **SMALL)
        .with_store(folder / f"application-{durability}.db", durability=durability)
        .build()
    )

    def step(_: int) -> None:
        app.step()

    return step


def _round(work: Work, start: int) -> float:
    before = time.perf_counter()
    for n in range(start, start + STEPS):
        work(n)
    return (time.perf_counter() - before) / STEPS * 1e6


def measure(rounds: int, durability: Durability) -> dict[str, list[float]]:
    """Time each in turn; us a step for each round."""
    makers = (raw, stored, application)
    times: dict[str, list[float]] = {maker.__name__: [] for maker in makers}
    with tempfile.TemporaryDirectory(dir=".") as name:
        works = {maker.__name__: maker(Path(name), durability) for maker in makers}
        for n, title in itertools.product(range(rounds), works):
            times[title].append(_round(works[title], n * STEPS))
    return times


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    durabilities: tuple[Durability, Durability] = ("full", "normal")
    for durability in durabilities:
        times = measure(rounds, durability)
        floor = statistics.median(times["raw"])
        for title, found in times.items():
            ratio = statistics.median(a / b for a, b in zip(found, times["raw"], strict=True))
            median = statistics.median(found)
            print(
                f"{durability:7} {title:12} {median:7.0f} us (best {min(found):.0f})"
                f"  {ratio:.2f} times raw of the same round, {median / floor:.2f} times its median"
            )


if __name__ == "__main__":
    main()
