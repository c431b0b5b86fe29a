"""Time a step that does nothing and keeps nothing, beside other engines, in turns; medians of microseconds.

Run it as `python benchmarks/bare_beside.py [rounds]`; each engine runs in an environment of its own.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

import peers

WORKER = Path(__file__).parent / "bare" / "worker.py"
ENGINES = {
    "notebook_agent": "here",
    "function": "here",
    "burr": "burr",
    "langgraph": "langgraph",
    "pydantic_graph": "pydantic_graph",
}
STEPS = 2_000


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    found = {name: [] for name in ENGINES}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            for name, environment in ENGINES.items():
                sample = peers.run(environment, WORKER, name, STEPS, 5, folder=Path(folder))
                found[name].append(sample["us"])
    medians = {name: statistics.median(samples) for name, samples in found.items()}
    ours = medians["notebook_agent"]
    print(f"{'':16}{'us a step':>12}{'best':>8}{'beside ours':>13}")
    for name, samples in found.items():
        print(f"{name:16}{medians[name]:12.1f}{min(samples):8.1f}{medians[name] / ours:12.1f}x")
    print("; ".join(peers.versions(name) for name in ("burr", "langgraph", "pydantic_graph")))


if __name__ == "__main__":
    main()
