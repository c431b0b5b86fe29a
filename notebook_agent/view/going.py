"""A run that goes on: what is new of it, message by message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.pace import Pace
from notebook_agent.state import State
from notebook_agent.store.protocol import RunRecord, StepRecord
from notebook_agent.view.detail import asks, detail, step_detail
from notebook_agent.view.light import LIGHT
from notebook_agent.view.panel import RunWriter
from notebook_agent.view.served import Served
from notebook_agent.view.tally import Tally
from notebook_agent.view.wire import Detail, Progress, Totals

__all__ = ["Going", "progress"]

_Kept = TypeVar("_Kept")
_SHARE = 400
"""Reading the run's label and what else events do not tell takes at most one part in so many of the time."""
_SELDOM = 1.0
"""Seconds between two such readings."""
_SOMETIMES = 0.25
"""Seconds between two counts of the calls of branches."""


def progress(history: History, graph: Graph, *, n: int, since: int, text: str = "") -> Progress:
    """Show what a run has come to since a step: that step and those after it, and the newest one whole.

    Args:
        history: The run that goes on.
        graph: What it runs.
        n: Number of this message.
        since: The first step that may have changed.
        text: What the running step has streamed so far.
    """
    going = Going(history, since=since)
    return {**going.progress(graph, n=n, since=since, text=text), "detail": going.detail(graph)}


class Going:
    """A run that goes on: what is known of it, kept from message to message.

    What events told is not read from the store again, and is kept no longer than until it is told: a
    message costs no more in a long run, and neither does the run.
    """

    def __init__(self, history: History, served: Served | None = None, *, since: int | None = None) -> None:
        """Take a run as it stands; what is told first are its steps from `since` on, if not its newest."""
        self._history = history
        self._served = served or Served()
        newest = (history.run.head or 0) - 1
        first = newest if since is None else min(since, newest)
        self._steps = {step.seq: step for step in history.store.steps(history.key, first=max(0, first))}
        self._tally = Tally.of(history.store.call_counts(history.key).values())
        self._below = Tally()
        self._counting = Pace(_SHARE, least=_SOMETIMES)
        self._states: dict[int, State] = {}
        self._reading = Pace(_SHARE, least=_SELDOM)
        self._read: tuple[Graph, RunRecord, RunWriter] | None = None

    def begin(self, ref: StepRef, action: str, at: float) -> None:
        """Take in that a step has begun."""
        seq = ref.seq or 0
        before = self._steps.get(seq - 1)
        decision = None if before is None else before.next
        self._steps[seq] = StepRecord(
            ref=ref,
            action=action,
            status="running",
            started_at=at,
            ended_at=None,
            code=None,
            decision=decision,
            next=None,
            failure=None,
            reads=(),
            writes=(),
        )

    def end(self, step: StepRecord, state: State | None = None) -> None:
        """Take in what a step has come to."""
        self._steps[step.seq] = step
        if state is not None:
            self._states[step.seq] = state

    def call(self, call: CallRecord) -> None:
        """Take in that a call is over."""
        self._tally.add(call)

    def progress(self, graph: Graph, *, n: int, since: int, text: str = "", runs: bool = False) -> Progress:
        """Tell what is new since a step, without details; the cost is that of what is new.

        With `runs` a run between two steps counts as running.
        """
        newest = self._newest()
        last = newest.seq if newest else -1
        fresh = [self._steps[seq] for seq in range(since, last + 1) if seq in self._steps]
        self._steps, self._states = _last(self._steps, last), _last(self._states, last)
        shown = fresh or ([] if newest is None else [newest])
        own = [step for step in shown if step.ref.run == self._history.key]
        record, writer = self._record(graph, goes_on=runs and bool(own))
        run = writer.run(record, own)
        if runs and run["status"] == "completed":
            run["status"] = "running"
        return Progress(
            event="progress",
            n=n,
            run=run,
            totals=self._totals(goes_on=run["status"] == "running"),
            inputs=asks(graph, run["next"]),
            detail=None,
            text=text,
        )

    def detail(self, graph: Graph) -> Detail | None:
        """Show the newest step whole."""
        step = self._newest()
        if step is None:
            return None
        before, after = (self._states.get(seq) for seq in (step.seq - 1, step.seq))
        if before is None or (after is None and step.status != "running"):
            return detail(self._history, graph, step.ref, LIGHT)
        return step_detail(self._history, graph, step, before, before if after is None else after, LIGHT)

    def _record(self, graph: Graph, *, goes_on: bool) -> tuple[RunRecord, RunWriter]:
        """Return the run as listed, and what writes it.

        Of a run that goes on what events told is put into what was read last.
        """
        newest, known = self._newest(), self._read
        told = goes_on and self._reading.wait() > 0
        if known is None or known[0] is not graph or newest is None or not told:
            with self._reading.doing():
                writer = RunWriter(self._history.store, graph, served=self._served)
                known = self._read = graph, self._history.run, writer
            return known[1:]
        record = replace(known[1], head=newest.seq, status=newest.status, action=newest.action)
        return record, known[2]

    def _totals(self, *, goes_on: bool) -> Totals:
        """Sum up the run's calls, and those of its branches, which no events of the run tell of."""
        if not goes_on or self._counting.wait() == 0:
            with self._counting.doing():
                self._below = Tally.below(self._history.store, self._history.key)
        return Tally.of([self._tally, self._below]).totals()

    def _newest(self) -> StepRecord | None:
        return next(reversed(self._steps.values()), None)


def _last(kept: Mapping[int, _Kept], last: int) -> dict[int, _Kept]:
    """Return what is kept of the last two steps."""
    return {seq: kept[seq] for seq in (last - 1, last) if seq in kept}
