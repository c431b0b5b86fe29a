"""A run as the panel shows it: from the store's records to what travels to the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from notebook_agent.calls.protocol import CallRecord
from notebook_agent.errors import AgentError
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import RunRecord, StepRecord, Store
from notebook_agent.view.brief import short_id
from notebook_agent.view.detail import asks, step_detail
from notebook_agent.view.drawing import graph_wire
from notebook_agent.view.escape import one_line
from notebook_agent.view.values import visible
from notebook_agent.view.wire import Overview, Progress, RunWire, StepWire, Totals

__all__ = ["Going", "Tally", "next_action", "overview", "progress", "status_line", "step_wire", "totals"]

_LONGEST_LINE = 200


@dataclass(slots=True)
class Tally:
    """What calls took, and how many each step made; what was served from the ledger took nothing."""

    made: Counter[StepRef] = field(default_factory=Counter[StepRef])
    replayed: Counter[StepRef] = field(default_factory=Counter[StepRef])
    calls: int = 0
    live: int = 0
    tokens: int = 0
    cost: float = 0.0
    priced: int = 0

    @classmethod
    def of(cls, calls: Iterable[CallRecord]) -> Tally:
        """Count calls."""
        made = cls()
        for call in calls:
            made.add(call)
        return made

    def add(self, call: CallRecord) -> None:
        """Count one more call."""
        self.calls += 1
        if call.step is not None:
            self.made[call.step] += 1
            self.replayed[call.step] += call.replayed
        if not call.replayed:
            self._pay(call)

    def _pay(self, call: CallRecord) -> None:
        self.live += 1
        if call.usage:
            self.tokens += call.usage.input + call.usage.output
        if call.cost is not None:
            self.priced += 1
            self.cost += call.cost

    def totals(self) -> Totals:
        """Sum up."""
        return Totals(
            calls=self.calls,
            replayed=self.calls - self.live,
            tokens=self.tokens,
            cost=round(self.cost, 6) if self.priced == self.live else None,
        )


def overview(history: History, graph: Graph, *, n: int = 0) -> Overview:
    """Show a run with its ancestors and all their forks.

    Args:
        history: The run in view.
        graph: What it runs now; a step that ran other code is marked stale.
        n: Number of the last `Progress` that was sent.
    """
    runs = history.family()
    steps = {run.key: history.store.steps(run.key) for run in runs}
    calls = history.store.calls(list({step.ref: None for each in steps.values() for step in each}))
    shown = _Shown(history.store, graph, Tally.of(calls))
    past = {step.ref for step in steps[history.key]}
    return Overview(
        version=1,
        project=history.key.project,
        run=history.key.app_id,
        runs=[shown.run(run, steps[run.key]) for run in runs],
        graph=graph_wire(graph),
        totals=totals(call for call in calls if call.step in past),
        inputs=asks(graph, shown.next(history.run, steps[history.key])),
        n=n,
    )


def progress(history: History, graph: Graph, *, n: int, since: int, text: str = "") -> Progress:
    """Show what a run has come to since a step: that step and those after it, and the newest one whole.

    Args:
        history: The run that goes on.
        graph: What it runs.
        n: Number of this message.
        since: The first step that may have changed.
        text: What the running step has streamed so far.
    """
    return Going.of(history).progress(graph, n=n, since=since, text=text)


@dataclass(slots=True)
class Going:
    """A run that goes on: what is known of it, kept from message to message.

    Attributes:
        history: The run.
        steps: Its steps and those of its past, by number.
        tally: Of all their calls.
    """

    history: History
    steps: dict[int, StepRecord]
    tally: Tally

    @classmethod
    def of(cls, history: History) -> Going:
        """Read a run whole, once."""
        steps = history.store.steps(history.key)
        calls = history.store.calls([step.ref for step in steps])
        return cls(history, {step.seq: step for step in steps}, Tally.of(calls))

    def begin(self, ref: StepRef, action: str, at: float) -> None:
        """Take in that a step has begun."""
        seq = ref.seq or 0
        before = self.steps.get(seq - 1)
        decision = None if before is None else before.next
        self.steps[seq] = StepRecord(ref, action, "running", at, None, None, decision, None, None, (), ())

    def end(self, step: StepRecord) -> None:
        """Take in what a step has come to."""
        self.steps[step.seq] = step

    def progress(self, graph: Graph, *, n: int, since: int, text: str = "") -> Progress:
        """Show what is new since a step; the cost is that of what is new."""
        shown = _Shown(self.history.store, graph, self.tally)
        newest = next(reversed(self.steps.values()), None)
        run = self.history.run
        fresh = [
            self.steps[seq] for seq in range(since, newest.seq + 1 if newest else 0) if seq in self.steps
        ]
        return Progress(
            event="progress",
            n=n,
            run=shown.run(run, fresh or ([newest] if newest else []), since),
            totals=self.tally.totals(),
            inputs=asks(graph, shown.next(run, [newest] if newest else [])),
            detail=None if newest is None else step_detail(self.history, graph, newest, self._start(newest)),
            text=text,
        )

    def _start(self, step: StepRecord) -> StepRef:
        before = self.steps.get(step.seq - 1)
        own = before is not None and before.ref.run == step.ref.run
        return StepRef(step.ref.run, step.seq - 1 if own else None)


def status_line(overview: Overview) -> str:
    """Say in one line which run is in view and how it stands; nothing of it controls a terminal."""
    run = next((run for run in overview.get("runs", []) if run["id"] == overview["run"]), None)
    if run is None:
        return "agent"
    at = "no step yet" if run["head"] is None else f"step {run['head']} {run['status']}"
    line = f"{run['label']}: {at}, next {run['next'] or 'nothing'}"
    return one_line(visible(line), _LONGEST_LINE)


def step_wire(step: StepRecord, *, stale: bool, counts: Tally) -> StepWire:
    """Show one step as a tick of the slider."""
    took = None if step.ended_at is None else round((step.ended_at - step.started_at) * 1000, 3)
    return StepWire(
        run=step.ref.run.app_id,
        seq=step.seq,
        action=step.action,
        status=step.status,
        startedAt=step.started_at,
        ms=took,
        source=None if step.decision is None else step.decision.source,
        stale=stale,
        calls=counts.made.get(step.ref, 0),
        replayed=counts.replayed.get(step.ref, 0),
    )


def totals(calls: Iterable[CallRecord]) -> Totals:
    """Sum up calls. What was served from the ledger took no tokens and cost nothing."""
    return Tally.of(calls).totals()


def next_action(history: History, graph: Graph) -> str | None:
    """Tell which action a run goes on with; None where the graph ends or it cannot be decided."""
    return _Shown(history.store, graph, Tally()).next(history.run, list(history))


class _Shown:
    """What all runs of a family are shown with."""

    def __init__(self, store: Store, graph: Graph, counts: Tally) -> None:
        self.store = store
        self.graph = graph
        self.counts = counts
        self.codes = {action.name: action.code for action in graph.actions}

    def run(self, run: RunRecord, steps: Sequence[StepRecord], since: int = 0) -> RunWire:
        own = [step for step in steps if step.ref.run == run.key and step.seq >= since]
        return RunWire(
            id=run.key.app_id,
            label=run.label or short_id(run.key.app_id),
            status=run.status or "new",
            head=run.head,
            next=self.next(run, steps),
            parent=None if run.parent is None else run.parent.run.app_id,
            forkedAt=None if run.parent is None else run.parent.seq,
            createdAt=run.created_at,
            steps=[step_wire(step, stale=self.stale(step), counts=self.counts) for step in own],
        )

    def next(self, run: RunRecord, steps: Sequence[StepRecord]) -> str | None:
        if not steps:
            return run.entrypoint
        last = steps[-1]
        if last.status != "completed":
            return last.action
        decided = last.next if last.ref.run == run.key else None
        return decided.target if decided is not None else self.decided(run, last.action)

    def decided(self, run: RunRecord, prior: str) -> str | None:
        try:
            return self.graph.next(prior, self.store.head_state(run.key)).target
        except (AgentError, KeyError):
            return None

    def stale(self, step: StepRecord) -> bool:
        now = self.codes.get(step.action)
        return step.code is not None and now is not None and step.code != now
