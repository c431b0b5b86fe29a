"""Taking a stored run into use again."""

from __future__ import annotations

from notebook_agent.application import Application
from notebook_agent.errors import CommandError
from notebook_agent.session.opening import opened
from notebook_agent.session.pricing import price_line
from notebook_agent.session.results import run_name
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import UNFINISHED, Workspace
from notebook_agent.store.protocol import RunRecord

__all__ = ["resume"]


def resume(ws: Workspace, name: str | None = None) -> str:
    """Take a stored run into use again; return the sentence that says where it stands."""
    run = ws.record(name) if name is not None else _to_resume(ws)
    app = opened(ws, run)
    ws.take(app, _base_name(run))
    return _resumed(app)


def _to_resume(ws: Workspace) -> RunRecord:
    if ws.app is not None:
        used = ws.app.history.run
        if used.status in UNFINISHED or used.head != ws.app.sequence_id:
            return used
    runs = [run for run in ws.runs() if ws.app is None or run.key != ws.app.key]
    unfinished = [run for run in runs if run.status in UNFINISHED]
    if not runs:
        raise CommandError(f"there is no other run in project {ws.project()!r} to resume")
    return (unfinished or runs)[0]


def _base_name(run: RunRecord) -> str | None:
    base, _, digits = (run.label or "").rpartition("-")
    return base if base and run.key.app_id.startswith(digits) else run.label


def _resumed(app: Application) -> str:
    run = app.history.run
    following = app.get_next_action()
    at = "at its start" if run.head is None else f"after @{run.head} {run.action} ({run.status})"
    changed = _changed_since(app)
    rest = f"; code changed since: {listing(changed)}" if changed else ""
    went = f"{run_name(run)} {at}, next {following.name if following else 'nothing'}{rest}"
    return "\n".join(filter(None, (went, price_line(app))))


def _changed_since(app: Application) -> list[str]:
    last = {step.action: step.code for step in app.history if step.code}
    return [
        f"{action.name} ({code[:4]} → {action.code[:4]})"
        for action in app.graph.actions
        if (code := last.get(action.name)) is not None and code != action.code
    ]
