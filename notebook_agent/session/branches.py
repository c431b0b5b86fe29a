"""Branches, the runs that steps of another started: listed below it, their LLM calls with its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.results import run_name
from notebook_agent.store.protocol import RunRecord, StepRecord
from notebook_agent.store.spawned import Spawned

__all__ = ["Placed", "forks_and_branches", "made_in", "nested", "only_branches"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A call of a run or of its branches.

    Attributes:
        call: The call.
        seq: The step of the run itself that it belongs to.
        branch: The branch that made it, and the step there; empty where the run did so itself.
    """

    call: CallRecord
    seq: int
    branch: str = ""


def made_in(history: History, steps: Iterable[StepRecord]) -> list[Placed]:
    """Return the calls of some steps of a run, those of the branches that a step started after its own."""
    every = list(steps)
    own: dict[StepRef | None, list[CallRecord]] = {}
    for call in history.store.calls([step.ref for step in every]):
        own.setdefault(call.step, []).append(call)
    spawned = Spawned(history.store)
    found: list[Placed] = []
    for step in every:
        found += [Placed(call, step.seq) for call in own.get(step.ref, ())]
        found += [
            Placed(call, step.seq, f"{'/'.join(names)}@{0 if call.step is None else call.step.seq}")
            for names, call in _below(history, step.ref, spawned, ())
        ]
    return found


def _below(
    history: History, ref: StepRef, spawned: Spawned, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], CallRecord]]:
    for run in sorted(spawned.by(ref), key=_place):
        inner = (*names, run_name(run))
        for step in history.store.steps(run.key):
            for call in history.store.calls([step.ref]):
                yield inner, call
            yield from _below(history, step.ref, spawned, inner)


Above = Callable[[RunRecord], RunKey | None]


def only_branches(run: RunRecord) -> RunKey | None:
    """Return the run whose step started this one."""
    return None if run.spawned_by is None else run.spawned_by.run


def forks_and_branches(run: RunRecord) -> RunKey | None:
    """Return the run that this one was forked from, or started by."""
    return only_branches(run) if run.parent is None else run.parent.run


def nested(runs: Sequence[RunRecord], above: Above) -> list[tuple[int, RunRecord]]:
    """Order runs, given newest first: each with its depth, those below another after it.

    Branches come first, in the order of their tasks, then forks, the oldest first.
    """
    keys = {run.key for run in runs}
    below: dict[RunKey | None, list[RunRecord]] = {}
    for run in reversed(runs):
        over = above(run)
        below.setdefault(over if over in keys else None, []).append(run)
    return [each for run in reversed(below.get(None, [])) for each in _descent(run, below, 0)]


def _descent(
    run: RunRecord, below: dict[RunKey | None, list[RunRecord]], depth: int
) -> Iterator[tuple[int, RunRecord]]:
    yield depth, run
    for each in sorted(below.get(run.key, ()), key=_place):
        yield from _descent(each, below, depth + 1)


def _place(run: RunRecord) -> tuple[float, list[tuple[int, str]], float]:
    """Of a branch: its step and its task, whose numbers count as such; of another run: when it began."""
    if run.spawned_by is None:
        return float("inf"), [], run.created_at
    parts = re.findall(r"\d+|\D+", run_name(run))
    return run.spawned_by.seq or 0, [(int(each), "") if each.isdecimal() else (0, each) for each in parts], 0
