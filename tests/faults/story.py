"""A run that can be checked after any accident: its states follow from its key and their numbers."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import lru_cache

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import Store
from tests.store.runs import begin, end, new_run

__all__ = ["check_run", "expected", "first", "grown", "step"]


@lru_cache(maxsize=64)
def noise(seed: tuple[str, int], size: int) -> bytes:
    """Bytes that follow from the seed."""
    return random.Random(f"{seed}").randbytes(size)


def first(key: RunKey, size: int) -> dict[str, object]:
    """The state that a run begins with."""
    return {"chat": [], "n": -1, "blob": noise((key.app_id, -1), size)}


def grown(state: Mapping[str, object], key: RunKey, seq: int, size: int) -> State:
    """The state after one more step."""
    kept = state if isinstance(state, State) else State(state)
    message = {"role": "user", "content": f"{key.app_id} says {seq} " * 10}
    return kept.append(chat=message).update(n=seq, blob=noise((key.app_id, seq), size))


def step(store: Store, key: RunKey, seq: int, size: int) -> None:
    """Make one step."""
    store.begin_step(key, begin(seq), after=seq - 1 if seq else None)
    store.end_step(key, end(seq, grown(store.state(StepRef(key, seq)), key, seq, size)))


def start(store: Store, key: RunKey, size: int) -> None:
    """Make a run."""
    store.create_run(new_run(key, **first(key, size)))


def expected(key: RunKey, seq: int, size: int) -> tuple[int, bytes, int]:
    """What a checkpoint of a run that always went on must hold: number, blob, length of the chat."""
    return seq, noise((key.app_id, seq), size), seq + 1


def check_run(store: Store, key: RunKey, acknowledged: int, size: int) -> list[str]:
    """What is wrong with a run of which so many steps were acknowledged; nothing, if all is well."""
    steps = {each.seq: each for each in store.steps(key) if each.ref.run == key}
    wrong: list[str] = []
    for seq in range(acknowledged):
        if seq not in steps or steps[seq].status != "completed":
            wrong.append(f"step {seq} is lost")
            continue
        state = store.state(StepRef(key, seq))
        if (state["n"], state["blob"], len(state["chat"])) != expected(key, seq, size):
            wrong.append(f"step {seq} holds something else")
    return wrong
