"""What a store is told of runs and steps, and what it tells of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from notebook_agent.condition import Decision
from notebook_agent.ids import Json, RunKey, StepRef
from notebook_agent.redact import masked_repr
from notebook_agent.state import State

__all__ = [
    "CallCount",
    "Durability",
    "Edit",
    "Failure",
    "NewRun",
    "Part",
    "Plain",
    "RunCall",
    "RunRecord",
    "Stand",
    "Status",
    "StepBegin",
    "StepEnd",
    "StepRecord",
    "StepValues",
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


class Stand(NamedTuple):
    """Where a writer knows a run to stand, so that it is told of all that others have changed since.

    A number in its place says no more than what the last step is.
    """

    head: int | None
    """The last step begun, inherited ones included; None before the first."""
    edits: int
    """How often the state there was changed by hand."""
    number: int
    """With `created_at`: tells the run from others that had its key before, or have it now."""
    created_at: float


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
    removed: bool = False
    """It is kept for its forks alone."""
    stand: Stand | None = field(default=None, compare=False)
    """What a writer that goes on from here hands over; None for one that cannot be gone on with."""

    @property
    def ended(self) -> int | None:
        """The last step that has ended, its ancestors' included; None before that."""
        if self.status != "running" or not self.steps:
            return self.head
        return self.head - 1 if self.head else None


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
    grown: tuple[str, ...] = ()
    """Those of `reads` that the action only added to: no other key was made from them."""


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
    grown: tuple[str, ...] = ()
    """Those of `reads` that the action only added to: no other key was made from them."""

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


@dataclass(frozen=True, slots=True)
class Edit:
    """A state that was changed by hand between two steps."""

    after: StepRef
    """The step before it, or `seq` None for the initial state; `run` is the one that was edited."""
    at: float
    """Unix seconds, UTC."""
    keys: tuple[str, ...]
    """Those that were set, changed or taken away, in order."""
    forked: StepRef | None = None
    """The checkpoint that a fork was made of with this edit; None for one in the run itself."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a state, read without the rest of it."""

    path: tuple[object, ...]
    """The path to it, its negative indexes counted from the front. Of a path that leads into a value of
    a class only the beginning, up to that value."""
    value: object

    def __repr__(self) -> str:
        """Mask secrets."""
        return masked_repr(self)


class Plain(NamedTuple):
    """The mark of a number, a text, a truth value or None: where two differ at one depth, the values do."""

    kind: str
    depth: int
    value: object
