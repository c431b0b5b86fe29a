"""Generated runs replayed in strict: requests that were sent, and states that differ; both must be 0.

Run it as `python benchmarks/strict_replay.py [runs]`. Calls are chat, responses, embeddings and
images, plain and streamed, sync and async, one by one, at once and in branches.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.generated import Program, calls_of, states
from tests.servers import OpenAIServer


def replay(seed, server):
    """Run a program, then its fork in strict; return what was recorded, sent again, and differs."""
    program = Program.of(seed)
    app = program.builder(server.base_url).build()
    program.run(app)
    sent = len(server.journal)
    fork = app.fork(None)
    fork.ledger = "strict"
    program.run(fork)
    calls = calls_of(app)
    pairs = zip(states(app), states(fork), strict=True)
    return Counter({
        "runs": 1,
        "async runs": program.awaited,
        "steps": len(app.history),
        "calls": len(calls),
        "streamed calls": sum(call.streamed for call in calls),
        "steps with calls at once": sum(made(program, n).at_once for n in range(program.steps)),
        "steps with branches": sum(made(program, n).branches for n in range(program.steps)),
        "requests in replay": len(server.journal) - sent,
        "states that differ": sum(one != other for one, other in pairs),
    })


def made(program, n):
    return program.actions[n % len(program.actions)]


def main(runs):
    found = Counter()
    for seed in range(runs):
        with OpenAIServer() as server:
            found.update(replay(seed, server))
    for name, count in found.items():
        print(f"{name:<25} {count:>7,}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
