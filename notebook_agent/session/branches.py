"""Branches, the runs that steps of another started, listed below it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from notebook_agent.history import task_order
from notebook_agent.ids import RunKey
from notebook_agent.session.results import run_name
from notebook_agent.store.protocol import RunRecord

__all__ = ["forks_and_branches", "nested", "only_branches"]

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
    return run.spawned_by.seq or 0, task_order(run_name(run)), 0
