"""What differs between two checkpoints, or two runs, and where those part."""

from __future__ import annotations

import re

from notebook_agent.history import History, changes
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.references import Where, is_reference
from notebook_agent.session.results import Difference, run_name
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord, Store
from notebook_agent.view.escape import plural

__all__ = ["diff"]


def diff(ws: Workspace, a: Where, b: Where) -> Difference:
    """Compare two checkpoints, or the heads of two runs."""
    if isinstance(a, str) and not is_reference(a):
        return _diff_runs(ws, ws.record(a), ws.record(b if isinstance(b, str) else None))
    first, from_seq = ws.resolve(a)
    second, to_seq = ws.resolve(b)
    found = tuple(changes(first.at(from_seq), second.at(to_seq)))
    return Difference(_at(first, from_seq), _at(second, to_seq), found)


def _at(history: History, seq: int | None) -> str:
    return f"{run_name(history.run)}@{'start' if seq is None else seq}"


def _diff_runs(ws: Workspace, a: RunRecord, b: RunRecord) -> Difference:
    first, second = History(ws.store(), a.key), History(ws.store(), b.key)
    found = tuple(changes(ws.store().head_state(a.key), ws.store().head_state(b.key)))
    return Difference(run_name(a), run_name(b), found, _parting(first, second))


def _parting(first: History, second: History) -> str:
    together: set[RunKey] = set()
    for one, other in zip(first, second, strict=False):
        if one.ref == other.ref:
            together.add(one.ref.run)
            continue
        if edited := _edited(first.store, [one.ref.run, other.ref.run], together):
            return edited
        if one.action != other.action:
            return f"they part at @{one.seq}: {one.action} here, {other.action} there"
        if any(changes(first.at(one.seq), second.at(other.seq))):
            return f"they part at @{one.seq}: {one.action} came to another state"
        together |= {one.ref.run, other.ref.run}
    alike = f"{plural(min(len(first), len(second)), 'step')} alike"
    return _edited(first.store, [first.key, second.key], together) or alike


def _edited(store: Store, runs: list[RunKey], together: set[RunKey]) -> str:
    """Say where a run that has gone its own way only now began with edited values."""
    for key in runs:
        parent = store.run(key).parent
        if parent is None or key in together:
            continue
        found = changes(store.state(parent), store.state(StepRef(key, None)))
        keys = list(dict.fromkeys(re.split(r"[.\[]", change.path, maxsplit=1)[0] for change in found))
        if keys:
            at = "start" if parent.seq is None else parent.seq
            return f"they part at the fork @{at}: {listing(keys)} {'were' if keys[1:] else 'was'} edited"
    return ""
