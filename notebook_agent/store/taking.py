"""Whole runs taken in, as they were given out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.errors import RunExistsError
from notebook_agent.ids import RunKey
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.codec.stored import Rooted
from notebook_agent.store.core import Core, at_any_age
from notebook_agent.store.edits import add_edit
from notebook_agent.store.ledger import insert_call
from notebook_agent.store.lineage import line_of, step_id
from notebook_agent.store.protocol import PastRun, PastStep, RunRecord
from notebook_agent.store.records import call_text, decision_text, failure_text, names_text, reads_text
from notebook_agent.store.runs import make_way, next_number, one_run

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["add_past"]

_ADD_RUN: Final = """
INSERT INTO run (project, app_id, partition_key, label, created_at, updated_at, entrypoint, graph, state,
  parent, parent_seq, base, notebook, deleted_at, id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ADD_STEP: Final = """
INSERT INTO step (id, action, status, started_at, ended_at, state, code, decision, next, failure, reads,
  writes, inputs, result, call, source)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SAME: Final = """
SELECT count(*) FROM step WHERE id = ? AND action = ? AND status = ? AND started_at = ? AND code IS ?
"""
_START: Final = "UPDATE run SET spawned_by = ? WHERE id = ? AND spawned_by IS NULL"


@at_any_age
def add_past(core: Core, runs: Sequence[PastRun]) -> RunRecord:
    """See `Store.add_past`."""
    with core.write(state={}) as (transaction, encoder):
        connection = transaction.connection
        taker = _Taker(core, connection, encoder)
        for run in runs:
            taker.take(run)
        return one_run(core, connection, next(run.key for run in runs if _is_asked_for(run)))


def _is_asked_for(run: PastRun) -> bool:
    return not run.hidden and run.spawned_by is None


class _Taker:
    """Writes runs within one transaction."""

    def __init__(self, core: Core, connection: Connection, encoder: Encoder) -> None:
        self.core = core
        self.connection = connection
        self.encoder = encoder
        self.calls: dict[CallId, CallId] = {}
        self.numbers: dict[RunKey, int] = {}
        self.before: str | None = None

    def take(self, run: PastRun) -> None:
        """Have a run here: as it is if it is here already, else written anew."""
        parent = None if run.parent is None else self.numbers[run.parent.run]
        known = None if _is_asked_for(run) else self.find(run, parent)
        if known is None and not run.hidden:
            self.check_free(run.key)
            make_way(self.connection, run.key)
        number = self.numbers[run.key] = known or self.add(run, parent)
        if run.spawned_by is not None:
            step = step_id(self.numbers[run.spawned_by.run], run.spawned_by.seq or 0)
            self.connection.execute(_START, (step, number))

    def check_free(self, key: RunKey) -> None:
        if self.live(key) is not None:
            raise RunExistsError(
                f"The project {key.project!r} has a run {key.app_id!r} already. Remove it first,"
                " or take the run in under another project.",
                run=key.app_id,
            )

    def live(self, key: RunKey) -> int | None:
        """The number of a listed run."""
        sql = """SELECT id FROM run WHERE project = ? AND app_id = ?
            AND coalesce(partition_key, x'') = coalesce(?, x'') AND deleted_at IS NULL"""
        row = self.connection.execute(sql, (key.project, key.app_id, key.partition_key)).fetchone()
        return None if row is None else cast("int", row[0])

    def named(self, key: RunKey) -> list[tuple[int, float, int | None]]:
        """Number, making and parent of all runs of this key, a listed one first."""
        sql = """SELECT id, created_at, parent FROM run WHERE project = ? AND app_id = ?
            AND coalesce(partition_key, x'') = coalesce(?, x'') AND id > 0 ORDER BY deleted_at IS NOT NULL"""
        return self.connection.execute(sql, (key.project, key.app_id, key.partition_key)).fetchall()

    def find(self, run: PastRun, parent: int | None) -> int | None:
        """A run that is here already: made at the same moment, from the same parent, with the same steps."""
        live = self.live(run.key)
        for number, created, comes_from in self.named(run.key):
            same = (created, comes_from) == (run.created_at, parent) and self.has_steps(number, run)
            if same and (run.hidden or number == live):
                return number
        return None

    def has_steps(self, number: int, run: PastRun) -> bool:
        for step in run.steps:
            record = step.record
            row = (step_id(number, record.seq), record.action, record.status, record.started_at, record.code)
            if not self.connection.execute(_SAME, row).fetchone()[0]:
                return False
        return True

    def add(self, run: PastRun, parent: int | None) -> int:
        """Write a run with its steps and calls; return its number."""
        encoder, number = self.encoder, next_number(self.connection)
        state, rooted = encoder.root(run.state.get_all(), {})
        base = self.base(run, parent)
        row = (
            *(run.key.project, run.key.app_id, run.key.partition_key, run.label, run.created_at),
            *(run.created_at, run.entrypoint, encoder.whole_json(run.graph), state),
            *(parent, None if run.parent is None else run.parent.seq, base, run.notebook),
            0.0 if run.hidden else None,
            number,
        )
        taken = run.hidden and bool(self.named(run.key))
        self.connection.execute(_ADD_RUN, row)
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
            *(
                reads_text(record.reads, record.grown),
                names_text(record.writes),
                encoder.fields(values.inputs),
            ),
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
