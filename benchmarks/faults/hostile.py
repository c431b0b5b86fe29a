"""Open mutated stores, and stores with a payload in every field: nothing runs, hangs or takes the memory.

Run it as `python benchmarks/faults/hostile.py [mutants] [every]`; 10,000 and every payload by default.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.hostile import MEMORY, PAYLOADS, SECONDS, Opened, make_store, open_mutants, open_payloads


def tell(title: str, found: Opened) -> None:
    said = ", ".join(f"{count:,} {name}" for name, count in found.said.most_common())
    print(f"{title}: {found.done:,} files: {said}")
    print(
        f"  {len(found.ran)} ran code, {len(found.slow)} took more than {SECONDS:.0f} s of the processor"
        f" (slowest {found.slowest:.2f} s), {len(found.died)} died with {MEMORY >> 30} GB of memory,"
        f" {len(found.untyped)} untyped errors"
    )
    print(*(found.ran + found.slow + found.died + found.untyped)[:20], sep="\n", end="")


def main() -> None:
    logging.disable(logging.WARNING)
    given = list(map(int, sys.argv[1:]))
    mutants, every = given + [10_000, 1][len(given) :]
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else ".") as folder:
        path = make_store(Path(folder) / "store.db")
        whole = path.read_bytes()
        tell(
            "bytes, bits, stretches and pages changed, tails cut",
            open_mutants(path, mutants),
        )
        path.write_bytes(whole)
        share = "" if every == 1 else f", one in {every} of these"
        tell(f"{len(PAYLOADS)} payloads in every column of every table{share}", open_payloads(path, every))


if __name__ == "__main__":
    main()
