"""The store in a SQLite file, or in memory."""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Sequence
from typing import get_args

from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.errors import StoreError
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import (
    carry,
    edits,
    gc,
    head,
    ledger,
    masked,
    parts,
    past,
    restoring,
    runs,
    size,
    steps,
    taking,
)
from notebook_agent.store.core import Core
from notebook_agent.store.places import locate_file
from notebook_agent.store.protocol import (
    CallCount,
    Durability,
    Edit,
    NewRun,
    Part,
    PastRun,
    Reclaimed,
    RunRecord,
    RunSize,
    Stand,
    StepBegin,
    StepEnd,
    StepRecord,
    StepValues,
    Store,
)
from notebook_agent.store.shared import Slot, let_go, take

__all__ = ["SqliteStore", "open_store"]


def open_store(
    path: str | os.PathLike[str] | None,
    *,
    durability: Durability = "full",
    read_only: bool = False,
    network: bool | None = None,
    redact_state: bool = False,
) -> Store:
    """Open a store, making it where there is none; None keeps it in memory.

    Opening a file again in the same process gives another handle to the same store.

    Args:
        path: The file, whose folder is made; or a folder, for `store.db` in it.
        durability: `full`: an ended step survives a power cut; `normal`: the death of the process.
        read_only: Refuse every write, also where one could be made.
        network: Whether it lies on a network mount: it is kept with a rollback journal then, each
            step synced. None finds out, see `mounts.network_of`.
        redact_state: Write states, inputs and results without their secrets too, so that a run which
            is resumed goes on without them; see `redact`.

    Raises:
        StoreError: the path or the durability is none.
        StoreFormatError: the file is another program's, damaged, or from a newer version.
        StoreReadOnlyError: there is none and none can be made here.
    """
    if durability not in get_args(Durability):
        raise StoreError(f"{durability!r} is no durability: it is 'full' or 'normal'.")
    if (file := locate_file(path)) is None:
        memory = Core(None, durability=durability, read_only=read_only)
        return SqliteStore(memory, None, redact_state=redact_state)
    slot: Slot = (file, durability, read_only)
    return SqliteStore(take(slot, network), slot, redact_state=redact_state)


def _reopened(path: str, durability: Durability, read_only: bool) -> Store:  # noqa: FBT001  # as pickled
    return open_store(path, durability=durability, read_only=read_only)


class SqliteStore:
    """See `Store`, which says what each method does."""

    def __init__(self, core: Core, slot: Slot | None, *, redact_state: bool = False) -> None:
        self._held: Core | None = core
        self._masks = redact_state
        self._slot = slot
        self._location = core.location

    @property
    def location(self) -> str:
        """The file's path, or `:memory:`."""
        return self._location

    def create_run(self, new: NewRun, /) -> RunRecord:
        """Create a run."""
        return runs.create_run(self._core, masked.masked_run(new) if self._masks else new)

    def begin_step(self, run: RunKey, begin: StepBegin, /, *, after: int | Stand | None) -> None:
        """Claim the step for this writer."""
        steps.begin_step(self._core, run, masked.masked_begin(begin) if self._masks else begin, after)

    def end_step(self, run: RunKey, end: StepEnd, /, *, then: StepBegin | None = None) -> None:
        """Write the end of the claimed step with its state, and claim the one that follows."""
        if self._masks:
            end, then = masked.masked_end(end), then and masked.masked_begin(then)
        steps.end_step(self._core, run, end, then)

    def drop_step(self, run: RunKey, seq: int, /) -> None:
        """Let go of a claimed step that has not begun to run."""
        steps.drop_step(self._core, run, seq)

    def edit_state(self, run: RunKey, state: State, /, *, after: int | Stand | None) -> Stand:
        """Replace the state at the head, between two steps."""
        return edits.edit_state(self._core, run, masked.masked_state(state) if self._masks else state, after)

    def edits(self, key: RunKey, /) -> list[Edit]:
        """Return what was changed by hand."""
        with self._core.database.read() as connection:
            return edits.list_edits(self._core, connection, key)

    def run(self, key: RunKey, /) -> RunRecord:
        """Return one run."""
        with self._core.database.read() as connection:
            return runs.one_run(self._core, connection, key)

    def graph(self, key: RunKey, /) -> Json:
        """Return the graph that the run was created with."""
        with self._core.database.read() as connection:
            return runs.run_graph(self._core, connection, key)

    def runs(self, project: str | None = None, /, *, removed: bool = False) -> list[RunRecord]:
        """Return all runs, of one project if named, newest first; with `removed` what is kept of such."""
        core = self._core
        with core.database.read() as connection:
            return runs.list_runs(core, connection, project, removed=removed)

    def children(self, key: RunKey, /, seq: int | None = None) -> list[RunRecord]:
        """Return the runs that its steps started, oldest first."""
        core = self._core
        with core.database.read() as connection:
            return runs.children_of(core, connection, key, seq)

    def steps(self, key: RunKey, /, *, first: int = 0, last: int | None = None) -> list[StepRecord]:
        """Return the run's steps, those of its ancestors first."""
        core = self._core
        with core.database.read() as connection:
            return past.list_steps(core, connection, key, first, last)

    def step(self, ref: StepRef, /) -> StepRecord:
        """Return one step."""
        core = self._core
        with core.database.read() as connection:
            return past.one_step(core, connection, ref)

    def call_counts(self, key: RunKey, /) -> dict[int, CallCount]:
        """Return how many calls each step made."""
        with self._core.database.read() as connection:
            return past.count_calls(connection, key)

    def state(self, ref: StepRef, /) -> State:
        """Return the state after a step, or a run's initial state."""
        core = self._core
        with core.database.read() as connection:
            return past.states_after(core, connection, [ref])[0]

    def states(
        self,
        refs: Sequence[StepRef],
        /,
        *,
        keys: Collection[str] | None = None,
        counted: Collection[str] = (),
    ) -> list[State]:
        """Return several states, or some keys of them, reading what they have in common once."""
        core = self._core
        with core.database.read() as connection:
            return past.states_after(core, connection, refs, keys, counted)

    def marks(
        self, key: RunKey, path: Sequence[object], /, *, first: int | None = None, last: int | None = None
    ) -> list[tuple[int | None, Hashable]]:
        """Return what tells the values at a path apart."""
        with self._core.database.read() as connection:
            return parts.list_marks(connection, key, path, first, last)

    def parts(self, refs: Sequence[StepRef], path: Sequence[object], /) -> list[Part | None]:
        """Return what stands at a path of several states."""
        core = self._core
        with core.database.read() as connection:
            return parts.parts_at(core, connection, refs, path)

    def begun(self, refs: Sequence[StepRef], /) -> list[State]:
        """Return the states that steps began with."""
        core = self._core
        with core.database.read() as connection:
            return edits.states_begun(core, connection, refs)

    def head_state(self, key: RunKey, /) -> State:
        """Return the state that the next step starts from."""
        core = self._core
        with core.database.read() as connection:
            return core.state(core.state_decoder(connection), head.find_head(core, connection, key).state)

    def values(self, ref: StepRef, /) -> StepValues:
        """Return a step's inputs, result, source and events."""
        core = self._core
        with core.database.read() as connection:
            return past.step_values(core, connection, ref)

    def label_run(self, key: RunKey, label: str | None, /) -> None:
        """Give a run a label, or take it away."""
        runs.label_run(self._core, key, label)

    def pin_run(self, key: RunKey, pinned: bool, /) -> None:  # noqa: FBT001 (the protocol's)
        """Keep a run from being deleted, or no longer."""
        runs.pin_run(self._core, key, pinned=pinned)

    def delete_run(self, key: RunKey, /, *, dry_run: bool = False) -> Reclaimed:
        """Remove a run; what forks of it need stays."""
        return gc.delete_run(self._core, key, dry_run=dry_run)

    def removed(self, project: str | None = None, /) -> list[RunRecord]:
        """Return the runs that can be brought back."""
        with self._core.database.read() as connection:
            return restoring.list_removed(connection, project)

    def restore_run(self, key: RunKey, /) -> RunRecord:
        """Bring a removed run back."""
        return restoring.restore_run(self._core, key)

    def sizes(self, project: str | None = None, /) -> list[RunSize]:
        """Return what each run takes, largest first."""
        with self._core.database.read() as connection:
            return size.list_sizes(connection, project)

    def past(self, key: RunKey, /) -> list[PastRun]:
        """Return a run with all that it came from, the oldest first."""
        core = self._core
        with core.database.read() as connection:
            return carry.past_of(core, connection, key)

    def add_past(self, runs: Sequence[PastRun], /) -> RunRecord:
        """Take in what `past` gave."""
        return taking.add_past(self._core, list(map(masked.masked_past, runs)) if self._masks else runs)

    def gc(self, *, dry_run: bool = False) -> Reclaimed:
        """Give back the space of what no run holds any more."""
        return gc.collect(self._core, dry_run=dry_run)

    def record_call(self, call: CallRecord) -> CallId:
        """Keep a call."""
        return ledger.record_call(self._core, call)

    def amend_call(self, call: CallRecord) -> None:
        """Put a call in the place of what is kept under its id."""
        ledger.amend_call(self._core, call)

    def calls(self, steps: Sequence[StepRef]) -> list[CallRecord]:
        """Return all calls of these steps."""
        core = self._core
        with core.database.read() as connection:
            return ledger.list_calls(core, connection, steps)

    def strays(self, first: float, last: float, /) -> list[CallRecord]:
        """Return the calls of no step that began in a time."""
        core = self._core
        with core.database.read() as connection:
            return ledger.list_strays(core, connection, first, last)

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        core, self._held = self._held, None
        if core is not None:
            let_go(core, self._slot)

    def __reduce__(self) -> tuple[object, ...]:
        """Let another process open the same file."""
        if self._slot is None:
            raise StoreError("A store in memory cannot leave its process. Keep the history in a file.")
        return _reopened, self._slot

    def __repr__(self) -> str:
        return f"<store {self._location}>"

    @property
    def _core(self) -> Core:
        if self._held is None:
            raise StoreError(f"The store {self._location} is closed. Open it again.", path=self._location)
        return self._held
