"""States changed by hand between two steps: written, listed, and what the next step begins with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State, same
from notebook_agent.store.codec.stored import mark_of
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.head import check_writer, find_head
from notebook_agent.store.lineage import (
    SEQ,
    Line,
    Segment,
    find_line,
    line_of,
    no_step,
    owner_of,
    segments,
    step_id,
)
from notebook_agent.store.records import names_text, read_names
from notebook_agent.store.told import Edit, Stand
from notebook_agent.store.walk import fields

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["add_edit", "edit_state", "edited_text", "edits_between", "list_edits", "states_begun"]

_ADD: Final = """
INSERT INTO edit (step, n, at, keys, state)
VALUES (?, (SELECT coalesce(max(n), -1) + 1 FROM edit WHERE step = ?), ?, ?, ?)
"""
_LIST: Final = "SELECT step, at, keys, state FROM edit WHERE step BETWEEN ? AND ? ORDER BY step, n"
_BEGUN: Final = """
SELECT coalesce(
  (SELECT state FROM edit WHERE step = begun.id ORDER BY n DESC LIMIT 1),
  (SELECT state FROM step WHERE id = begun.id - 1 AND run = begun.id >> 32),
  (SELECT state FROM run WHERE id = begun.id >> 32))
FROM step AS begun WHERE id = ?
"""
_FORKED: Final = "SELECT parent_seq, created_at FROM run WHERE id = ?"
_STATE: Final = "SELECT state FROM step WHERE id = ?"
_SEQ: Final = (1 << SEQ) - 1

Row = tuple[int, float, tuple[str, ...], str]
"""The id of the step that begins with an edit, its time, the keys, and the state as JSON."""


@at_any_age
def edit_state(core: Core, key: RunKey, state: State, after: int | Stand | None) -> Stand:
    """See `Store.edit_state`."""
    values = state.plain().get_all()
    with core.write(state=values) as (transaction, encoder):
        connection = transaction.connection
        head = find_head(core, connection, key)
        check_writer(core, connection, key, head, after)
        keys = _changed(core.state(core.state_decoder(connection), head.state), values)
        root, _ = encoder.root(values, {})
        now = time.time()
        if keys:
            step = step_id(head.run, 0 if head.seq is None else head.seq + 1)
            add_edit(connection, step, now, keys, root)
        connection.execute("UPDATE run SET updated_at = ? WHERE id = ?", (now, head.run))
        if head.step is not None:
            connection.execute("UPDATE step SET next = NULL WHERE id = ?", (head.step,))
    return head.stand._replace(edits=head.edits + bool(keys))


def add_edit(connection: Connection, step: int, at: float, keys: Sequence[str], state: str) -> None:
    """Write that a step begins with a state that was changed by hand."""
    connection.execute(_ADD, (step, step, at, names_text(tuple(keys)) or "[]", state))


def list_edits(core: Core, connection: Connection, key: RunKey) -> list[Edit]:
    """See `Store.edits`."""
    line = find_line(connection, key, deleted=True)
    made = {segment.key: segment for segment in segments(connection, line)}
    found: list[Edit] = []
    for own, begun in reversed(list(_line(connection, line))):
        found += [] if begun is None else _forked(core, connection, own, begun)
        if (part := made.get(own.key)) is not None:
            found += _edited(connection, part)
    return found


class _Begun(NamedTuple):
    """What a fork was made of: when, the checkpoint and its state as JSON."""

    at: float
    parent: StepRef
    state: str


def _line(connection: Connection, line: Line) -> Iterator[tuple[Line, _Begun | None]]:
    """A run and those whose states it began with, as far back as they go."""
    while line.parent is not None:
        parent = line_of(connection, line.parent)
        seq, at = connection.execute(_FORKED, (line.id,)).fetchone()
        source = StepRef(parent.key, seq)
        if seq is not None:
            while parent.base is not None and seq <= parent.base and parent.parent is not None:
                parent = line_of(connection, parent.parent)
        state = parent.state if seq is None else _after(connection, parent, seq)
        yield line, None if state is None else _Begun(at, source, state)
        line = parent
    yield line, None


def _after(connection: Connection, line: Line, seq: int) -> str | None:
    row = connection.execute(_STATE, (step_id(line.id, seq),)).fetchone()
    return None if row is None else cast("str", row[0])


def _forked(core: Core, connection: Connection, line: Line, begun: _Begun) -> list[Edit]:
    """What was changed where a fork was made; nothing, or one edit."""
    if line.state == begun.state:
        return []
    old, new = fields(connection, begun.state), fields(connection, line.state)
    decoder = core.state_decoder(connection)
    keys = tuple(
        key
        for key in dict.fromkeys([*old, *new])
        if not (key in old and key in new)
        or (old[key] != new[key] and not same(decoder.text(old[key]), decoder.text(new[key])))
    )
    return [Edit(StepRef(line.key, line.base), begun.at, keys, begun.parent)] if keys else []


def _edited(connection: Connection, part: Segment) -> Iterator[Edit]:
    for step, at, keys, _ in edits_between(connection, part.low, part.high):
        seq = step & _SEQ
        yield Edit(StepRef(part.key, seq - 1 if seq else None), at, keys)


def edits_between(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """The edits that these steps begin with; the ids are inclusive."""
    for step, at, keys, state in connection.execute(_LIST, (low, high)).fetchall():
        yield step, at, read_names(keys), state


def states_begun(core: Core, connection: Connection, refs: Sequence[StepRef]) -> list[State]:
    """See `Store.begun`."""
    decoder = core.state_decoder(connection)
    return [core.state(decoder, edited_text(connection, ref)) for ref in refs]


def edited_text(connection: Connection, ref: StepRef) -> str:
    """The JSON of the state that a step began with."""
    row = connection.execute(_BEGUN, (owner_of(connection, ref),)).fetchone()
    if row is None:
        raise no_step(ref)
    return cast("str", row[0])


def _changed(old: Mapping[str, object], new: Mapping[str, object]) -> list[str]:
    """The keys that were set, changed or taken away."""
    keys = dict.fromkeys([*old, *new])
    return [key for key in keys if not (key in old and key in new and _is_kept(old[key], new[key]))]


def _is_kept(old: object, new: object) -> bool:
    return _is_one_node(old, new) or same(old, new)


def _is_one_node(old: object, new: object) -> bool:
    mark = mark_of(old)
    return mark is not None and mark == mark_of(new)
