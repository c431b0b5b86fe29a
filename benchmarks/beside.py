"""The store beside other engines and beside the least that any engine could do, in one run, in turns.

Run it as `python benchmarks/beside.py [repeats] [part]`; with a part of 20 all has a twentieth of the steps,
to see that every engine works, and nothing is drawn. Each sample is a process of its own in the engine's own
environment, see `peers.py` and `worker.py`; figures are medians. What a step takes beside the floor is told
more closely by `growing_chat.py` and `durable_step.py`, where the two take turns in one process.
It draws `growth.svg`: bytes and time over steps.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from pathlib import Path

import peers

HERE = Path(__file__).parent
WORKER = HERE / "worker.py"
ENGINES = {
    "floor": "here",
    "notebook_agent_full": "here",
    "burr_tracker": "burr",
    "burr_sqlite": "burr",
    "langgraph_sqlite": "langgraph",
    "langgraph_delta": "langgraph",
}
NORMAL = {"floor_normal": "here", "notebook_agent_normal": "here"}
OURS = {name: ENGINES[name] for name in ("floor", "notebook_agent_full")}
SAFE = {
    "burr_tracker": "process kill",
    "floor_normal": "process kill",
    "notebook_agent_normal": "process kill",
}


def sample(name, environment, tasks, count):
    """Run tasks one after another on one folder."""
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        return [
            peers.run(environment, WORKER, name, task, count, folder, folder=Path(folder)) for task in tasks
        ]


def gather(engines, tasks, count, repeats):
    """By engine, the medians of each task's figures over the repeats, and its last growth."""
    found = {name: [] for name in engines}
    for _ in range(repeats):
        for name in random.sample(list(engines), len(engines)):
            print(f"{'+'.join(tasks)} {count} {name}", file=sys.stderr, flush=True)
            found[name].append(sample(name, engines[name], tasks, count))
    return {name: [middle(parts) for parts in zip(*samples, strict=True)] for name, samples in found.items()}


def middle(samples):
    return {
        key: samples[-1][key] if key == "marks" else statistics.median(each[key] for each in samples)
        for key in samples[0]
    }


def chat_table(found, count):
    least = found["floor"][0]
    print(f"\ngrowing chat of {count} steps, 1 KB a step: bytes on disk, us a step, and beside the floor")
    print(
        f"{'':22}{'bytes/step':>12}{'x floor':>9}{'first us':>10}{'last us':>10}{'mean us':>10}{'x floor':>9}"
    )
    for name, (chat, *_) in found.items():
        bytes_ = chat["bytes"] / least["bytes"]
        print(
            f"{name:22}{chat['bytes'] / count:12,.0f}{bytes_:9.2f}{chat['first']:10,.0f}{chat['last']:10,.0f}"
            f"{chat['mean']:10,.0f}"
        )


def look_table(found, count):
    parsed = found["notebook_agent_full"][1]["loads"]
    print(
        f"\nlooking at that chat of {count} steps in a new process, ms; json.loads of it takes {parsed:.1f}"
    )
    print(f"{'':22}{'list all':>10}{'first open':>12}{'open p50':>10}{'open p95':>10}{'fork + step':>13}")
    for name, (_, look) in found.items():
        print(
            f"{name:22}{look['list']:10,.1f}{look['first']:12,.1f}{look['p50']:10,.1f}{look['p95']:10,.1f}"
            f"{look['fork']:13,.1f}"
        )


def step_table(found, title, floors):
    print(f"\n{title}")
    print(f"{'':22}{'us/step':>10}{'x floor':>9}{'KB on disk':>12}  survives")
    for name, (small,) in found.items():
        floor = found[floors.get(name, "floor")][0]["median"]
        print(
            f"{name:22}{small['median']:10,.0f}{small['median'] / floor:9.2f}{small['bytes'] / 1024:12,.0f}"
            f"  a {SAFE.get(name, 'power cut')}"
        )


def draw(growths, path):
    """Draw bytes and time over steps with matplotlib, which has an environment of its own."""
    with tempfile.TemporaryDirectory(dir=HERE) as folder:
        data = Path(folder) / "growth.json"
        data.write_text(json.dumps(growths))
        peers.run("plot", HERE / "draw.py", data, path, folder=Path(folder))


def main():
    given = [int(word) for word in sys.argv[1:]]
    repeats, part = given + [3, 1][len(given) :]
    few, many, most, small, large = (count // part for count in (100, 1000, 10_000, 500, 200))
    for name in ("burr", "langgraph"):
        print(peers.versions(name))
    chats = {few: gather(ENGINES, ["chat"], few, repeats)}
    chats |= {many: gather(ENGINES, ["chat", "look"], many, repeats)}
    chats |= {most: gather(OURS, ["chat", "look"], most, repeats)}
    for count, found in chats.items():
        chat_table(found, count)
    look_table(chats[many], many)
    look_table(chats[most], most)
    floors = {"notebook_agent_normal": "floor_normal", "burr_tracker": "floor_normal"}
    found = gather(ENGINES | NORMAL, ["small"], small, repeats)
    step_table(found, f"small step, {small} of them: a counter and five short fields", floors)
    found = gather(ENGINES, ["large"], large, repeats)
    step_table(found, f"the same with a text of 1 MB that stays as it is, {large} of them", {})
    if part == 1:
        draw(
            {name: found[0]["marks"] for name, found in (chats[many] | chats[most]).items()},
            HERE / "growth.svg",
        )


if __name__ == "__main__":
    main()
