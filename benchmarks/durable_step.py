"""What a small durable step costs beside one raw commit of SQLite, measured in turns in one run.

Run it as `python benchmarks/durable_step.py [rounds]` of 50 steps each. They take turns step by step, but
for the loop, whose 50 steps come at once, as in `app.run(..)`: its steps are told by when the action begins.
Beside the medians stands the fastest tenth, in which other work of the machine disturbs least.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from notebook_agent import Application
from notebook_agent.condition import Check, Decision
from notebook_agent.errors import MaxStepsError
from notebook_agent.ids import RunKey
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Durability, NewRun, RunCall, StepBegin, StepEnd

STEPS = 50
KEY = RunKey("benchmark", "small")
SMALL = {"name": "small", "mode": "text", "ratio": 0.5, "done": False, "note": None}

BEGUN: ContextVar[list[float]] = ContextVar("begun")
"""When actions began; a list in a variable of its own would count as code of theirs."""

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
    """A step of an application by hand, with all that an engine does: it begins and ends in a commit each."""
    app = _counting(folder / f"application-{durability}.db", durability)

    def step(_: int) -> None:
        app.step()

    return step


def loop(folder: Path, durability: Durability) -> Work:
    """Steps of an application in a loop, each of which is claimed as the one before it ends."""
    app = _counting(folder / f"loop-{durability}.db", durability)

    def step(n: int) -> None:
        if n % STEPS == 0:
            with contextlib.suppress(MaxStepsError):
                app.run(max_steps=STEPS + 1)

    return step


def _counting(path: Path, durability: Durability) -> Application[object]:
    from notebook_agent.action import action
    from notebook_agent.builder import ApplicationBuilder

    @action(reads=["n"], writes=["n"])
    def count(state: State) -> State:
        BEGUN.get().append(time.perf_counter())
        return state.update(n=state["n"] + 1)

    return (
        ApplicationBuilder()
        .with_actions(count=count)
        .with_transitions(("count", "count"))
        .with_entrypoint("count")
        .with_state(n=0, **SMALL)
        .with_store(path, durability=durability)
        .build()
    )


def measure(rounds: int, durability: Durability) -> dict[str, list[float]]:
    """Time each step of each in turn, in us, sorted; the first round does not count."""
    makers = (raw, stored, application, loop)
    times: dict[str, list[float]] = {maker.__name__: [] for maker in makers}
    with tempfile.TemporaryDirectory(dir=".") as name:
        works = {maker.__name__: maker(Path(name), durability) for maker in makers}
        for n, title in itertools.product(range((rounds + 1) * STEPS), works):
            begun: list[float] = []
            BEGUN.set(begun)
            before = time.perf_counter()
            works[title](n)
            taken = [time.perf_counter() - before]
            if title == loop.__name__:
                taken = [after - at for at, after in itertools.pairwise(begun)]
            times[title] += [each * 1e6 for each in taken]
    return {title: sorted(found[STEPS:]) for title, found in times.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    durabilities: tuple[Durability, Durability] = ("full", "normal")
    for durability in durabilities:
        times = measure(rounds, durability)
        floor = times["raw"]
        for title, found in times.items():
            tenth, median = found[len(found) // 10], statistics.median(found)
            print(
                f"{durability:7} {title:12} {median:7.0f} us, fastest tenth {tenth:5.0f} us:"
                f" {median / statistics.median(floor):.2f} times raw,"
                f" {tenth / floor[len(floor) // 10]:.2f} in the fastest tenth"
            )


if __name__ == "__main__":
    main()
