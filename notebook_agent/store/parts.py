"""Looking back at one path of many states, without reading what is beside it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
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
_LAST: Final = (1 << SEQ) - 1


def list_marks(
    connection: Connection, key: RunKey, path: Sequence[object], first: int | None, last: int | None
) -> list[tuple[int | None, Hashable]]:
    """See `Store.marks`."""
    columns = list(_columns(connection, key, first, last))
    marks = _marks(Tracer(NodeReader(connection)), [text for _, text in columns], tuple(path))
    return [(seq, mark) for (seq, _), mark in zip(columns, marks, strict=True)]


def parts_at(
    core: Core, connection: Connection, refs: Sequence[StepRef], path: Sequence[object]
) -> list[Part | None]:
    """See `Store.parts`."""
    reader = NodeReader(connection)
    tracer, decoder = Tracer(reader), core.state_decoder(connection, reader)
    spots = tracer.spots(state_texts(connection, refs), tuple(path))
    return [None if spot is None else Part(spot.path, decoder.item(spot.item)) for spot in spots]


def _marks(tracer: Tracer, texts: Sequence[str], path: tuple[object, ...]) -> Sequence[Hashable]:
    if not path:
        return tracer.wholes(texts)
    spots = tracer.spots(texts, path)
    marks = {id(spot): spot.mark for spot in spots if spot is not None}
    return [marks.get(id(spot)) for spot in spots]


def _columns(
    connection: Connection, key: RunKey, first: int | None, last: int | None
) -> Iterator[tuple[int | None, str]]:
    line = find_line(connection, key, deleted=True)
    found = segments(connection, line, None if last is None else min(last, _LAST))
    if first is None:
        owner = found[0].key if found else key
        yield None, find_line(connection, owner, deleted=True).state
    for part in found:
        low = max(part.low, (part.low & ~_LAST) + (first or 0))
        for step, text in connection.execute(_STATES, (low, part.high)):
            yield step & _LAST, text
