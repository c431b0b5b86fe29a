"""Processes killed at random moments once a step has answers: how many of those are asked again.

Run it as `python benchmarks/killed.py [times]`; the last figure must be 0.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.killed import QUESTIONS, run
from tests.servers import OpenAIServer


def kill(seed):
    """Kill one process, go on with another; return how much was got and asked again.

    A request that was being sent at that moment has arrived in part, and does not count.
    """
    chance = random.Random(seed)
    seconds = chance.choice([0.0, chance.uniform(0, 0.02)])
    with tempfile.TemporaryDirectory() as folder, OpenAIServer() as server:
        store = Path(folder) / "store.db"
        got = run(server.base_url, store, after=chance.randint(1, 5), seconds=seconds)
        whole = run(server.base_url, store)
    assert whole in (list(QUESTIONS), [])
    arrived = [request for request in server.journal if request.body.endswith(b"}")]
    asked = Counter(request.json["messages"][0]["content"] for request in arrived)
    return Counter({"kills": 1, "answers got": len(got), "asked again": sum(asked[text] - 1 for text in got)})


def main(times):
    found = Counter()
    for seed in range(times):
        found.update(kill(seed))
    for name, count in found.items():
        print(f"{name:<12} {count:>5}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
