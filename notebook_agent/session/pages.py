"""What a page without a kernel carries of a run: its own line first, as much as there is room for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from notebook_agent import view
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import RunRecord
from notebook_agent.view.escape import plural
from notebook_agent.view.wire import Detail, Page

__all__ = ["page_of"]

_STEPS = 500
_BYTES = 1_500_000
"""Before values are shared, as that is what has to be made anew at every halt."""


def page_of(history: History, graph: Graph, *, most: int = _STEPS, size: int = _BYTES) -> Page:
    """Return what a page carries: the run, its ancestors and forks.

    Checkpoints are carried whole, those of the run first, then what it goes on from, then all others, each
    from the newest on: up to `most`, and up to `size` bytes of JSON before what they share is put together.
    """
    overview = view.overview(history, graph)
    refs = _by_worth(history)
    details = dict(_fitting(refs, view.details(history, graph, refs[:most]), size))
    left = len(refs) - len(details)
    note = f"Without the details of {left:,} of {plural(len(refs), 'checkpoint')}. " if left else ""
    return Page(overview=overview, details=details, note=f"{_recorded(history)}{note}Secrets are masked.")


def _recorded(history: History) -> str:
    """Say from when a page is, so that nobody takes it for the present."""
    head = history.run.head
    at = "before the first step" if head is None else f"at step @{head}"
    return f"Recorded {at}, {datetime.now().astimezone().isoformat(' ', 'minutes')}. "


def _fitting(refs: Sequence[StepRef], made: Iterator[Detail], size: int) -> Iterator[tuple[str, Detail]]:
    """Go through details until they are too large together; the first comes in any case."""
    spent = 0
    for ref, detail in zip(refs, made, strict=False):
        spent += len(json.dumps(detail, ensure_ascii=False).encode("utf-8", "replace"))
        if spent > size and ref != refs[0]:
            return
        yield _name(ref), detail


def _by_worth(history: History) -> list[StepRef]:
    family = {run.key: run for run in history.family()}
    others = [ref for run in family.values() for ref in _checkpoints(run)][::-1]
    return list(dict.fromkeys([*_line(history.key, family), *others]))


def _line(key: RunKey, family: dict[RunKey, RunRecord]) -> Iterator[StepRef]:
    """Go back through a run, and through its ancestors from where each was forked."""
    last = math.inf
    run = family.get(key)
    while run is not None:
        yield from (ref for ref in reversed(_checkpoints(run)) if _place(ref) <= last)
        last = min(last, -1 if run.parent is None else _place(run.parent))
        run = None if run.parent is None else family.get(run.parent.run)


def _place(ref: StepRef) -> int:
    return -1 if ref.seq is None else ref.seq


def _checkpoints(run: RunRecord) -> list[StepRef]:
    first = 0 if run.parent is None or run.parent.seq is None else run.parent.seq + 1
    return [StepRef(run.key, None), *(StepRef(run.key, first + n) for n in range(run.steps))]


def _name(ref: StepRef) -> str:
    return f"{ref.run.app_id}@{'start' if ref.seq is None else ref.seq}"
