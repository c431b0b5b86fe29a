"""Which stored run a notebook goes on with: the one that it worked with last."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from notebook_agent.ids import notebook_here
from notebook_agent.session.results import run_name
from notebook_agent.session.words import as_word
from notebook_agent.store.protocol import RunRecord, Store

__all__ = ["STOPPED", "latest", "made_here", "way_back"]

STOPPED = ("failed", "interrupted")


def made_here(store: Store, project: str) -> list[RunRecord]:
    """Return the runs of this notebook in whatever project, newest first; in a script the project's."""
    here = notebook_here()
    if here is None:
        return store.runs(project)
    return [run for run in store.runs(None) if run.notebook == here and run.spawned_by is None]


def latest(runs: Iterable[RunRecord]) -> RunRecord | None:
    """Return the unfinished run that was worked with last, else the last one."""
    known = _worked_with(runs)
    return next((run for run in known if run.status in STOPPED), known[0] if known else None)


def way_back(runs: Sequence[RunRecord], graphs: Sequence[frozenset[str]]) -> str:
    """Say which command goes on with the latest run of a graph that has these actions; "" where none has."""
    run = latest(run for run in runs if any({run.entrypoint, run.action} <= names for names in graphs))
    if run is None:
        return ""
    name = run_name(run)
    command = "%agent resume" if run == latest(runs) else f"%agent resume {as_word(name)}"
    return f"{command} goes on with {name} where it stopped, a new run begins with "


def _worked_with(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Order runs by when they were worked with last, those that have begun only, if any has.

    The forks of a grid, which nobody worked with, are left out where there are others.
    """
    newest = sorted(runs, key=lambda run: run.updated_at, reverse=True)
    known = [run for run in newest if not _is_of_grid(run)] or newest
    return [run for run in known if run.head is not None] or known


def _is_of_grid(run: RunRecord) -> bool:
    """Tell a fork that was made among many, by its label."""
    return run.parent is not None and re.fullmatch(r".+\.\d+", run.label or "") is not None
