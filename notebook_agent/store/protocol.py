"""What any backend of a store must do."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import Protocol

from notebook_agent.calls.protocol import CallLog, CallRecord
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.kept import PastEdit, PastRun, PastStep, Reclaimed, RunSize
from notebook_agent.store.told import (
    CallCount,
    Durability,
    Edit,
    Failure,
    NewRun,
    Part,
    Plain,
    RunCall,
    RunRecord,
    Stand,
    Status,
    StepBegin,
    StepEnd,
    StepRecord,
    StepValues,
)

__all__ = [
    "CallCount",
    "Durability",
    "Edit",
    "Failure",
    "NewRun",
    "Part",
    "PastEdit",
    "PastRun",
    "PastStep",
    "Plain",
    "Reclaimed",
    "RunCall",
    "RunRecord",
    "RunSize",
    "Stand",
    "Status",
    "StepBegin",
    "StepEnd",
    "StepRecord",
    "StepValues",
    "Store",
]


class Store(CallLog, Protocol):
    """Runs, steps and their states, for ever. Every method may be called from any thread.

    A step's number is valid in a run if the run made it or if it lies in the run's past:
    an ancestor's step up to the fork point. Asking for another raises `UnknownStepError`,
    for another run `UnknownRunError`.
    """

    @property
    def location(self) -> str:
        """The file's path, or `:memory:`."""
        ...

    def create_run(self, new: NewRun, /) -> RunRecord:
        """Create a run.

        Raises:
            RunExistsError: the key is taken.
            ForkError: the step to fork after has not ended; that of a dead process counts as interrupted.
        """
        ...

    def begin_step(self, run: RunKey, begin: StepBegin, /, *, after: int | Stand | None) -> None:
        """Claim the step for this writer. `after` is the head that the writer knows, or all that it knows.

        Raises:
            RunConflictError: another writer is in the middle of a step, or has moved the head; or, where
                `after` tells of that, has edited the state at the head, or made a new run of this key.
            UnstorableError: an input has no codec.
        """
        ...

    def end_step(self, run: RunKey, end: StepEnd, /, *, then: StepBegin | None = None) -> None:
        """Write the end of the claimed step with its state, durably, in one transaction.

        Args:
            run: The run.
            end: What the step came to.
            then: The step that follows at once; it is claimed in the same transaction.

        Raises:
            UnstorableError: a value of the state or of `then` has no codec; nothing was written and
                the claim still holds, so the step can be ended as `failed`.
        """
        ...

    def drop_step(self, run: RunKey, seq: int, /) -> None:
        """Let go of a claimed step whose action has not run; no trace of it stays.

        Where another run began from it, it stays as interrupted. Nothing happens where this writer does
        not hold the step.
        """
        ...

    def edit_state(self, run: RunKey, state: State, /, *, after: int | Stand | None) -> Stand:
        """Replace the state at the head, between two steps; the head's decision is dropped.

        What it changes is kept, see `edits`; a state that is the same changes nothing. Returns where the
        run stands now, for the writer's next `after`, and raises as `begin_step`.
        """
        ...

    def edits(self, key: RunKey, /) -> list[Edit]:
        """What was changed by hand in the run's past, where forks were made and since its head, in order."""
        ...

    def run(self, key: RunKey, /) -> RunRecord:
        """One run."""
        ...

    def graph(self, key: RunKey, /) -> Json:
        """The graph that the run was created with."""
        ...

    def runs(self, project: str | None = None, /, *, removed: bool = False) -> list[RunRecord]:
        """All runs, of one project if named, newest first; with `removed` those kept for their forks too."""
        ...

    def children(self, key: RunKey, /, seq: int | None = None) -> list[RunRecord]:
        """The runs that the steps of this run's past started, or one of them, oldest first."""
        ...

    def steps(self, key: RunKey, /, *, first: int = 0, last: int | None = None) -> list[StepRecord]:
        """The run's steps in order of `seq`, those of its ancestors up to the fork point first.

        Args:
            key: The run.
            first: Leave out those before.
            last: Leave out those after; a number beyond the head leaves out none.
        """
        ...

    def step(self, ref: StepRef, /) -> StepRecord:
        """One step, at a cost that does not grow with the run."""
        ...

    def call_counts(self, key: RunKey, /) -> dict[int, CallCount]:
        """How many LLM calls each of `steps` made and what they took, by `seq`, where there are any."""
        ...

    def strays(self, first: float, last: float, /) -> list[CallRecord]:
        """The LLM calls of no step, of whatever run, that began between two times (Unix seconds)."""
        ...

    def state(self, ref: StepRef, /) -> State:
        """The state after a step; for `seq` None the run's initial state.

        The initial state of a fork is the checkpoint at its fork point, as edited there. A fork
        of that has the same past, and its first step the same number as the fork's own first.
        """
        ...

    def states(
        self,
        refs: Sequence[StepRef],
        /,
        *,
        keys: Collection[str] | None = None,
        counted: Collection[str] = (),
    ) -> list[State]:
        """Several states at once, as `state` gives each; what they have in common is read once.

        Args:
            refs: The checkpoints.
            keys: Read no others; a state that lacks one of them may be given whole. States that
                are alike may be one object.
            counted: Of these keys, long lists may have nothing but a length and items by number.
        """
        ...

    def marks(
        self, key: RunKey, path: Sequence[object], /, *, first: int | None = None, last: int | None = None
    ) -> list[tuple[int | None, Hashable]]:
        """What tells the values at a path apart, checkpoint by checkpoint: equal marks, equal values.

        Unequal marks may stand for equal values, but for two that are `Plain` and of one depth; None says
        that nothing stands there.

        Args:
            key: The run.
            path: A key of the state, then keys and indexes below it; an empty one is the whole state.
            first: Leave out those before; None begins with the initial state, whose number is None.
            last: Leave out those after.
        """
        ...

    def parts(self, refs: Sequence[StepRef], path: Sequence[object], /) -> list[Part | None]:
        """What stands at a path of several states, without reading what is beside it; None for nothing."""
        ...

    def begun(self, refs: Sequence[StepRef], /) -> list[State]:
        """The states that steps began with: after the step before each, or as edited by hand since."""
        ...

    def head_state(self, key: RunKey, /) -> State:
        """The state that the next step starts from: after the head, or as edited since."""
        ...

    def values(self, ref: StepRef, /) -> StepValues:
        """A step's inputs, result, source and events."""
        ...

    def label_run(self, key: RunKey, label: str | None, /) -> None:
        """Give a run a label for people to name it by; None takes it away. Several runs may share one."""
        ...

    def pin_run(self, key: RunKey, pinned: bool, /) -> None:  # noqa: FBT001
        """Keep a run from `delete_run` and `gc`, or no longer."""
        ...

    def delete_run(self, key: RunKey, /, *, dry_run: bool = False) -> Reclaimed:
        """Remove a run; what forks of it need stays. `dry_run` only says what that would free.

        Until `gc` it can be brought back by `restore_run`.

        The runs that its removed steps had started go with it, and theirs, but for those that are
        pinned, running, forked, or labelled by a person: these are listed on their own from then on.

        Raises:
            RunError: it is pinned.
            RunConflictError: it is in the middle of a step.
        """
        ...

    def removed(self, project: str | None = None, /) -> list[RunRecord]:
        """The runs that `restore_run` can bring back, the latest removed first; `updated_at` says when.

        Those that went with the step which had started them come back with its run.
        """
        ...

    def restore_run(self, key: RunKey, /) -> RunRecord:
        """Bring a removed run back as it was, with all that went with it.

        Raises:
            UnknownRunError: no such run was removed since the last `gc`.
            RunExistsError: another run has its key now.
        """
        ...

    def sizes(self, project: str | None = None, /) -> list[RunSize]:
        """What each run takes, of one project if named, largest first; removed ones kept for forks too."""
        ...

    def past(self, key: RunKey, /) -> list[PastRun]:
        """A run with all that it came from and all that it started.

        First its ancestors up to their fork points, the oldest first, and the run; then the runs that the
        steps of this past started, and theirs, with such ancestors of their own. A run comes after its
        parent and after the run that started it.
        """
        ...

    def add_past(self, runs: Sequence[PastRun], /) -> RunRecord:
        """Take in what `past` gave, here or elsewhere; return the run that it was asked for.

        All or nothing is written. But for that run, what is here already and the same is not written again.

        Raises:
            RunExistsError: the run's key is taken, or by another run that of one that its steps started.
        """
        ...

    def gc(self, *, dry_run: bool = False) -> Reclaimed:
        """Give back the space of what no run holds any more; `dry_run` only says how much that is.

        Every listed run keeps all its checkpoints, and a removed one what its forks begin with; no removed
        one can be restored from then on.
        """
        ...

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        ...
