"""A run as a file: the panel as one page, or its LLM calls as a ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from notebook_agent import view
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord
from notebook_agent.view.escape import plural
from notebook_agent.view.wire import Detail, Page

__all__ = ["export", "page_of"]

_STEPS = 500
_BYTES = 1_000_000
_KINDS = ".html (a page to scrub through) and .json (recorded LLM calls)"


def export(ws: Workspace, path: Path) -> str:
    """Write the file that the suffix asks for; return the sentence that says so.

    Raises:
        CommandError: the suffix says nothing, or the file cannot be written.
    """
    try:
        return _write(ws, path.expanduser())
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}", path=str(path)) from None


def _write(ws: Workspace, path: Path) -> str:
    history = ws.in_use().history
    if path.suffix == ".html":
        from notebook_agent.view import page

        made = page_of(history, ws.in_use().graph)
        path.write_text(page.render(made, ws.label()), encoding="utf-8")
        return f"{path}: {plural(len(made['details']), 'checkpoint')}, {path.stat().st_size / 1000:,.0f} kB"
    if path.suffix == ".json":
        from notebook_agent.calls import Recording

        calls = history.calls()
        Recording.save(path, calls)
        return f"{path}: {plural(len(calls), 'LLM call')}"
    raise CommandError(f"{path} has no suffix that export knows: {_KINDS}")


def page_of(history: History, graph: Graph, most: int = _STEPS, size: int = _BYTES) -> Page:
    """Return what an exported page carries: the run, its ancestors and forks.

    Of the checkpoints the newest are carried whole: up to `most`, and up to `size` bytes as JSON.
    """
    overview = view.overview(history, graph)
    refs = list(dict.fromkeys(ref for run in history.family() for ref in _checkpoints(run)))
    details = dict(_newest(history, graph, refs[: -most - 1 : -1], size))
    left = len(refs) - len(details)
    note = (
        f"Without the details of the {left:,} oldest of {plural(len(refs), 'checkpoint')}. " if left else ""
    )
    return Page(overview=overview, details=details, note=f"{note}Secrets are masked.")


def _newest(history: History, graph: Graph, refs: list[StepRef], size: int) -> Iterator[tuple[str, Detail]]:
    """Go through details until they are too large together; the first comes in any case."""
    spent = 0
    for ref, made in zip(refs, view.details(history, graph, refs), strict=True):
        spent += len(json.dumps(made, ensure_ascii=False).encode("utf-8", "replace"))
        if spent > size and ref != refs[0]:
            return
        yield _name(ref), made


def _checkpoints(run: RunRecord) -> list[StepRef]:
    first = 0 if run.parent is None or run.parent.seq is None else run.parent.seq + 1
    return [StepRef(run.key, None), *(StepRef(run.key, first + n) for n in range(run.steps))]


def _name(ref: StepRef) -> str:
    return f"{ref.run.app_id}@{'start' if ref.seq is None else ref.seq}"
