"""What a store keeps of runs and steps, and what any backend must do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from notebook_agent.calls.protocol import CallLog
from notebook_agent.condition import Decision
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.redact import masked_repr
from notebook_agent.state import State
from notebook_agent.store.kept import PastRun, PastStep, Reclaimed, RunSize

__all__ = [
    "CallCount",
    "Durability",
    "Failure",
    "NewRun",
    "PastRun",
    "PastStep",
    "Reclaimed",
    "RunCall",
    "RunRecord",
    "RunSize",
    "Status",
    "StepBegin",
    "StepEnd",
    "StepRecord",
    "StepValues",
    "Store",
]

Status = Literal["running", "completed", "failed", "interrupted"]
Durability = Literal["full", "normal"]
"""`full`: an ended step survives a power cut; `normal`: the death of the process."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended a step: its class, its message, the whole traceback as text (redacted)."""

    type: str
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class RunCall:
    """The call that a step was part of (`run`, `step` ..), so that a retry can be told the same again."""

    method: str
    inputs: Mapping[str, object]
    halt_before: tuple[str, ...] = ()
    halt_after: tuple[str, ...] = ()
    max_steps: int | None = None

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be created. With a `parent` the run starts from that checkpoint."""

    key: RunKey
    entrypoint: str
    graph: Json
    """What `view.graph` and `resume` need of the graph: see `Graph.describe`."""
    state: State | None = None
    """The initial state; None for a fork that starts from its parent's unchanged."""
    parent: StepRef | None = None
    spawned_by: StepRef | None = None
    label: str | None = None
    notebook: str | None = None
    base: int | None = None
    """Without a parent: the number before its first step; None to count from 0."""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as listed. `head` is the last step begun, its ancestors' included; None before the first."""

    key: RunKey
    label: str | None
    created_at: float
    updated_at: float
    entrypoint: str
    parent: StepRef | None
    spawned_by: StepRef | None
    notebook: str | None
    head: int | None
    status: Status | None
    """Of the step at the head; a `running` step of a dead process is `interrupted`."""
    action: str | None
    """Of the step at the head."""
    steps: int
    """Own steps, those before a fork point not counted."""
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class StepBegin:
    """What is known when a step begins. Times are Unix seconds, UTC."""

    seq: int
    action: str
    started_at: float
    inputs: Mapping[str, object]
    """The inputs that this action takes, defaults not included."""
    decision: Decision | None
    """Why this action is next; None for the entrypoint."""
    call: RunCall | None
    code: str | None
    """Id of the action's code, see `action.code_id`."""
    source: str | None
    """The action's source; kept once for each `code`."""


@dataclass(frozen=True, slots=True)
class StepEnd:
    """What a step came to. A step that is not `completed` keeps the state before it."""

    seq: int
    status: Status
    ended_at: float
    state: State
    result: Mapping[str, object] | None = None
    failure: Failure | None = None
    reads: tuple[str, ...] = ()
    """Keys that the action really read, in order of first use."""
    writes: tuple[str, ...] = ()
    """Keys that it really wrote."""
    next: Decision | None = None
    """The decision taken on the new state; None where none could be taken."""
    events: Json = field(default_factory=list)
    """Spans, attributes and streamed chunks of the step."""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step as listed: everything but its values, which are loaded when asked for."""

    ref: StepRef
    """`ref.run` is the run that made the step: for an inherited step an ancestor."""
    action: str
    status: Status
    started_at: float
    ended_at: float | None
    code: str | None
    decision: Decision | None
    next: Decision | None
    failure: Failure | None
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def seq(self) -> int:
        """The step's number, counted through its run and the run's ancestors."""
        return self.ref.seq or 0


@dataclass(frozen=True, slots=True)
class StepValues:
    """The values of a step that a list leaves out."""

    inputs: Mapping[str, object]
    result: Mapping[str, object] | None
    call: RunCall | None
    source: str | None
    events: Json

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)


@dataclass(frozen=True, slots=True)
class CallCount:
    """The LLM calls of one step; those that were served from the ledger took nothing."""

    live: int
    replayed: int
    tokens: int
    """In and out, of the live ones."""
    cost: float
    """US dollars, of the live ones whose price is known .."""
    priced: int
    """.. which are so many."""


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
        """Create a run; RunExistsError if the key is taken."""
        ...

    def begin_step(self, run: RunKey, begin: StepBegin, /, *, after: int | None) -> None:
        """Claim the step for this writer. `after` is the head that the writer knows.

        Raises:
            RunConflictError: another writer is in the middle of a step, or has moved the head.
            UnstorableError: an input has no codec.
        """
        ...

    def end_step(self, run: RunKey, end: StepEnd, /) -> None:
        """Write the end of the claimed step with its state, durably, in one transaction.

        Raises:
            UnstorableError: a value of the state has no codec; nothing was written and
                the claim still holds, so the step can be ended as `failed`.
        """
        ...

    def edit_state(self, run: RunKey, state: State, /, *, after: int | None) -> None:
        """Replace the state at the head, between two steps; the head's decision is dropped."""
        ...

    def run(self, key: RunKey, /) -> RunRecord:
        """One run."""
        ...

    def graph(self, key: RunKey, /) -> Json:
        """The graph that the run was created with."""
        ...

    def runs(self, project: str | None = None, /) -> list[RunRecord]:
        """All runs, of one project if named, newest first."""
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

    def state(self, ref: StepRef, /) -> State:
        """The state after a step; for `seq` None the run's initial state.

        The initial state of a fork is the checkpoint at its fork point, as edited there. A fork
        of that has the same past, and its first step the same number as the fork's own first.
        """
        ...

    def states(self, refs: Sequence[StepRef], /, *, keys: Collection[str] | None = None) -> list[State]:
        """Several states at once, as `state` gives each; what they have in common is read once.

        Args:
            refs: The checkpoints.
            keys: Read no others; a state that lacks one of them may be given whole.
        """
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

        Raises:
            RunError: it is pinned.
            RunConflictError: it is in the middle of a step.
        """
        ...

    def sizes(self, project: str | None = None, /) -> list[RunSize]:
        """What each run takes, of one project if named, largest first; removed ones kept for forks too."""
        ...

    def past(self, key: RunKey, /) -> list[PastRun]:
        """A run with all that it came from: its ancestors up to their fork points, the oldest first."""
        ...

    def add_past(self, runs: Sequence[PastRun], /) -> RunRecord:
        """Take in what `past` gave, here or elsewhere: the last run is listed, its ancestors are kept for it.

        All or nothing is written. An ancestor that is here already, and the same, is not written again.

        Raises:
            RunExistsError: the last run's key is taken.
        """
        ...

    def gc(self, *, dry_run: bool = False) -> Reclaimed:
        """Give back the space of what no run holds any more; `dry_run` only says how much that is.

        Every listed run keeps all its checkpoints, and a removed one what its forks begin with.
        """
        ...

    def close(self) -> None:
        """Let go of the file; a second call does nothing."""
        ...
