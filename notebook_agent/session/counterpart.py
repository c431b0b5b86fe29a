"""The same call elsewhere: in the attempt before, or in another run of the family."""

from __future__ import annotations

from collections.abc import Iterator

from notebook_agent.calls import summarise
from notebook_agent.calls.drift import changes
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import History, same_call
from notebook_agent.ids import RunKey
from notebook_agent.session.results import run_name
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.escape import one_line

__all__ = ["compared"]

_ANSWER = 60


def compared(history: History, seq: int) -> list[str | None]:
    """Say of each call of a step how it compares with the same call of the nearest other step, if any."""
    step = history[seq]
    calls = history.calls(seq, branches=False)
    for name, others in _others(history, step) if calls else ():
        if others:
            return [_compare(name, call, same_call(call, n, others)) for n, call in enumerate(calls)]
    return [None] * len(calls)


def _others(history: History, step: StepRecord) -> Iterator[tuple[str, list[CallRecord]]]:
    """Yield the calls of the attempt before, then of the same step in other runs: parents, newest forks."""
    steps = list(history)
    before = next((each for each in steps if each.seq == step.seq - 1), None)
    if before is not None and before.action == step.action and before.status != "completed":
        yield f"@{before.seq}", history.store.calls([before.ref])
    for key, name in _family(history):
        for each in history.store.steps(key):
            if each.seq == step.seq and each.action == step.action and each.ref != step.ref:
                yield f"{name}@{each.seq}", history.store.calls([each.ref])


def _family(history: History) -> list[tuple[RunKey, str]]:
    runs = {run.key: run for run in history.family()}
    line, parent = [], runs[history.key].parent
    while parent is not None and parent.run in runs:
        line.append(runs.pop(parent.run))
        parent = line[-1].parent
    rest = sorted(runs.values(), key=lambda run: run.created_at, reverse=True)
    return [(run.key, run_name(run)) for run in (*line, *rest) if run.key != history.key]


def _compare(name: str, call: CallRecord, other: CallRecord | None) -> str | None:
    if other is None:
        return f"against {name}: no such call there"
    if call.key != other.key:
        return f"against {name}: {changes(other.request, call.request)}"
    if call.body == other.body:
        return f"against {name}: the same request, the same answer"
    return f"against {name}: the same request; answered {_answer(other)} there, {_answer(call)} here"


def _answer(call: CallRecord) -> str:
    summary = summarise(call)
    return repr(one_line(summary.error or summary.text or "nothing", _ANSWER))
