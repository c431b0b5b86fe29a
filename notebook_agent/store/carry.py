"""Whole runs with their past, given out and taken in."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.errors import RunExistsError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.codec.stored import Rooted
from notebook_agent.store.codec.types import thaw
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.edits import add_edit, edits_between
from notebook_agent.store.ledger import insert_call, list_calls
from notebook_agent.store.lineage import SEQ, Line, find_line, line_of, segments, step_id
from notebook_agent.store.past import list_steps, step_values
from notebook_agent.store.protocol import PastEdit, PastRun, PastStep, RunRecord
from notebook_agent.store.records import call_text, decision_text, failure_text, names_text
from notebook_agent.store.runs import make_way, one_run

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["add_past", "past_of"]

_RUN: Final = """
SELECT label, created_at, entrypoint, graph, state, parent, parent_seq, notebook
FROM run WHERE id = ?
"""
_SEQ: Final = (1 << SEQ) - 1
_STATES: Final = "SELECT state FROM step WHERE id BETWEEN ? AND ? ORDER BY id"
_ADD_RUN: Final = """
INSERT INTO run (project, app_id, partition_key, label, created_at, updated_at, entrypoint, graph, state,
  parent, parent_seq, base, notebook, deleted_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_STEP: Final = """
INSERT INTO step (id, action, status, started_at, ended_at, state, code, decision, next, failure, reads,
  writes, inputs, result, call, source)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAME: Final = """
SELECT count(*) FROM step WHERE id = ? AND action = ? AND status = ? AND started_at = ? AND code IS ?
"""


def past_of(core: Core, connection: Connection, key: RunKey) -> list[PastRun]:
    """See `Store.past`."""
    lines = [find_line(connection, key)]
    while lines[0].parent is not None:
        lines.insert(0, line_of(connection, lines[0].parent))
    steps = _steps(core, connection, key)
    decoder = core.decoder(connection)
    edits = _edits(core, connection, decoder, lines[-1])
    return [
        _run(core, connection, decoder, line, steps.get(line.key, ()), edits.get(line.key, ()))
        for line in lines
    ]


@at_any_age
def add_past(core: Core, runs: Sequence[PastRun]) -> RunRecord:
    """See `Store.add_past`."""
    *ancestors, last = runs
    with core.write(state={}) as (transaction, encoder):
        connection = transaction.connection
        taker = _Taker(core, connection, encoder)
        parent: int | None = None
        for run in ancestors:
            parent = taker.find(run, parent) or taker.add(run, parent, hidden=True)
        if taker.live(last.key) is not None:
            raise RunExistsError(
                f"The project {last.key.project!r} has a run {last.key.app_id!r} already. Remove it first,"
                " or take the run in under another project.",
                run=last.key.app_id,
            )
        make_way(connection, last.key)
        taker.add(last, parent, hidden=False)
        return one_run(core, connection, last.key)


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


class _Taker:
    """Writes runs within one transaction."""

    def __init__(self, core: Core, connection: Connection, encoder: Encoder) -> None:
        self.core = core
        self.connection = connection
        self.encoder = encoder
        self.calls: dict[CallId, CallId] = {}
        self.before: str | None = None

    def live(self, key: RunKey) -> int | None:
        """The number of a listed run."""
        sql = """SELECT id FROM run WHERE project = ? AND app_id = ?
            AND coalesce(partition_key, x'') = coalesce(?, x'') AND deleted_at IS NULL"""
        row = self.connection.execute(sql, (key.project, key.app_id, key.partition_key)).fetchone()
        return None if row is None else cast("int", row[0])

    def named(self, key: RunKey) -> list[tuple[int, float, int | None]]:
        """Number, making and parent of all runs of this key, a listed one first."""
        sql = """SELECT id, created_at, parent FROM run WHERE project = ? AND app_id = ?
            AND coalesce(partition_key, x'') = coalesce(?, x'') ORDER BY deleted_at IS NOT NULL"""
        return self.connection.execute(sql, (key.project, key.app_id, key.partition_key)).fetchall()

    def find(self, run: PastRun, parent: int | None) -> int | None:
        """A run that is here already: made at the same moment, from the same parent, with the same steps."""
        for number, created, comes_from in self.named(run.key):
            if (created, comes_from) == (run.created_at, parent) and self.has_steps(number, run):
                return number
        return None

    def has_steps(self, number: int, run: PastRun) -> bool:
        for step in run.steps:
            record = step.record
            row = (step_id(number, record.seq), record.action, record.status, record.started_at, record.code)
            if not self.connection.execute(_SAME, row).fetchone()[0]:
                return False
        return True

    def add(self, run: PastRun, parent: int | None, *, hidden: bool) -> int:
        """Write a run with its steps and calls; return its number."""
        encoder, now = self.encoder, time.time()
        state, rooted = encoder.root(run.state.get_all(), {})
        base = self.base(run, parent)
        row = (
            *(run.key.project, run.key.app_id, run.key.partition_key, run.label, run.created_at),
            *(run.created_at, run.entrypoint, encoder.whole_json(run.graph), state),
            *(parent, None if run.parent is None else run.parent.seq, base, run.notebook),
            now if hidden else None,
        )
        taken = hidden and bool(self.named(run.key))
        number = cast("int", self.connection.execute(_ADD_RUN, row).lastrowid)
        if taken:
            self.connection.execute("UPDATE run SET app_id = app_id || '~' || id WHERE id = ?", (number,))
        self.before = None
        for step in run.steps:
            rooted = self.step(number, step, rooted)
        for edit in run.edits:
            following = step_id(number, 0 if edit.after is None else edit.after + 1)
            text = encoder.root(edit.state.get_all(), {})[0]
            add_edit(self.connection, following, edit.at, edit.keys, text)
        return number

    def base(self, run: PastRun, parent: int | None) -> int | None:
        """The last step of a run's past."""
        if run.parent is None or parent is None:
            return None
        return line_of(self.connection, parent).base if run.parent.seq is None else run.parent.seq

    def step(self, run: int, step: PastStep, rooted: Rooted) -> Rooted:
        encoder, record, values = self.encoder, step.record, step.values
        number = step_id(run, record.seq)
        state, rooted = encoder.root(step.state.get_all(), rooted)
        decision, before = decision_text(self.core, encoder, record.decision), self.before
        self.before = self.following(step)
        row = (
            *(number, record.action, record.status, record.started_at, record.ended_at, state, record.code),
            *(None if decision == before else decision, self.before),
            None if record.failure is None else failure_text(encoder, record.failure),
            *(names_text(record.reads), names_text(record.writes), encoder.fields(values.inputs)),
            None if values.result is None else encoder.fields(values.result),
            None if values.call is None else encoder.node(call_text(encoder, values.call)),
            None if values.source is None else encoder.whole(values.source),
        )
        self.connection.execute(_ADD_STEP, row)
        if values.events:
            events = encoder.text(values.events)
            self.connection.execute("INSERT INTO span VALUES (?, ?)", (number, events))
        for call in step.calls:
            self.call(number, call)
        return rooted

    def following(self, step: PastStep) -> str | None:
        decision = step.record.next
        return None if decision is None else decision_text(self.core, self.encoder, decision)

    def call(self, step: int, call: CallRecord) -> None:
        served = None if call.replayed_from is None else self.calls.get(call.replayed_from)
        made = insert_call(self.connection, self.encoder, replace(call, replayed_from=served), step)
        if call.id is not None:
            self.calls[call.id] = made
