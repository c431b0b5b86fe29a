"""Grow, edit, fork, rewind, remove, restore, carry and collect runs at random, beside a plain model of them.

Run it as `python benchmarks/faults/forking.py [operations] [seeds]`; 10,000 and 20 by default.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.forking import fork_at_random


def main() -> None:
    given = list(map(int, sys.argv[1:]))
    operations, seeds = given + [10_000, 20][len(given) :]
    done = checkpoints = 0
    during: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else ".") as folder:
        for seed in range(seeds):
            found = fork_at_random(Path(folder) / f"{seed}.db", operations, seed)
            done, checkpoints = done + found.operations, checkpoints + found.checkpoints
            during += found.during
            wrong += found.wrong
    told = ", ".join(f"{count:,} {name}" for name, count in during.most_common())
    print(f"{done:,} operations with {seeds} seeds ({told})")
    print(f"{checkpoints:,} checkpoints read back, {len(wrong)} other than in the model")
    print(*wrong[:20], sep="\n", end="")


if __name__ == "__main__":
    main()
