"""Look for secrets of every known shape wherever something is shown, and for clean text taken for one.

Run it as `python benchmarks/faults/masks.py`. Clean text is the source of Python's own library.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.secrets import ENVIRONMENT, seek, taken_for_secrets


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = seek(Path(folder))
    print(f"{found.shapes} shapes ({len(ENVIRONMENT)} of them values of the environment) in", end=" ")
    print(f"{len(found.places)} kinds of places: {', '.join(found.places)}")
    print(f"{found.bytes:,} characters searched, {len(found.found)} secrets found")
    print(*found.found[:20], sep="\n", end="")
    lines, taken = taken_for_secrets()
    print(
        f"{lines:,} lines of clean text, {len(taken)} taken for a secret ({100 * len(taken) / lines:.4f} %)"
    )


if __name__ == "__main__":
    main()
