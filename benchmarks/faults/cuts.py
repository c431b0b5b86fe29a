"""Cut a store at every byte of its last page, and of a log of three commits.

Run it as `python benchmarks/faults/cuts.py [every]`; every byte by default.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.cuts import PAGE, STEPS, Cuts, cut_file, cut_log, make_log


def tell(title: str, size: int, found: Cuts) -> None:
    print(f"{title} of {size:,} bytes: {found.done:,} cuts, {found.opened:,} open,", end=" ")
    print(f"{found.refused:,} refused with a typed error,", end=" ")
    print(f"{found.readable / found.done:.1f} checkpoints read on average")
    print(f"{len(found.wrong)} with a checkpoint lost that was safe before")
    print(*found.wrong[:20], sep="\n", end="")


def main() -> None:
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else ".") as folder:
        path, log = make_log(Path(folder))
        print(f"a store of {STEPS} checkpoints, a cut at every {'byte' if every == 1 else f'{every}th byte'}")
        size = log.stat().st_size
        tell("the log", size, cut_log(path, log, range(0, size, every)))
        whole = Path(folder) / "whole.db"
        size = whole.stat().st_size
        tell("the last page of a file", size, cut_file(whole, range(size - PAGE, size, every)))


if __name__ == "__main__":
    main()
