"""Runs, steps and calls as the tests of stores write them."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.condition import Check, Decision
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import NewRun, RunCall, Status, StepBegin, StepEnd, Store

KEY = RunKey("tests", "first")
FORK = RunKey("tests", "fork")
CALL = RunCall("run", {"prompt": "hi"}, (), ("answer",), 5)
NEXT = Decision(
    "count",
    "count",
    (Check("stop", "n > 9", {"n": 1}, result=False), Check("count", "default", {}, result=True)),
)


def new_run(key: RunKey = KEY, parent: StepRef | None = None, **values: object) -> NewRun:
    state = None if parent is not None and not values else State(values or {"n": 0})
    return NewRun(key, "count", {"actions": ["count"]}, state, parent)


def begin(seq: int, **inputs: object) -> StepBegin:
    decision = NEXT if seq else None
    return StepBegin(seq, "count", 100.0 + seq, inputs, decision, CALL, "c0de", "def count(): ...")


def end(seq: int, state: Mapping[str, object], status: Status = "completed") -> StepEnd:
    kept = state if isinstance(state, State) else State(state)
    following = NEXT if status == "completed" else None
    return StepEnd(seq, status, 100.5 + seq, kept, {"n": seq}, None, ("n",), ("n",), following, [], ("n",))


def step(store: Store, seq: int, state: Mapping[str, object], key: RunKey = KEY) -> None:
    store.begin_step(key, begin(seq), after=seq - 1 if seq else None)
    store.end_step(key, end(seq, state))


def counted(store: Store, steps: int, key: RunKey = KEY) -> None:
    """Make a run whose state after step n is n + 1."""
    store.create_run(new_run(key))
    for seq in range(steps):
        step(store, seq, {"n": seq + 1}, key)


def call(step: StepRef | None, **changes: object) -> CallRecord:
    fields: dict[str, object] = {
        "step": step,
        "action": "count",
        "span": None,
        "key": "k",
        "method": "POST",
        "host": "api.openai.com",
        "endpoint": "chat/completions",
        "model": "m",
        "request": {"model": "m", "messages": [{"role": "user", "content": "hi"}]},
        "streamed": False,
        "status": 200,
        "content_type": "application/json",
        "body": b'{"choices": []}',
        "complete": True,
        "error": None,
        "started_at": 1.0,
        "first_at": 1.5,
        "ended_at": 2.0,
    }
    return CallRecord(**fields | changes)  # type: ignore[arg-type]  # the tests' own fields
