"""The projects of a store: listed, and named where a run is looked for in vain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from notebook_agent.errors import CommandError, UnknownRunError
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Table
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord
from notebook_agent.view.escape import plural

__all__ = ["other_projects", "project_names", "projects_table", "told_of_projects"]


def projects_table(ws: Workspace) -> Table:
    """List the projects of the session's store, that with the newest run first; the present one is marked."""
    runs = _every(ws)
    newest: dict[str, RunRecord] = {}
    for run in runs:
        newest.setdefault(run.key.project, run)
    counts = Counter(run.key.project for run in runs)
    rows = tuple(
        ("→" if name == ws.project() else "", name, counts[name], run_name(run), run.notebook or "")
        for name, run in newest.items()
    )
    return Table(("", "project", "runs", "newest", "made in"), rows, "no projects yet")


def project_names(ws: Workspace) -> list[str]:
    """Return the projects of the session's store, that with the newest run first."""
    return list(dict.fromkeys(run.key.project for run in _every(ws)))


def other_projects(ws: Workspace) -> str:
    """Say which other projects there are and how to look there; nothing where there are none."""
    counts = Counter(run.key.project for run in _every(ws) if run.key.project != ws.project())
    if not counts:
        return ""
    named = listing(f"{name} with {plural(count, 'run')}" for name, count in counts.items())
    return f"; --project NAME looks in another project ({named})"


@contextmanager
def told_of_projects(ws: Workspace) -> Iterator[None]:
    """Name the other projects where a run is not found though the present project has none at all."""
    try:
        yield
    except (UnknownRunError, CommandError) as error:
        told = "" if ws.runs() else other_projects(ws)
        if not told:
            raise
        raise type(error)(f"{str(error).rstrip('.')}{told}") from None


def _every(ws: Workspace) -> list[RunRecord]:
    return [run for run in ws.store().runs(None) if run.spawned_by is None]
