"""Kill processes with 1 KB to 5 MB states, in the middle of commits, streams, forks and collections.

Run it as `python benchmarks/faults/kills.py [kills]`; 1,000 by default.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.kills import kill_many


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        found = kill_many(Path(folder), int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    during = ", ".join(f"{count:,} {name}" for name, count in sorted(found.during.items()))
    print(f"{found.done:,} SIGKILLs ({during}), {found.acknowledged:,} steps acknowledged before them")
    print(f"{len(found.lost)} lost or changed, {len(found.unopenable)} stores that do not open")
    print(*found.lost[:20], *found.unopenable[:20], sep="\n", end="")


if __name__ == "__main__":
    main()
