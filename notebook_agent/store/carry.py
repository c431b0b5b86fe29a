"""Whole runs given out, with their past and with the runs that their steps started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.core import Core
from notebook_agent.store.edits import edits_between
from notebook_agent.store.ledger import list_calls
from notebook_agent.store.lineage import SEQ, Line, find_line, line_of, segments
from notebook_agent.store.past import list_steps, step_values
from notebook_agent.store.protocol import PastEdit, PastRun, PastStep

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["past_of"]

T = TypeVar("T")
_RUN: Final = """
SELECT label, created_at, entrypoint, graph, state, parent, parent_seq, notebook
FROM run WHERE id = ?
"""
_SEQ: Final = (1 << SEQ) - 1
_STATES: Final = "SELECT state FROM step WHERE id BETWEEN ? AND ? ORDER BY id"
_SPAWNED: Final = """
SELECT id, spawned_by FROM run WHERE spawned_by BETWEEN ? AND ? AND deleted_at IS NULL ORDER BY id
"""


def past_of(core: Core, connection: Connection, key: RunKey) -> list[PastRun]:
    """See `Store.past`."""
    line = find_line(connection, key)
    spawned = _spawned(connection, line)
    branches = [each for number in spawned for each in _upwards(connection, line_of(connection, number))]
    branches.sort(key=lambda each: each.id)
    lines = {each.id: each for each in (*_upwards(connection, line), *branches)}
    decoder = core.decoder(connection)
    steps: dict[RunKey, list[PastStep]] = {}
    edits: dict[RunKey, list[PastEdit]] = {}
    for number in (line.id, *spawned):
        _keep_longest(steps, _steps(core, connection, lines[number].key))
        _keep_longest(edits, _edits(core, connection, decoder, lines[number]))
    found = []
    for each in lines.values():
        run = _run(core, connection, decoder, each, steps.get(each.key, ()), edits.get(each.key, ()))
        starter = spawned.get(each.id)
        by = None if starter is None else StepRef(lines[starter >> SEQ].key, starter & _SEQ)
        found.append(replace(run, spawned_by=by, hidden=by is None and each.id != line.id))
    return found


def _spawned(connection: Connection, line: Line) -> dict[int, int]:
    """The runs that the steps of a run's past started, and those that theirs did, each with the step."""
    found: dict[int, int] = {}
    left = [line]
    while left:
        new = {each: step for each, step in _started_in(connection, left.pop()) if each not in found}
        new.pop(line.id, None)
        found |= new
        left += [line_of(connection, number) for number in new]
    return found


def _started_in(connection: Connection, line: Line) -> list[tuple[int, int]]:
    """The runs that the steps of a run's past started, each with the step."""
    bounds = [(segment.low, segment.high) for segment in segments(connection, line)]
    return [row for each in bounds for row in connection.execute(_SPAWNED, each).fetchall()]


def _upwards(connection: Connection, line: Line) -> list[Line]:
    """A run and its ancestors, the oldest first."""
    lines = [line]
    while lines[0].parent is not None:
        lines.insert(0, line_of(connection, lines[0].parent))
    return lines


def _keep_longest(found: dict[RunKey, list[T]], more: Mapping[RunKey, list[T]]) -> None:
    """Of what several runs need of their common past keep the most, which holds all."""
    found.update({key: part for key, part in more.items() if len(part) > len(found.get(key, ()))})


def _steps(core: Core, connection: Connection, key: RunKey) -> dict[RunKey, list[PastStep]]:
    """The steps of a run's past by the run that made them."""
    found: dict[RunKey, list[PastStep]] = {}
    states = _states(core, connection, key)
    for record in list_steps(core, connection, key, 0, None):
        ref = record.ref
        values, calls = step_values(core, connection, ref), tuple(list_calls(core, connection, [ref]))
        found.setdefault(ref.run, []).append(PastStep(record, values, next(states), calls))
    return found


def _states(core: Core, connection: Connection, key: RunKey) -> Iterator[State]:
    """The states after the steps, through one decoder: what two of them share is the same object."""
    decoder = core.decoder(connection)
    for segment in segments(connection, find_line(connection, key)):
        for (text,) in connection.execute(_STATES, (segment.low, segment.high)).fetchall():
            yield core.state(decoder, text)


def _edits(core: Core, connection: Connection, decoder: Decoder, line: Line) -> dict[RunKey, list[PastEdit]]:
    """The edits of a run's past by the run that was edited."""
    return {
        segment.key: [
            PastEdit(step - 1 & _SEQ if step & _SEQ else None, at, keys, core.state(decoder, text))
            for step, at, keys, text in edits_between(connection, segment.low, segment.high)
        ]
        for segment in segments(connection, line)
    }


def _run(  # what one run is made of
    core: Core,
    connection: Connection,
    decoder: Decoder,
    line: Line,
    steps: Sequence[PastStep],
    edits: Sequence[PastEdit],
) -> PastRun:
    row = connection.execute(_RUN, (line.id,)).fetchone()
    label, created, entrypoint, graph, state, parent, parent_seq, notebook = row
    return PastRun(
        key=line.key,
        label=label,
        created_at=created,
        entrypoint=entrypoint,
        graph=cast("Json", thaw(decoder.node(graph))),
        state=core.state(decoder, state),
        parent=None if parent is None else StepRef(line_of(connection, parent).key, parent_seq),
        notebook=notebook,
        steps=tuple(steps),
        edits=tuple(edits),
    )
