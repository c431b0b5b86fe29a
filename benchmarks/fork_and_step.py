"""Fork an application in the middle of its history and make the first step, beside one of its own steps.

Run it as `python benchmarks/fork_and_step.py [steps ..]`; a chat grows by 1 KB a step, each step is
durable. A fork of a fork is measured too: its past has two owners.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from notebook_agent import ApplicationBuilder, LocalTrackingClient, State, action

ROUNDS = 15


@action(reads=["n"], writes=["n", "chat"])
def say(state: State) -> State:
    """Add a message."""
    message = {"role": "user", "content": f"{state['n']} " + "word " * 200}
    return state.update(n=state["n"] + 1).append(chat=message)


def grown(path: Path, steps: int):
    """Make a run of so many steps; it is made without the wait for the disk, and gone on with durably."""
    builder = ApplicationBuilder().with_actions(say).with_transitions(("say", "say"))
    fast = LocalTrackingClient("benchmark", path, durability="normal")
    app = builder.with_state(n=0, chat=[]).with_entrypoint("say").with_tracker(fast).build()
    for _ in range(steps):
        app.step()
    durable = LocalTrackingClient("benchmark", path)
    again = ApplicationBuilder().with_actions(say).with_transitions(("say", "say")).with_tracker(durable)
    again.initialize_from(durable, resume_at_next_action=True, default_state={}, default_entrypoint="say")
    return again.with_identifiers(app_id=app.uid).build()


def ms(work) -> float:
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1e3


def compare(steps: int) -> None:
    """Print one line; the three take turns."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        app = grown(Path(folder) / "store.db", steps)
        branch = app.fork(steps // 2)
        for _ in range(3):
            branch.step()
        works = {
            "step": app.step,
            "fork and step": lambda: app.fork(steps // 2).step(),
            "of a fork": lambda: branch.fork(steps // 2 + 1).step(),
        }
        times = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, work in works.items():
                times[name].append(ms(work))
        step, fork, again = (statistics.median(found) for found in times.values())
        print(
            f"{steps:6} steps: a step {step:.2f} ms; fork and first step {fork:.2f} ms"
            f" ({fork / step:.1f} steps),"
            f" of a fork {again:.2f} ms ({again / step:.1f} steps)"
        )
        app.store.close()


def main() -> None:
    for steps in map(int, sys.argv[1:] or ["100", "1000", "10000"]):
        compare(steps)


if __name__ == "__main__":
    main()
