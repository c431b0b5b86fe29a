"""A run as the panel shows it: from the store's records to what travels to the page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from notebook_agent.errors import AgentError
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import RunRecord, StepRecord, Store
from notebook_agent.view.brief import short_id
from notebook_agent.view.detail import asks
from notebook_agent.view.drawing import graph_wire
from notebook_agent.view.escape import one_line
from notebook_agent.view.served import Served
from notebook_agent.view.steps import steps_wire
from notebook_agent.view.tally import Tally
from notebook_agent.view.values import visible
from notebook_agent.view.wire import Overview, RunLine, RunWire, StatusWire

__all__ = ["RunWriter", "overview", "run_lines", "run_status", "status_line"]

_LONGEST_LINE = 200


def overview(history: History, graph: Graph, *, n: int = 0, served: Served | None = None) -> Overview:
    """Show a run with its ancestors and all their forks.

    Args:
        history: The run in view.
        graph: What it runs now; a step that ran other code is marked stale.
        n: Number of the last `Progress` that was sent.
        served: What is known of steps that were served, where one asks again and again.
    """
    edited = {edit.after for edit in history.edits()}
    writer = RunWriter(history.store, graph, edited, served)
    runs = history.family()
    shown = [writer.run(run, writer.own_steps(run)) for run in runs]
    in_view = next(run for run in shown if run["id"] == history.key.app_id)
    return Overview(
        version=2,
        project=history.key.project,
        run=history.key.app_id,
        runs=shown,
        graph=graph_wire(graph),
        totals=Tally.of_run(history.store, history.key).totals(),
        inputs=asks(graph, in_view["next"]),
        n=n,
    )


def run_lines(runs: Sequence[RunRecord]) -> list[RunLine]:
    """List runs as the panel's list of runs has them, in the order given."""
    labels = {run.key: _label(run) for run in runs}
    return [_line(run, labels.get(run.parent.run) if run.parent else None) for run in runs]


def run_status(run: RunRecord) -> StatusWire:
    """Say how a run stands; a fork that has made no step did not fail, whatever it goes on from."""
    if run.status is None or (run.steps == 0 and run.status in {"failed", "interrupted"}):
        return "new"
    return run.status


def _line(run: RunRecord, parent: str | None) -> RunLine:
    return RunLine(
        id=run.key.app_id,
        label=_label(run),
        status=run_status(run),
        steps=run.steps,
        action=run.action,
        parent=parent,
        updatedAt=run.updated_at,
        pinned=run.pinned,
    )


def status_line(overview: Overview) -> str:
    """Say in one line which run is in view and how it stands; nothing of it controls a terminal."""
    run = next((run for run in overview.get("runs", []) if run["id"] == overview["run"]), None)
    if run is None:
        return "agent"
    at = "no step yet" if run["status"] == "new" else f"@{run['head']} {run['status']}"
    line = f"{run['label']}: {at}, next {run['next'] or 'nothing'}"
    return one_line(visible(line), _LONGEST_LINE)


class RunWriter:
    """Writes runs for the page in the light of one graph; after the steps `edited` the state was changed."""

    def __init__(
        self,
        store: Store,
        graph: Graph,
        edited: Collection[StepRef] = (),
        served: Served | None = None,
    ) -> None:
        self._store = store
        self._served = served or Served()
        self._edited = edited
        self._graph = graph
        self._codes = {action.name: action.code for action in graph.actions}

    def own_steps(self, run: RunRecord) -> list[StepRecord]:
        """Read the steps that the run itself made."""
        return self._store.steps(run.key, first=_after(run.parent))

    def run(self, run: RunRecord, steps: Sequence[StepRecord]) -> RunWire:
        """Write a run with some of its own steps, of which the last is its head."""
        return RunWire(
            id=run.key.app_id,
            label=_label(run),
            status=run_status(run),
            head=run.head,
            next=self._next(run, steps[-1] if steps else self._forked_after(run)),
            parent=None if run.parent is None else run.parent.run.app_id,
            forkedAt=None if run.parent is None else run.parent.seq,
            createdAt=run.created_at,
            steps=steps_wire(steps, self._is_stale, self._edited, self._served_among(steps)),
        )

    def _served_among(self, steps: Sequence[StepRecord]) -> set[StepRef]:
        return self._served.among(self._store, self._graph, steps)

    def _forked_after(self, run: RunRecord) -> StepRecord | None:
        if run.parent is None or run.parent.seq is None:
            return None
        return self._store.step(StepRef(run.key, run.parent.seq))

    def _next(self, run: RunRecord, last: StepRecord | None) -> str | None:
        if last is None:
            return run.entrypoint
        if last.status != "completed":
            return last.action
        decided = last.next if last.ref.run == run.key else None
        return decided.target if decided is not None else self._decided(run, last.action)

    def _decided(self, run: RunRecord, prior: str) -> str | None:
        try:
            return self._graph.next(prior, self._store.head_state(run.key)).target
        except (AgentError, KeyError):
            return None

    def _is_stale(self, step: StepRecord) -> bool:
        now = self._codes.get(step.action)
        return step.code is not None and now is not None and step.code != now


def _after(parent: StepRef | None) -> int:
    return 0 if parent is None or parent.seq is None else parent.seq + 1


def _label(run: RunRecord) -> str:
    name = run.label or short_id(run.key.app_id)
    return f"{name} (removed)" if run.removed else name
