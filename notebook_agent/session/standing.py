"""How a run stands: what is next, or why that cannot be decided, and what failed last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.application import Application
from notebook_agent.condition import Check, Decision
from notebook_agent.errors import AgentError
from notebook_agent.graph import Graph
from notebook_agent.history import flip
from notebook_agent.redact import redact_text
from notebook_agent.session.pricing import changed_line
from notebook_agent.session.results import Why, run_name
from notebook_agent.session.shown import Said
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.escape import plural

__all__ = ["Upcoming", "coming", "run_beside", "status", "upcoming"]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The action that is next; None where the graph ends, or where `trouble` says why none can be told."""

    action: str | None
    trouble: str = ""

    def __str__(self) -> str:
        return self.action or ("not decided" if self.trouble else "nothing")


def upcoming(app: Application) -> Upcoming:
    """Return what is next, whatever the conditions raise."""
    try:
        action = app.get_next_action()
    except Exception as error:  # noqa: BLE001 - a condition of the user's may raise anything
        return Upcoming(None, _said(error))
    return Upcoming(None if action is None else action.name)


def status(ws: Workspace) -> Said:
    """Say how things stand: the run, its head, what is next, what failed last."""
    app = ws.in_use()
    steps = list(app.history)
    following = upcoming(app)
    made = f"{plural(len(app.graph.actions), 'action')}, {plural(len(steps), 'step')}, next {following}"
    lines = [f"{ws.label()}: {made}"]
    if following.trouble:
        lines.append(following.trouble)
    if told := changed_line(ws):
        lines.append(told)
    if ws.past is not None:
        name = run_name(ws.store().run(ws.past.run))
        at = "start" if ws.past.seq is None else ws.past.seq
        lines.append(f"looking at {name}@{at}; a run from here makes a fork")
    return Said("\n".join([*lines, *_course(ws, steps[-1:])]))


def _course(ws: Workspace, last: Sequence[StepRecord]) -> Iterator[str]:
    """Say what goes on, and of a run at rest how its last step ended if that did not complete."""
    beside = run_beside(ws)
    if beside is not None:
        yield f"{beside} goes on beside the cells; %agent stop ends it"
    if beside != ws.label():
        yield from (_failure(step) for step in last if step.status != "completed")


def run_beside(ws: Workspace) -> str | None:
    """Return what the run is called that goes on beside the cells; None where none does."""
    gate = ws.worker.gate
    found = (app for app in ws.apps.values() if gate is not None and app.gate is gate)
    return next((run_name(app.history.run) for app in found), None)


def _failure(step: StepRecord) -> str:
    said = (
        f": {step.failure.type}: {step.failure.message}" if step.failure and step.status == "failed" else ""
    )
    return f"@{step.seq} {step.action} {step.status}{said}; %agent retry goes on with it"


def coming(ws: Workspace) -> Why:
    """Tell why the next action of the run in use is next, or how far the conditions can be decided."""
    app = ws.in_use()
    last = app.history[-1] if len(app.history) else None
    where = f"next in {ws.label()}"
    if last is None or last.status != "completed":
        return Why(where, None if last is None else last.decision)
    try:
        decision = app.graph.next(last.action, app.state)
        return Why(where, decision, flip=flip(app.graph, last.action, app.state))
    except Exception as error:  # noqa: BLE001 - a condition of the user's may raise anything
        return Why(where, _so_far(app.graph, last.action, app.state), _said(error))


def _so_far(graph: Graph, source: str, state: State) -> Decision:
    checks: list[Check] = []
    for edge in graph.edges_from(source) if source in graph.names else ():
        condition = edge.condition
        try:
            checks.append(
                Check(edge.target, condition.name, condition.operands(state), condition.evaluate(state))
            )
        except Exception:  # noqa: BLE001 - as above; the sentence is told beside the checks
            break
    return Decision(source, None, tuple(checks))


def _said(error: Exception) -> str:
    return redact_text(str(error) if isinstance(error, AgentError) else f"{type(error).__name__}: {error}")
