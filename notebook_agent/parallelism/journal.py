"""What another process writes down for a store in memory, which it cannot open.

The branch is kept there in a store of its own, and every write is noted; when it comes back the
same writes are made in the parent's store. So a process that dies has lost what it had not
brought back: keep the history in a file where that matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from notebook_agent import store as stores
from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.engine import Place
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.protocol import NewRun, RunRecord, Stand, StepBegin, StepEnd, StepRecord, Store

__all__ = ["Entry", "Journal", "entries_of", "write_down"]

Entry = tuple[str, tuple[object, ...], int | None]
"""A write: the store's method, what it was given, and for the record of a call its number."""


class Journal:
    """A store in memory that notes each write; all else is the store's own.

    Attributes:
        entries: The writes since it began.
    """

    def __init__(self, before: Iterable[Entry]) -> None:
        self._store = stores.open_store(None)
        self._runs: set[RunKey] = set()
        self.entries: list[Entry] = []
        self._numbers = {here: there for there, here in write_down(cast("Store", self), before).items()}
        self.entries = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def create_run(self, new: NewRun, /) -> RunRecord:
        """Create a run; the step that started it may be known to the parent's store only."""
        known = new.spawned_by is not None and new.spawned_by.run in self._runs
        record = self._store.create_run(new if known else replace(new, spawned_by=None))
        self._runs.add(new.key)
        self.entries.append(("create_run", (new,), None))
        return record

    def begin_step(self, run: RunKey, begin: StepBegin, /, *, after: int | Stand | None) -> None:
        """Claim a step."""
        self._store.begin_step(run, begin, after=after)
        self.entries.append(("begin_step", (run, begin), _head(after)))

    def end_step(self, run: RunKey, end: StepEnd, /, *, then: StepBegin | None = None) -> None:
        """End a step, and claim the one that follows."""
        self._store.end_step(run, end, then=then)
        self.entries.append(("end_step", (run, end), None))
        if then is not None:
            self.entries.append(("begin_step", (run, then), end.seq))

    def drop_step(self, run: RunKey, seq: int, /) -> None:
        """Let go of a claimed step."""
        self._store.drop_step(run, seq)
        self.entries.append(("drop_step", (run, seq), None))

    def edit_state(self, run: RunKey, state: State, /, *, after: int | Stand | None) -> Stand:
        """Replace the state at the head."""
        stand = self._store.edit_state(run, state, after=after)
        self.entries.append(("edit_state", (run, state), _head(after)))
        return stand

    def record_call(self, call: CallRecord) -> CallId:
        """Keep a call."""
        number = self._store.record_call(call)
        served = call.replayed_from and self._numbers.get(call.replayed_from)
        noted = call if served is None else replace(call, replayed_from=CallId(-served))
        self.entries.append(("record_call", (noted,), number))
        return number

    def amend_call(self, call: CallRecord) -> None:
        """Put a call in the place of what was kept under its number."""
        self._store.amend_call(call)
        self.entries = [
            (method, (replace(call, id=None),), number)
            if (method, number) == ("record_call", call.id)
            else (method, given, number)
            for method, given, number in self.entries
        ]


def _head(after: int | Stand | None) -> int | None:
    """What of a writer's knowledge holds in another store too."""
    return after.head if isinstance(after, Stand) else after


def write_down(store: Store, entries: Iterable[Entry]) -> dict[int, int]:
    """Make noted writes in a store; return what number each recorded call has got, by its old one.

    A call that was served from a record which the store itself has names it by a negative number.
    """
    numbers: dict[int, int] = {}
    for method, given, extra in entries:
        if method == "record_call":
            call = cast("CallRecord", given[0])
            numbers[extra or 0] = store.record_call(_renumbered(call, numbers))
        elif method in {"begin_step", "edit_state"}:
            getattr(store, method)(*given, after=extra)
        else:
            getattr(store, method)(*given)
    return numbers


def _renumbered(call: CallRecord, numbers: dict[int, int]) -> CallRecord:
    if call.replayed_from is None:
        return call
    served = call.replayed_from
    return replace(call, replayed_from=CallId(-served if served < 0 else numbers.get(served, served)))


def entries_of(store: Store | None, at: Place) -> Sequence[Entry]:
    """Return the writes that make what a branch needs of its parent's store: its own run and its kin's."""
    if store is None:
        return ()
    keys = [*([at.key] if at.exists else []), *at.kin]
    return [entry for key in keys for entry in _entries(store, store.run(key))]


def _entries(store: Store, record: RunRecord) -> Iterator[Entry]:
    """Write a run down as one that began itself: the steps that a fork has of its ancestors as its own."""
    key, steps = record.key, store.steps(record.key)
    first = steps[0].ref.run if steps else key
    state = store.state(StepRef(first, None))
    new = NewRun(key, record.entrypoint, store.graph(key), state, None, record.spawned_by, record.label)
    yield "create_run", (new,), None
    for step in steps:
        yield from _entries_of_step(store, key, step)
    if steps and steps[-1].ref.run != key:
        yield "edit_state", (key, store.head_state(key)), record.head
    for call in store.calls([step.ref for step in steps if step.ref.run == key]):
        yield "record_call", (call,), call.id
    for child in store.children(key):
        if child.spawned_by is not None and child.spawned_by.run == key:
            yield from _entries(store, child)


def _entries_of_step(store: Store, key: RunKey, step: StepRecord) -> Iterator[Entry]:
    values = store.values(step.ref)
    begin = StepBegin(
        step.seq,
        step.action,
        step.started_at,
        values.inputs,
        step.decision,
        values.call,
        step.code,
        values.source,
    )
    yield "begin_step", (key, begin), step.seq - 1 if step.seq else None
    end = StepEnd(
        step.seq,
        step.status,
        step.ended_at or step.started_at,
        store.state(step.ref),
        values.result,
        step.failure,
        step.reads,
        step.writes,
        step.next,
        values.events,
        step.grown,
    )
    yield "end_step", (key, end), None
