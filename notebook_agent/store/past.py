"""Looking back at steps: listed without their values, opened with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.core import Core
from notebook_agent.store.decisions import Decisions
from notebook_agent.store.glance import glances
from notebook_agent.store.lineage import SEQ, Line, find_line, line_of, no_step, owner_of, segments
from notebook_agent.store.protocol import CallCount, StepRecord, StepValues
from notebook_agent.store.records import read_call, read_failure, read_names, read_reads

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["count_calls", "list_steps", "one_step", "state_texts", "states_after", "step_values"]

_LIST: Final = """
SELECT id, action, status, started_at, ended_at, code, decision, next, failure, reads, writes, holder
FROM step WHERE id BETWEEN ? AND ? ORDER BY id
"""
_VALUES: Final = """
SELECT inputs, result, call, source, (SELECT events FROM span WHERE span.step = step.id)
FROM step WHERE id = ?
"""
_STATES: Final = "SELECT id, state FROM step WHERE id IN (SELECT value FROM json_each(?))"
_COUNT: Final = """
SELECT step, sum(NOT replayed), sum(replayed),
  sum(CASE WHEN NOT replayed THEN coalesce(input_tokens, 0) + coalesce(output_tokens, 0) ELSE 0 END),
  coalesce(sum(CASE WHEN NOT replayed THEN cost END), 0.0),
  count(CASE WHEN NOT replayed THEN cost END)
FROM call WHERE step BETWEEN ? AND ? GROUP BY step
"""

_Row = tuple[
    int,
    str,
    str,
    float,
    float | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
    str | None,
]
_SEQ: Final = (1 << 32) - 1


def list_steps(
    core: Core, connection: Connection, key: RunKey, first: int, last: int | None
) -> list[StepRecord]:
    """See `Store.steps`."""
    records = _listed(core, connection, find_line(connection, key, deleted=True), first, last)
    return [record for record in records if record.seq >= first] if first > 0 else list(records)


def one_step(core: Core, connection: Connection, ref: StepRef) -> StepRecord:
    """See `Store.step`."""
    step = owner_of(connection, ref)
    line = line_of(connection, step >> SEQ)
    rows = _listed(core, connection, line, cast("int", ref.seq), ref.seq)
    found = next((each for each in rows if each.seq == ref.seq), None)
    if found is None:
        raise no_step(ref)
    return found


def states_after(
    core: Core,
    connection: Connection,
    refs: Sequence[StepRef],
    keys: Collection[str] | None = None,
    counted: Collection[str] = (),
) -> list[State]:
    """See `Store.states`."""
    texts = state_texts(connection, refs)
    found = [None] * len(texts) if keys is None else glances(core, connection, texts, keys, counted)
    decoder = core.state_decoder(connection)
    return [core.state(decoder, text) if one is None else one for text, one in zip(texts, found, strict=True)]


def state_texts(connection: Connection, refs: Sequence[StepRef]) -> list[str]:
    """The columns of several states; those of one run are asked for at once."""
    plain = all(isinstance(ref, StepRef) and isinstance(ref.seq, int) and ref.seq >= 0 for ref in refs)
    if plain and len(refs) > 1 and len({ref.run for ref in refs}) == 1:
        seqs = [cast("int", ref.seq) for ref in refs]
        found = _texts_of(connection, refs[0].run, seqs)
        if len(found) == len(refs):
            return found
    return [_state_text(connection, ref) for ref in refs]


def _texts_of(connection: Connection, run: RunKey, seqs: Sequence[int]) -> list[str]:
    """The columns after steps of one run, as far as they are there."""
    parts = segments(connection, find_line(connection, run, deleted=True))
    ids = [
        (part.low & ~_SEQ) + seq
        for seq in seqs
        for part in parts
        if part.low & _SEQ <= seq <= part.high & _SEQ
    ]
    rows: dict[int, str] = dict(connection.execute(_STATES, (json.dumps(ids),)))
    return [rows[each] for each in ids if each in rows]


def _state_text(connection: Connection, ref: StepRef) -> str:
    if isinstance(ref, StepRef) and ref.seq is None:
        return find_line(connection, ref.run, deleted=True).state
    row = connection.execute("SELECT state FROM step WHERE id = ?", (owner_of(connection, ref),)).fetchone()
    if row is None:
        raise no_step(ref)
    return cast("str", row[0])


def step_values(core: Core, connection: Connection, ref: StepRef) -> StepValues:
    """See `Store.values`."""
    row = connection.execute(_VALUES, (owner_of(connection, ref),)).fetchone()
    if row is None:
        raise no_step(ref)
    inputs, result, call, source, events = row
    decoder = core.decoder(connection)
    return StepValues(
        cast("Mapping[str, object]", decoder.text(inputs)),
        None if result is None else cast("Mapping[str, object]", decoder.text(result)),
        None if call is None else read_call(decoder.node(call)),
        None if source is None else cast("str", decoder.node(source)),
        [] if events is None else cast("Json", thaw(decoder.text(events))),
    )


def count_calls(connection: Connection, key: RunKey) -> dict[int, CallCount]:
    """See `Store.call_counts`."""
    return {
        row[0] & _SEQ: CallCount(*row[1:])
        for segment in segments(connection, find_line(connection, key, deleted=True))
        for row in connection.execute(_COUNT, (segment.low, segment.high))
    }


def _listed(
    core: Core, connection: Connection, line: Line, first: int, last: int | None
) -> Iterator[StepRecord]:
    """The steps from the one before `first` on, which says why `first` ran."""
    decisions = Decisions(core.decoder(connection))
    before: object = None
    for segment in segments(connection, line, None if last is None else min(last, _SEQ)):
        low = max(segment.low, (segment.low & ~_SEQ) + first - 1)
        for row in connection.execute(_LIST, (low, segment.high)):
            yield _record(core, decisions, segment.key, row, before)
            before = row[7]


def _record(core: Core, decisions: Decisions, key: RunKey, row: _Row, before: object) -> StepRecord:
    """A record; without its `__init__`, which takes most of the time of a list for a frozen class."""
    step, action, status, started, ended, code, decision, following, failure, reads, writes, holder = row
    if status == "running" and not core.claims.alive(holder, step):
        status = "interrupted"
    ref: StepRef = _new(StepRef)
    _set_run(ref, key)
    _set_seq(ref, step & _SEQ)
    record: StepRecord = _new(StepRecord)
    _set_ref(record, ref)
    _set_action(record, action)
    _set_status(record, status)
    _set_started(record, started)
    _set_ended(record, ended)
    _set_code(record, code)
    _set_decision(record, decisions.read(before if decision is None else decision))
    _set_next(record, decisions.read(following))
    _set_failure(record, None if failure is None else read_failure(decisions.decoder, failure))
    read, grown = read_reads(reads)
    _set_reads(record, read)
    _set_writes(record, read_names(writes))
    _set_grown(record, grown)
    return record


def _setters(cls: type) -> Sequence[Callable[[object, object], None]]:
    return [vars(cls)[name].__set__ for name in vars(cls)["__slots__"]]


_new: Final = object.__new__
_set_run, _set_seq = _setters(StepRef)
(
    _set_ref,
    _set_action,
    _set_status,
    _set_started,
    _set_ended,
    _set_code,
    _set_decision,
    _set_next,
    _set_failure,
    _set_reads,
    _set_writes,
    _set_grown,
) = _setters(StepRecord)
