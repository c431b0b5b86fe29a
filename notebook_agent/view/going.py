"""A run that goes on: what is new of it, message by message."""

from __future__ import annotations

from dataclasses import dataclass

from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.detail import asks, step_detail
from notebook_agent.view.panel import RunWriter
from notebook_agent.view.tally import Tally
from notebook_agent.view.wire import Detail, Progress

__all__ = ["Going", "progress"]


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

    def progress(self, graph: Graph, *, n: int, since: int, text: str = "", whole: bool = True) -> Progress:
        """Show what is new since a step, the newest one `whole` or not; the cost is that of what is new."""
        writer = RunWriter(self.history.store, graph)
        newest = next(reversed(self.steps.values()), None)
        run = self.history.run
        fresh = [
            self.steps[seq] for seq in range(since, newest.seq + 1 if newest else 0) if seq in self.steps
        ]
        return Progress(
            event="progress",
            n=n,
            run=writer.run(run, fresh or ([newest] if newest else []), since),
            totals=self.tally.totals(),
            inputs=asks(graph, writer.next(run, [newest] if newest else [])),
            detail=self._detail(graph, newest) if whole and newest else None,
            text=text,
        )

    def _detail(self, graph: Graph, step: StepRecord) -> Detail:
        return step_detail(self.history, graph, step, self._start(step))

    def _start(self, step: StepRecord) -> StepRef:
        before = self.steps.get(step.seq - 1)
        own = before is not None and before.ref.run == step.ref.run
        return StepRef(step.ref.run, step.seq - 1 if own else None)
