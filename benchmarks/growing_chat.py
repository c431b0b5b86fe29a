"""A chat that grows by 1 KB a step: bytes on disk and time a step, beside the least that any engine could do.

Run it as `python benchmarks/growing_chat.py [steps]`. The floor is one row with only the new
message, one durable commit a step. The text is invented: words by Zipf's law, which deflate
about as real prose does.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from notebook_agent.condition import Check, Decision
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store
from notebook_agent.store.protocol import NewRun, RunCall, StepBegin, StepEnd, Store

KEY = RunKey("benchmark", "chat")
EDGE = 50
"""Steps at the start and at the end whose time is compared."""

Work = Callable[[int, str], None]


def texts(count: int) -> list[str]:
    """Messages of 1,024 characters."""
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(3000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [" ".join(chance.choices(words, weights, k=240))[:1024] for _ in range(count)]


def floor(path: Path) -> Work:
    """One row with only the new message."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, change TEXT)")

    def step(n: int, text: str) -> None:
        change = {"n": n, "chat": {"role": "user", "content": text, "type": "text"}}
        connection.execute("INSERT INTO step (change) VALUES (?)", (json.dumps(change),))

    return step


def stored(store: Store) -> Work:
    """begin_step and end_step of a store, with the whole chat in the state."""
    state = State({"chat": [], "n": -1})
    store.create_run(NewRun(KEY, "say", {}, state))
    decision = Decision("say", "say", (Check("say", "default", {}, result=True),))
    call = RunCall("run", {}, (), ("stop",))

    def step(n: int, text: str) -> None:
        nonlocal state
        begin = StepBegin(n, "say", time.time(), {}, decision if n else None, call, "c0de", "def say(): ...")
        store.begin_step(KEY, begin, after=n - 1 if n else None)
        state = state.append(chat={"role": "user", "content": text, "type": "text"}).update(n=n)
        end = StepEnd(n, "completed", time.time(), state, None, None, ("chat",), ("chat", "n"), decision)
        store.end_step(KEY, end)

    return step


def run(work: Work, messages: list[str]) -> tuple[float, float]:
    """Times of a step at the start and at the end, in microseconds."""
    times = []
    for n, text in enumerate(messages):
        before = time.perf_counter()
        work(n, text)
        times.append((time.perf_counter() - before) * 1e6)
    return statistics.median(times[EDGE : 2 * EDGE]), statistics.median(times[-EDGE:])


def size(path: Path) -> int:
    """Bytes of a file once its journal is merged."""
    import sqlite3

    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path.stat().st_size


def look_back(path: Path, steps: int) -> None:
    """Print what it takes to list all steps and to open checkpoints."""
    store = open_store(path)
    before = time.perf_counter()
    listed = len(store.steps(KEY))
    print(f"list {listed} steps: {(time.perf_counter() - before) * 1e3:.1f} ms")
    for seq in (steps // 2, steps - 1):
        before = time.perf_counter()
        state = store.state(StepRef(KEY, seq))
        spent = time.perf_counter() - before
        text = json.dumps(state["chat"])
        before = time.perf_counter()
        json.loads(text)
        parsed = time.perf_counter() - before
        print(f"open step {seq}: {spent * 1e3:.1f} ms, json.loads of its chat {parsed * 1e3:.1f} ms")
    store.close()


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    messages = texts(steps)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        raw, ours = Path(folder) / "floor.db", Path(folder) / "store.db"
        least = run(floor(raw), messages)
        store = open_store(ours)
        found = run(stored(store), messages)
        store.close()
        print(f"{steps} steps; microseconds a step at the start and at the end, bytes a step")
        for title, (first, last), path in (("floor", least, raw), ("store", found, ours)):
            print(f"{title:6} {first:7.0f} {last:7.0f} {size(path) / steps:9.0f}")
        print(f"bytes: {size(ours) / size(raw):.2f} times the floor; time: {found[1] / least[1]:.2f} times;")
        print(f"the last steps cost {found[1] / found[0]:.2f} times the first")
        look_back(ours, steps)


if __name__ == "__main__":
    main()
