"""Let 2 to 8 processes write 200 steps each into one store, and into one run.

Run it as `python benchmarks/faults/writers.py [steps]`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.writers import on_one_run, on_runs_of_their_own


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(dir=".") as folder:
        for writers in (2, 4, 8):
            for title, work in (("their own runs", on_runs_of_their_own), ("one run", on_one_run)):
                path = Path(folder) / f"{work.__name__}-{writers}.db"
                found = work(path, writers, steps)
                said, there = f"{found.acknowledged:,}", f"{found.there:,}"
                print(f"{writers} processes on {title:14} {said:>5} steps acknowledged,", end=" ")
                print(f"{there:>5} there, {found.conflicts:,} conflicts told, {len(found.wrong)} silent")
                print(*found.wrong[:20], sep="\n", end="")


if __name__ == "__main__":
    main()
