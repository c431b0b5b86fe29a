"""States changed by hand between two steps: written, listed, and what the next step begins with."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State, same
from notebook_agent.store.codec.stored import mark_of
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.head import check_free, check_head, find_head
from notebook_agent.store.lineage import SEQ, find_line, no_step, owner_of, segments
from notebook_agent.store.records import names_text, read_names
from notebook_agent.store.told import Edit

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["add_edit", "edit_state", "edited_text", "edits_between", "list_edits", "states_begun"]

_ADD: Final = """
INSERT INTO edit (step, n, at, keys, state)
VALUES (?1, (SELECT coalesce(max(n), -1) + 1 FROM edit WHERE step = ?1), ?2, ?3, ?4)
"""
_LIST: Final = "SELECT step, at, keys, state FROM edit WHERE step BETWEEN ? AND ? ORDER BY step, n"
_BEGUN: Final = """
SELECT coalesce(
  (SELECT state FROM edit WHERE step = ?1 ORDER BY n DESC LIMIT 1),
  (SELECT state FROM step WHERE id = ?1 - 1 AND run = ?1 >> 32),
  (SELECT state FROM run WHERE id = ?1 >> 32))
FROM step WHERE id = ?1
"""
_SEQ: Final = (1 << SEQ) - 1

Row = tuple[int, float, tuple[str, ...], str]
"""The id of the step that begins with an edit, its time, the keys, and the state as JSON."""


@at_any_age
def edit_state(core: Core, key: RunKey, state: State, after: int | None) -> None:
    """See `Store.edit_state`."""
    values = state.plain().get_all()
    with core.write(state=values) as (transaction, encoder):
        connection = transaction.connection
        head = find_head(core, connection, key)
        check_free(core, connection, key, head)
        check_head(key, head, after)
        keys = _changed(core.state(core.state_decoder(connection), head.state), values)
        root, _ = encoder.root(values, {})
        now = time.time()
        if keys:
            step = (head.run << SEQ) + (0 if after is None else after + 1)
            add_edit(connection, step, now, keys, root)
        connection.execute("UPDATE run SET updated_at = ? WHERE id = ?", (now, head.run))
        if head.step is not None:
            connection.execute("UPDATE step SET next = NULL WHERE id = ?", (head.step,))


def add_edit(connection: Connection, step: int, at: float, keys: Sequence[str], state: str) -> None:
    """Write that a step begins with a state that was changed by hand."""
    connection.execute(_ADD, (step, at, names_text(tuple(keys)) or "[]", state))


def list_edits(connection: Connection, key: RunKey) -> list[Edit]:
    """See `Store.edits`."""
    line = find_line(connection, key)
    found: list[Edit] = []
    for segment in segments(connection, line):
        for step, at, keys, _ in edits_between(connection, segment.low, segment.high):
            seq = step & _SEQ
            found.append(Edit(StepRef(segment.key, seq - 1 if seq else None), at, keys))
    return found


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
