"""Measure one engine at one task, in the engine's own environment; see `beside.py`.

`python worker.py ENGINE TASK STEPS FOLDER` prints JSON. Only the standard library is needed.
"""

import importlib
import json
import random
import statistics
import sys
import time
from pathlib import Path

EDGE = 50
"""Steps at the start and at the end whose time is compared."""
MARKS = (10, 30, 100, 300, 1000, 3000, 10_000)
OPENED = 40


def texts(count):
    """Messages of 1,024 characters: words by Zipf's law, which deflate about as real prose does."""
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(2, 9))) for _ in range(3000)]
    weights = [1 / (rank + 1) for rank in range(len(words))]
    return [" ".join(chance.choices(words, weights, k=240))[:1024] for _ in range(count)]


def messages(count):
    return [{"who": "user", "text": text, "kind": "text"} for text in texts(count)]


def size(folder):
    """Bytes of all files, once SQLite has merged its journals."""
    import sqlite3

    for path in folder.rglob("*.db"):
        sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def timed(work):
    before = time.perf_counter()
    result = work()
    return (time.perf_counter() - before) * 1e3, result


def steps(engine, said, extra):
    """Microseconds of each step, and what is on disk on the way."""
    times, marks = [], []
    running = engine.run(said, extra)
    for n in range(len(said)):
        took, _ = timed(lambda: next(running))
        times.append(took * 1e3)
        if n + 1 in MARKS:
            marks.append([n + 1, size(engine.folder), sum(times) / 1e6])
    return times, marks


def chat(engine, count):
    times, marks = steps(engine, messages(count), {})
    edge = min(EDGE, count // 2)
    return {
        "first": statistics.median(times[edge : 2 * edge]),
        "last": statistics.median(times[-edge:]),
        "mean": statistics.mean(times),
        "marks": marks,
        "bytes": size(engine.folder),
    }


def small(engine, count):
    extra = {"blob": {"name": "small", "mode": "text", "ratio": 0.5, "done": False, "note": None}}
    times, _ = steps(engine, [None] * count, extra)
    return {"median": statistics.median(times), "mean": statistics.mean(times), "bytes": size(engine.folder)}


def large(engine, count):
    """A text of 1 MB that stays as it is."""
    times, _ = steps(engine, [None] * count, {"blob": "".join(texts(1024))})
    return {"median": statistics.median(times[1:]), "bytes": size(engine.folder)}


def look(engine, count):
    """A process that looks at a chat which another one made: list, open, fork."""
    listing, listed = timed(engine.listed)
    assert listed >= count, f"{listed} steps of {count} are listed"
    expected = messages(count)
    first, found = timed(lambda: engine.state(count - 1))
    assert found == expected, "the last state is not what was said"
    text = json.dumps(expected)
    parsing = statistics.median(timed(lambda: json.loads(text))[0] for _ in range(9))
    chance = random.Random(5)
    opened = []
    for _ in range(OPENED if first < 300 else 5):
        n = chance.randrange(count)
        took, found = timed(lambda n=n: engine.state(n))
        assert found == expected[: n + 1], f"state {n} is not what was said"
        opened.append(took)
    forked = statistics.median(timed(lambda: engine.fork(count // 2, expected[0]))[0] for _ in range(5))
    opened.sort()
    return {
        "list": listing,
        "first": first,
        "p50": statistics.median(opened),
        "p95": opened[int(0.95 * len(opened))],
        "loads": parsing,
        "fork": forked,
    }


TASKS = {"chat": chat, "small": small, "large": large, "look": look}


def main():
    name, task, count, folder = sys.argv[1:]
    sys.path.insert(0, str(Path(__file__).parent))
    engine = importlib.import_module(f"engines.{name}").Engine(Path(folder))
    print(json.dumps(TASKS[task](engine, int(count))))


if __name__ == "__main__":
    main()
