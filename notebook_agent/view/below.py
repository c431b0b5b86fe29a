"""The LLM calls of a step with those of its branches, which are runs of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import made, runs_below, task_order
from notebook_agent.store.protocol import RunRecord, StepRecord, Store
from notebook_agent.view.call import streamed_call
from notebook_agent.view.wire import CallWire

__all__ = ["calls_of"]

_MOST = 60
"""Calls of branches that are shown of one step."""


def calls_of(store: Store, step: StepRecord) -> tuple[list[CallWire], int]:
    """Show a step's own calls, then those that its branches made while it ran, by the names of these.

    Returns:
        The calls, and how many more there were.
    """
    own = [streamed_call(call) for call in store.calls([step.ref])]
    runs = runs_below(store, step)
    if not runs:
        return own, 0
    below = [
        (branch, call) for branch, call in _below(store, _named(runs, step.action)) if _within(call, step)
    ]
    return own + [{**streamed_call(call), "branch": name} for name, call in below[:_MOST]], len(below[_MOST:])


def _named(runs: Sequence[RunRecord], action: str) -> list[tuple[str, RunRecord]]:
    """Name branches by their tasks; those without a name are numbered."""
    numbers = count(1)
    named = [(run.label or f"{action} {next(numbers)}", run) for run in runs]
    return sorted(named, key=lambda each: task_order(each[0]))


def _below(store: Store, named: Sequence[tuple[str, RunRecord]]) -> Iterator[tuple[str, CallRecord]]:
    for name, run in named:
        for each in made(store, run.key):
            yield "/".join([name, *(task.name for task in each.call.branch)]), each.call


def _within(call: CallRecord, step: StepRecord) -> bool:
    return step.started_at <= call.started_at <= (step.ended_at or call.started_at)
