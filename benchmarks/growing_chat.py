"""A chat that grows by 1 KB a step: bytes on disk and time a step, beside the least that any engine could do.

Run it as `python benchmarks/growing_chat.py [steps ..]`; the two take turns. The floor is one row with
only the new message, one commit a step, which waits for the disk (full) or does not (normal), as the
store's. The text is invented: words by Zipf's law, which deflate about as real prose does.
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
from notebook_agent.store.protocol import Durability, NewRun, RunCall, StepBegin, StepEnd, Store

KEY = RunKey("benchmark", "chat")
EDGE = 50
"""Steps at the start and at the end whose time is compared."""
TURN = 20

Work = Callable[[int, str], None]


def texts(count: int) -> list[str]:
    """Messages of 1,024 characters."""
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(3000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [" ".join(chance.choices(words, weights, k=240))[:1024] for _ in range(count)]


def floor(path: Path, durability: Durability) -> Work:
    """One row with only the new message."""
    import sqlite3

    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {durability}")
    connection.execute("CREATE TABLE step (id INTEGER PRIMARY KEY, change TEXT)")

    def step(n: int, text: str) -> None:
        change = {"n": n, "chat": {"role": "user", "content": text, "type": "text"}}
        connection.execute("INSERT INTO step (change) VALUES (?)", (json.dumps(change),))

    return step


def stored(store: Store) -> Work:
    """Steps as a loop of an engine writes them, with the whole chat in the state; each claims the next."""
    state = State({"chat": [], "n": -1})
    store.create_run(NewRun(KEY, "say", {}, state))
    decision = Decision("say", "say", (Check("say", "default", {}, result=True),))
    call = RunCall("run", {}, (), ("stop",))

    def begin(n: int) -> StepBegin:
        return StepBegin(n, "say", time.time(), {}, decision if n else None, call, "c0de", "def say(): ...")

    store.begin_step(KEY, begin(0), after=None)

    def step(n: int, text: str) -> None:
        nonlocal state
        state = state.append(chat={"role": "user", "content": text, "type": "text"}).update(n=n)
        end = StepEnd(n, "completed", time.time(), state, None, None, ("chat",), ("chat", "n"), decision)
        store.end_step(KEY, end, then=begin(n + 1))

    return step


def in_turns(works: list[Work], messages: list[str]) -> list[list[float]]:
    """Microseconds of each step of each, some steps of one after some of the other."""
    times: list[list[float]] = [[] for _ in works]
    for start in range(0, len(messages), TURN):
        for work, taken in zip(works, times, strict=True):
            for n, text in enumerate(messages[start : start + TURN], start):
                before = time.perf_counter()
                work(n, text)
                taken.append((time.perf_counter() - before) * 1e6)
    return times


def tenth(times: list[float]) -> float:
    """The time that a tenth of the steps stay below: other work of the machine disturbs these least."""
    return sorted(times)[len(times) // 10]


def size(path: Path) -> int:
    """Bytes of a file once its journal is merged."""
    import sqlite3

    sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return path.stat().st_size


def milliseconds(work: Callable[[], object]) -> tuple[float, object]:
    before = time.perf_counter()
    result = work()
    return (time.perf_counter() - before) * 1e3, result


def look_back(path: Path, steps: int) -> None:
    """Print what it takes to list all steps, to open checkpoints and to fork one and make a step."""
    store = open_store(path)
    listed = statistics.median(milliseconds(lambda: store.steps(KEY))[0] for _ in range(5))
    cold, state = milliseconds(lambda: store.state(StepRef(KEY, steps - 1)))
    text = json.dumps(state["chat"])
    parsed = statistics.median(milliseconds(lambda: json.loads(text))[0] for _ in range(9))
    chance = random.Random(3)
    seqs = [chance.randrange(steps) for _ in range(100)]
    opened = sorted(milliseconds(lambda seq=seq: store.state(StepRef(KEY, seq)))[0] for seq in seqs)
    print(f"list {steps} steps: {listed:.1f} ms")
    print(f"json.loads of the last state {parsed:.1f} ms; opening it first in a process {cold:.1f} ms,")
    print(f"then 100 random ones: p50 {opened[50]:.1f} ms, p95 {opened[95]:.1f} ms")
    forks = [milliseconds(lambda n=n: fork(store, n, steps // 2))[0] for n in range(20)]
    print(f"fork in the middle and its first step: {statistics.median(forks):.2f} ms")
    store.close()


def fork(store: Store, n: int, seq: int) -> None:
    key = RunKey("benchmark", f"fork {n}")
    store.create_run(NewRun(key, "say", {}, parent=StepRef(KEY, seq)))
    store.begin_step(
        key, StepBegin(seq + 1, "say", time.time(), {}, None, None, "c0de", "def say(): ..."), after=seq
    )
    state = store.head_state(key).append(chat={"role": "user", "content": f"fork {n}", "type": "text"})
    store.end_step(key, StepEnd(seq + 1, "completed", time.time(), state, None, None, (), ("chat",), None))


def compare(steps: int, durability: Durability) -> None:
    """Print a table for one length; what looking back takes is the same however it was written."""
    messages = texts(steps)
    edge = min(EDGE, steps // 2)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        raw, ours = Path(folder) / "floor.db", Path(folder) / "store.db"
        store = open_store(ours, durability=durability)
        times = in_turns([floor(raw, durability), stored(store)], messages)
        store.close()
        print(f"{steps} steps, {durability}")
        print(f"us a step after the first {edge}, at the end, on average; bytes a step")
        for title, found, path in (("floor", times[0], raw), ("store", times[1], ours)):
            first, last = statistics.median(found[edge : 2 * edge]), statistics.median(found[-edge:])
            mean, weight = statistics.mean(found), size(path) / steps
            print(f"{title:6} {first:7.0f} {last:7.0f} {mean:7.0f} {weight:9.0f}")
        middle = statistics.median(times[1]) / statistics.median(times[0])
        mean = statistics.mean(times[1]) / statistics.mean(times[0])
        quiet = tenth(times[1]) / tenth(times[0])
        print(
            f"bytes {size(ours) / size(raw):.2f} x floor;"
            f" time {middle:.2f} x floor (means {mean:.2f} x, fastest tenth {quiet:.2f} x)"
        )
        if durability == "full":
            look_back(ours, steps)
        print(f"(a step at the end took {statistics.median(times[1][-edge:]) / 1e3:.2f} ms)\n")


def main() -> None:
    for steps in map(int, sys.argv[1:] or ["1000"]):
        compare(steps, "full")
        compare(steps, "normal")


if __name__ == "__main__":
    main()
