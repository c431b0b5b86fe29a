"""Fill the disk, let writes fail, and take the right to write away, at each write in turn.

Run it as `python benchmarks/faults/disk.py`. The disk is a small tmpfs, failing writes come from the
limit on the size of files, and read-only is the permission of the folder for another user.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.faults.disk import Failures, can_mount, failing, full, read_only


def tell(title: str, found: Failures) -> None:
    said = ", ".join(f"{count} {name}" for name, count in found.said.most_common())
    print(f"{title}: {found.done} times, {said};", end=" ")
    print(f"{len(found.lost)} lost a step, {len(found.stuck)} could not go on afterwards")
    print(*found.lost[:20], *found.stuck[:20], sep="\n", end="")


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        if can_mount():
            tell("ENOSPC, with 0 to 1,200 kB left", full(place, range(0, 1200, 4)))
        tell("failing writes, beyond 0 to 600 kB of a file", failing(place, range(0, 600_000, 2048)))
        (place / "base.db").unlink()
        tell("read-only, at each kind of write", read_only(place))


if __name__ == "__main__":
    main()
