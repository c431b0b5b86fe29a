"""Looking back at one path of many states, without reading what is beside it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Final

from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.codec.trace import Tracer
from notebook_agent.store.core import Core
from notebook_agent.store.lineage import SEQ, find_line, segments
from notebook_agent.store.nodes import NodeReader
from notebook_agent.store.past import state_texts
from notebook_agent.store.told import Part

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["list_marks", "parts_at"]

_STATES: Final = "SELECT id, state FROM step WHERE id BETWEEN ? AND ? ORDER BY id"
_POINTERS: Final = """
SELECT id,
  CASE WHEN json_valid(state) AND json_type(state, ?) = 'integer' THEN json_extract(state, ?) ELSE state END
FROM step WHERE id BETWEEN ? AND ? ORDER BY id
"""
"""Of a key that stands for a node the number of that, which is all that a path below it needs of a state.

What is JSON only in Python's terms, such as a NaN, is left to Python.
"""
_LAST: Final = (1 << SEQ) - 1


def list_marks(
    connection: Connection, key: RunKey, path: Sequence[object], first: int | None, last: int | None
) -> list[tuple[int | None, Hashable]]:
    """See `Store.marks`."""
    line = find_line(connection, key, deleted=True)
    found = segments(connection, line, None if last is None else min(last, _LAST))
    columns: list[tuple[int | None, str | int]] = []
    if first is None:
        owner = found[0].key if found else key
        columns.append((None, find_line(connection, owner, deleted=True).state))
    for part in found:
        low = max(part.low, (part.low & ~_LAST) + (first or 0))
        columns += [(step & _LAST, state) for step, state in _read(connection, path, low, part.high)]
    marks = Tracer(NodeReader(connection)).marks([state for _, state in columns], tuple(path))
    return [(seq, mark) for (seq, _), mark in zip(columns, marks, strict=True)]


def _read(connection: Connection, path: Sequence[object], low: int, high: int) -> list[tuple[int, str | int]]:
    """The states of some steps as their columns, or the nodes in which the path goes on."""
    key = path[0] if len(path) > 1 else None
    if isinstance(key, str) and key.isidentifier() and key.isascii():
        node = f'$.{key}."$"'
        return connection.execute(_POINTERS, (node, node, low, high)).fetchall()
    return connection.execute(_STATES, (low, high)).fetchall()


def parts_at(
    core: Core, connection: Connection, refs: Sequence[StepRef], path: Sequence[object]
) -> list[Part | None]:
    """See `Store.parts`."""
    reader = NodeReader(connection)
    tracer, decoder = Tracer(reader), core.state_decoder(connection, reader)
    spots = tracer.spots(state_texts(connection, refs), tuple(path))
    return [None if spot is None else Part(spot.path, decoder.item(spot.item)) for spot in spots]
