"""What a run's relatives, neither its ancestors nor of its own past, did where it now stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import cast

from notebook_agent.calls.ways import Way
from notebook_agent.engine.past import base_of, first_attempt, forwards
from notebook_agent.engine.runs import Run
from notebook_agent.ids import RunKey
from notebook_agent.store.protocol import RunRecord, StepRecord, Store

__all__ = ["attempts_of_relatives"]


def attempts_of_relatives(run: Run, store: Store, action: str) -> Iterator[StepRecord]:
    """Yield each relative's attempts at the step of `action` that begins now, the newest relative's first.

    A step stands in its place that is the same visit of the action since the two ways parted.
    """
    runs = {each.key: each for each in store.runs(run.key.project)}
    mine = _line(runs[run.key], runs) if run.key in runs else {}
    for key in () if len(runs) == 1 else runs:
        parting = inf if key in mine else _parting(mine, _line(runs[key], runs))
        if parting < inf:
            yield from _beside(run, store, action, key, int(parting))


def _line(record: RunRecord, runs: Mapping[RunKey, RunRecord]) -> dict[RunKey, float]:
    """Return the runs that a way goes through, its own first, and the last step that it has of each."""
    line, last = {record.key: inf}, inf
    while record.parent is not None and record.parent.run in runs:
        parent = runs[record.parent.run]
        last = min(last, base_of(parent) if record.parent.seq is None else record.parent.seq)
        line[parent.key], record = last, parent
    return line


def _parting(mine: Mapping[RunKey, float], other: Mapping[RunKey, float]) -> float:
    """Return the last step that two ways share; infinity where they share no run."""
    return next((min(last, other[key]) for key, last in mine.items() if key in other), inf)


def _beside(run: Run, store: Store, action: str, key: RunKey, parting: int) -> Iterator[StepRecord]:
    first = first_attempt(store, run.key, parting)
    since = (each for each in forwards(store, run.key, parting + 1) if each.status != "running")
    own = Way(since)
    theirs = Way(forwards(store, key, first))
    attempts = theirs.visit(action, own.count(action) - own.is_open(action))
    yield from cast("Iterator[StepRecord]", reversed(attempts))
