"""The LLM calls of a run with those of its branches, each with its place on the run's way."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from notebook_agent.calls.outcome import outcome
from notebook_agent.calls.protocol import CallRecord, Task
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import RunRecord, StepRecord, Store

__all__ = ["CALL_COLUMNS", "Made", "call_row", "calls_below", "made", "runs_below", "task_order"]

CALL_COLUMNS = [
    *(
        "step",
        "branch",
        "action",
        "endpoint",
        "host",
        "model",
        "status",
        "outcome",
        "started_at",
        "ms",
        "first",
    ),
    *("input_tokens", "output_tokens", "cost", "how", "superseded"),
]


@dataclass(frozen=True, slots=True)
class Made:
    """A call of a run or of its branches.

    Attributes:
        call: The call, with its branch, and whether its step was attempted again.
        seq: The step of the run itself that it belongs to.
    """

    call: CallRecord
    seq: int


def made(
    store: Store, key: RunKey, seq: int | None = None, *, first: int = 0, branches: bool = True
) -> list[Made]:
    """Return the calls of one step, or of all from `first` on: its own, then its branches' by task."""
    steps = store.steps(key, first=first) if seq is None else store.steps(key, first=seq, last=seq + 1)
    again = set(_attempted_again(steps))
    asked = [step for step in steps if seq in {None, step.seq}]
    found: dict[StepRef | None, list[CallRecord]] = {}
    for call in store.calls([step.ref for step in asked]):
        mine = replace(call, superseded=True) if call.step in again else call
        found.setdefault(call.step, []).append(mine)
    started = store.children(key, seq) if branches else []
    for ref, call in _below(store, key, started, {step.ref for step in asked}):
        found.setdefault(ref, []).append(call)
    return [Made(call, step.seq) for step in asked for call in found.get(step.ref, ())]


def call_row(made: Made) -> tuple[object, ...]:
    """Return what a table says of a call, by `CALL_COLUMNS`."""
    call, usage = made.call, made.call.usage
    how = "replayed" if call.replayed else "live" if call.sent else "not sent"
    return (
        *(made.seq, "/".join(each.name for each in call.branch), call.action, call.endpoint, call.host),
        *(call.model, call.status, outcome(call), call.started_at),
        *(_ms(call.started_at, at) for at in (call.ended_at, call.first_at)),
        *((None, None) if usage is None else (usage.input, usage.output)),
        *(call.cost, how, call.superseded),
    )


def _ms(start: float, end: float | None) -> float | None:
    return None if end is None else (end - start) * 1000


def calls_below(store: Store, step: StepRecord) -> list[CallRecord]:
    """Return the calls that the runs of a step made while it ran, those that an earlier attempt began too."""
    found = [each.call for run in runs_below(store, step) for each in made(store, run.key)]
    return [call for call in found if call.started_at >= step.started_at]


def runs_below(store: Store, step: StepRecord) -> list[RunRecord]:
    """Return the runs that a step started, after those that earlier attempts at it began."""
    runs, seq = store.children(step.ref.run, step.ref.seq), step.seq - 1
    while seq >= 0 and _is_attempt(store.step(StepRef(step.ref.run, seq)), step):
        runs, seq = [*store.children(step.ref.run, seq), *runs], seq - 1
    return runs


def _is_attempt(before: StepRecord, step: StepRecord) -> bool:
    return before.status != "completed" and before.action == step.action


def task_order(name: str) -> list[tuple[int, str]]:
    """Return what orders the names of tasks: numbers in them count as such."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(each), "") if each.isdecimal() else (0, each) for each in parts]


def _attempted_again(steps: Sequence[StepRecord]) -> Iterator[StepRef]:
    """Yield the steps that did not complete and were made again."""
    for step, after in pairwise(steps):
        if _is_attempt(step, after):
            yield step.ref


def _below(
    store: Store, key: RunKey, started: Sequence[RunRecord], asked: Collection[StepRef]
) -> Iterator[tuple[StepRef | None, CallRecord]]:
    """Yield the calls of the runs that some steps of a run started, each with the step that did."""
    if not any(run.spawned_by in asked for run in started):
        return
    tasks = _tasks(store.children(key), _visits(store.steps(key)))
    last = {task: run.key for run, task in tasks}
    mine = [(run, task) for run, task in tasks if run.spawned_by in asked]
    for run, task in sorted(mine, key=lambda each: task_order(each[1].name)):
        for inner in made(store, run.key):
            call = inner.call
            replaced = call.superseded or last[task] != run.key
            yield run.spawned_by, replace(call, branch=(task, *call.branch), superseded=replaced)


def _visits(steps: Iterable[StepRecord]) -> dict[StepRef, tuple[str, int]]:
    """Tell of each step its action and which visit of that it was; the attempts at one step are one visit."""
    found: dict[StepRef, tuple[str, int]] = {}
    counts: dict[str, int] = {}
    again: str | None = None
    for step in steps:
        if step.action != again:
            counts[step.action] = counts.get(step.action, -1) + 1
        found[step.ref] = step.action, counts[step.action]
        again = None if step.status == "completed" else step.action
    return found


def _tasks(
    runs: Iterable[RunRecord], visits: Mapping[StepRef, tuple[str, int]]
) -> list[tuple[RunRecord, Task]]:
    """Tell which task of which visit each run was; those without a name were numbered by their step."""
    found: list[tuple[RunRecord, Task]] = []
    unnamed: dict[StepRef, int] = {}
    for run in runs:
        at = run.spawned_by
        if at is None or at not in visits:
            continue
        action, occurrence = visits[at]
        if run.label is None:
            unnamed[at] = unnamed.get(at, 0) + 1
        found.append((run, Task(action, occurrence, run.label or f"{action} {unnamed[at]}")))
    return found
