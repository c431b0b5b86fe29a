"""Messages of progress, as a page gets them."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["fixture", "progress"]

WIRE = Path(__file__).parent / "fixtures" / "wire"


def fixture(name):
    return json.loads((WIRE / f"{name}.json").read_text())


def progress(n, *seqs, status="running", run="a"):
    message = fixture("progress")
    count = len(seqs)
    steps = {
        "first": seqs[0],
        "names": ["prompt"],
        "action": [0] * count,
        "source": [-1] * count,
        "status": "c" * count,
        "ms": [float(n)] * count,
        "stale": [],
    }
    return {**message, "n": n, "run": {**message["run"], "id": run, "status": status, "steps": steps}}
