"""Taking a stored run into use again."""

from __future__ import annotations

from pathlib import Path

from notebook_agent.application import Application
from notebook_agent.errors import CommandError, UnknownRunError
from notebook_agent.session.latest import STOPPED, latest, made_here
from notebook_agent.session.opening import opened
from notebook_agent.session.pricing import changed_line, price_line
from notebook_agent.session.projects import other_projects, told_of_projects
from notebook_agent.session.references import find_run
from notebook_agent.session.results import run_name
from notebook_agent.session.starting import unmet_reads
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import UNFINISHED, Workspace
from notebook_agent.store.protocol import RunRecord

__all__ = ["priced", "resume", "stopped"]


def resume(
    ws: Workspace,
    name: str | None = None,
    recorded: str | Path | None = None,
    project: str | None = None,
) -> str:
    """Take a stored run into use again; return the sentence that says where it stands.

    Args:
        ws: The session.
        name: Its label or the beginning of its id; else the unfinished one of this notebook that was last
            worked with, or the last one. The forks of a grid come after all others.
        recorded: A file of recorded calls, which are replayed where no key is set.
        project: Where the run is kept, if not in this notebook's project.
    """
    told = "" if recorded is None else ws.replay.choose(recorded, ws.settings.ledger)
    if project is not None:
        run = _of_project(ws, project, name)
    else:
        run = _to_resume(ws) if name is None else _named(ws, name)
    app = opened(ws, run)
    ws.take(app, _base_name(run))
    return "; ".join(filter(None, (_resumed(app), told)))


def _named(ws: Workspace, name: str) -> RunRecord:
    try:
        return ws.record(name)
    except UnknownRunError:
        with told_of_projects(ws):
            runs = {run.key: run for run in (*ws.runs(), *made_here(ws.store(), ws.project()))}
            return find_run(name, list(runs.values()), family=ws.family())


def _of_project(ws: Workspace, project: str, name: str | None) -> RunRecord:
    """Return the named run of another project, or its last unfinished one."""
    runs = ws.tracker(project).runs()
    if name is not None:
        return find_run(name, runs)
    unfinished = [run for run in runs if run.status in STOPPED and run.spawned_by is None]
    if not unfinished:
        listed = f"its runs: {listing(map(run_name, runs))}" if runs else "it has no runs"
        raise CommandError(f"no run of project {project!r} is unfinished ({listed}){other_projects(ws)}")
    return unfinished[0]


def _to_resume(ws: Workspace) -> RunRecord:
    if ws.app is not None:
        used = ws.app.history.run
        if used.status in UNFINISHED or used.head != ws.app.sequence_id:
            return used
    here = made_here(ws.store(), ws.project())
    runs = [run for run in here if ws.app is None or run.key != ws.app.key]
    found = latest(runs)
    if found is None:
        raise CommandError(_none(ws))
    if ws.app is not None and found.status not in STOPPED:
        raise CommandError(_nothing(ws))
    return found


def _nothing(ws: Workspace) -> str:
    return (
        f"nothing is unfinished: no run of this notebook failed or was interrupted at its last step. "
        f"{ws.label()} stays in use, %agent resume RUN takes another"
    )


def _none(ws: Workspace) -> str:
    others = [run for run in ws.runs() if ws.app is None or run.key != ws.app.key]
    if ws.app is not None and not others:
        return _nothing(ws)
    if not others:
        return f"there is no run in project {ws.project()!r} to resume{other_projects(ws)}"
    run = next((run for run in others if run.status in STOPPED), others[0])
    place = f", made in {run.notebook}" if run.notebook else ""
    return (
        f"this notebook has made no run to resume; project {ws.project()!r} has {run_name(run)}{place}: "
        f"%agent resume {run_name(run)}"
    )


def priced(ws: Workspace, line: str) -> str:
    """Return the sentence of `resume` with what changed since, what is missing, and what going on takes."""
    app = ws.in_use()
    told = (line, changed_line(ws), unmet_reads(app), price_line(app))
    return "\n".join(filter(None, told))


def stopped(ws: Workspace) -> bool:
    """Return whether the run in use stands at a step that did not complete."""
    run = ws.in_use().history.run
    return run.status in STOPPED and ws.in_use().has_next_action()


def _base_name(run: RunRecord) -> str | None:
    base, _, digits = (run.label or "").rpartition("-")
    return base if base and run.key.app_id.startswith(digits) else run.label


def _resumed(app: Application) -> str:
    run = app.history.run
    following = app.get_next_action()
    at = "at its start" if run.head is None else f"after @{run.head} {run.action} ({run.status})"
    return f"{run_name(run)} {at}, next {following.name if following else 'nothing'}"
