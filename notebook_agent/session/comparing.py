"""What differs between two checkpoints, or two runs, and where those part."""

from __future__ import annotations

from notebook_agent.history import CodeChange, History, call_changes, changes, code_changes
from notebook_agent.session.difference import Difference
from notebook_agent.session.parting import parting
from notebook_agent.session.place import Place
from notebook_agent.session.references import Where, is_reference
from notebook_agent.session.results import run_name
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import RunRecord

__all__ = ["diff"]


def diff(ws: Workspace, a: Where, b: Where, *, code: bool = False, calls: bool = False) -> Difference:
    """Compare two checkpoints, or the heads of two runs."""
    if isinstance(a, str) and not is_reference(a):
        return _diff_runs(ws, ws.record(a), ws.record(b if isinstance(b, str) else None), (code, calls))
    one, other = ws.place(a), ws.place(b)
    first, from_seq, second, to_seq = one.history, one.seq, other.history, other.seq
    code_of = tuple(code_changes(first, from_seq, second, to_seq))
    asked = from_seq is not None and to_seq is not None
    return Difference(
        one.name,
        other.name,
        tuple(changes(one.state(), other.state())),
        _by_hand(one, other) if first.key == second.key else "",
        code=code_of,
        calls=tuple(call_changes(first, from_seq or 0, second, to_seq or 0)) if asked else (),
        with_code=code,
        with_calls=calls,
        used=_used(ws, code_of),
    )


def _by_hand(one: Place, other: Place) -> str:
    """Say what was edited between two checkpoints of a run, which no step wrote."""
    low, high = sorted((-1 if each.seq is None else each.seq) + each.latest for each in (one, other))
    edits = one.history.edits()
    places = [(-1 if edit.after.seq is None else edit.after.seq, edit.keys) for edit in edits]
    found = {(at, key): f"{key} after @{'start' if at < 0 else at}" for at, keys in places for key in keys}
    within = [text for (at, _), text in found.items() if low <= at < high]
    return f"edited by hand in between: {listing(within)}" if within else ""


def _used(ws: Workspace, code: tuple[CodeChange, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(ws.codes.differing(*each.ids) for each in code)


def _diff_runs(ws: Workspace, a: RunRecord, b: RunRecord, shown: tuple[bool, bool]) -> Difference:
    first, second = History(ws.store(), a.key), History(ws.store(), b.key)
    found = parting(first, second)
    at = found.seq
    code = tuple(code_changes(first, a.head, second, b.head))
    both = at is not None and all(at <= (-1 if each.head is None else each.head) for each in (a, b))
    return Difference(
        run_name(a),
        run_name(b),
        tuple(changes(ws.store().head_state(a.key), ws.store().head_state(b.key))),
        found.said,
        at,
        code,
        tuple(call_changes(first, at or 0, second, at or 0)) if both else (),
        *shown,
        _used(ws, code),
    )
