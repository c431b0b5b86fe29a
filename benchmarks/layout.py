"""Lay graphs of 8, 50 and 500 boxes out: agents with branches and loops, tangles, chains with leaps."""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape

SIZES = 8, 50, 500
ROUNDS = {8: 15, 50: 9, 500: 3}


def main():
    lay_out(agent(3, 0))
    for make in (agent, tangle, chain, leaps):
        for size in SIZES:
            times = [timed(make(size, seed)) for seed in range(1, ROUNDS[size] + 1)]
            spent, slowest = statistics.median(times), max(times)
            print(f"{make.__name__:6} of {size:3} boxes: {spent:6,.0f} ms, at most {slowest:6,.0f}", end=" ")
            print(f"({len(make(size, 1).edges)} arrows, every second with a label)")


def timed(shape):
    before = time.perf_counter()
    wire = lay_out(shape)
    assert wire["laidOut"]
    return 1000 * (time.perf_counter() - before)


def agent(size, seed):
    """Each action follows one shortly before it; half as many arrows more lead some steps on or back."""
    chance = random.Random(seed)
    tree = [(chance.randrange(max(0, n - 8), n), n) for n in range(1, size)]
    more = [(n, n + chance.randrange(-6, 10)) for n in chance.choices(range(size), k=size // 2)]
    return shape(size, tree + [(a, min(size - 1, max(0, b))) for a, b in more])


def tangle(size, seed):
    """Each action follows any of those before; half as many arrows more lead anywhere."""
    chance = random.Random(seed)
    tree = [(chance.randrange(n), n) for n in range(1, size)]
    return shape(size, tree + [tuple(chance.choices(range(size), k=2)) for _ in range(size // 2)])


def chain(size, _seed):
    """Each action follows the one before, and nothing else: what the others are to be held against."""
    return shape(size, [(n, n + 1) for n in range(size - 1)])


def leaps(size, seed):
    """A chain, and as many arrows again that lead anywhere: on average over a third of it."""
    chance = random.Random(seed)
    return shape(
        size,
        [(n, n + 1) for n in range(size - 1)]
        + [tuple(chance.choices(range(size), k=2)) for _ in range(size)],
    )


def shape(size, pairs):
    names = [f"action_{n}" for n in range(size)]
    edges = [
        Edge(names[a], names[b], f"mode={a}" if n % 2 else "", bool(n % 2))
        for n, (a, b) in enumerate(sorted(set(pairs)))
    ]
    return Shape(tuple(Box(name, "action", name) for name in names), tuple(edges))


if __name__ == "__main__":
    main()
