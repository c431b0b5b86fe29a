"""What differs between two checkpoints, or two runs, and where those part."""

from __future__ import annotations

from notebook_agent.history import History, changes
from notebook_agent.session.parting import parting
from notebook_agent.session.references import Where, is_reference
from notebook_agent.session.results import Difference, run_name
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord

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
    return Difference(run_name(a), run_name(b), found, parting(first, second).said)
