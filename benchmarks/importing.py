"""Time `import notebook_agent` over a bare interpreter, in milliseconds; and what its bundle weighs."""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 15
LINES = {
    "bare interpreter": "pass",
    "import notebook_agent": "import notebook_agent",
    "and all that an application needs": "from notebook_agent import ApplicationBuilder, State, graph, when",
}
STATIC = Path(__file__).parent.parent / "notebook_agent" / "static"


def started(line):
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", line], check=True)
    return (time.perf_counter() - before) * 1e3


if __name__ == "__main__":
    times = {title: [] for title in LINES}
    for _ in range(RUNS):
        for title, line in LINES.items():
            times[title].append(started(line))
    bare = statistics.median(times["bare interpreter"])
    for title, found in times.items():
        median = statistics.median(found)
        print(f"{title:34} {median:6.0f} ms, {median - bare:4.0f} over bare (median of {RUNS})")
    for path in sorted(STATIC.glob("panel.*")):
        print(f"{path.name:34} {len(gzip.compress(path.read_bytes())) / 1000:6.1f} kB gzipped")
