"""What a recorded LLM call is, where calls are kept, and the step that a call belongs to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Literal, NewType, Protocol

from notebook_agent.ids import Json, StepRef
from notebook_agent.redact import ENVIRONMENT, masked_repr

__all__ = [
    "CallId",
    "CallLog",
    "CallRecord",
    "CallSource",
    "CallText",
    "LedgerMode",
    "Listener",
    "Purse",
    "StepScope",
    "Task",
    "Usage",
]

CallId = NewType("CallId", int)
LedgerMode = Literal["auto", "fresh", "strict"]
"""Which calls may leave: `auto` serves what matches, else live; `fresh` all live; `strict` none."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a provider says that a call took, in tokens."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class Task:
    """Which of the runs that a step started: one of a map's, a sub-agent.

    Attributes:
        action: The action of the step that started it.
        occurrence: Which visit of that action it was, counted from 0; attempts at a step are one visit.
        name: What it is called within that step.
    """

    action: str
    occurrence: int
    name: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request to a model and what came back. Times are Unix seconds, UTC."""

    step: StepRef | None
    """The step that made the call; None where it could not be told."""
    action: str | None
    span: str | None
    """Uid of the span that was open when the call began."""
    key: str
    """Hash of method, endpoint and canonical body (see `calls.keys` and `calls.veiled`)."""
    method: str
    host: str
    endpoint: str
    """Path below the API's base, such as `chat/completions`."""
    model: str | None
    request: Json
    """The redacted body."""
    streamed: bool
    status: int | None
    """HTTP status; None where no response came."""
    content_type: str | None
    body: bytes | None
    """The response as received, exact; None while nothing came."""
    complete: bool
    """All of the response was received; only complete 2xx responses are ever served."""
    error: str | None
    started_at: float
    first_at: float | None
    """When the first byte of the body came."""
    ended_at: float | None
    chunks: tuple[tuple[float, int], ...] = ()
    """For a stream: (seconds since `started_at`, bytes received so far)."""
    usage: Usage | None = None
    cost: float | None = None
    """US dollars; None where the price is not known."""
    replayed_from: CallId | None = None
    """The record that was served; None for a live call."""
    replayed: bool = False
    id: CallId | None = None
    """Set by the log that keeps it."""
    headers: tuple[tuple[str, str], ...] = ()
    """Response headers that serving it again needs, in lower case, such as `content-encoding`."""
    drift: str | None = None
    """For a live call that recorded ones could have served: how it differs from the nearest of them."""
    branch: tuple[Task, ...] = ()
    """In histories and ledger files: the tasks that lead from the run to the branch that made it."""
    superseded: bool = False
    """Likewise: its step was attempted again, so the run's way does not go through it."""

    def __repr__(self) -> str:
        """Mask secrets; a key that is a hash of one is left out."""
        return masked_repr(replace(self, key="") if ENVIRONMENT in str(self.request) else self)

    @property
    def sent(self) -> bool:
        """False for a call that was refused: nothing left, and it has no end."""
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class CallText:
    """Text that a model has just streamed. `call` counts the step's calls from 0."""

    step: StepRef | None
    call: int
    text: str


Listener = Callable[[CallRecord | CallText], None]


class CallLog(Protocol):
    """Where calls are kept. Every method may be called from any thread."""

    def record_call(self, call: CallRecord) -> CallId:
        """Keep a call; when this returns, a process that dies has not lost it."""
        ...

    def amend_call(self, call: CallRecord) -> None:
        """Put a call in the place of what is kept under its id: the rest of its stream has come."""
        ...

    def calls(self, steps: Sequence[StepRef]) -> list[CallRecord]:
        """All calls of these steps, in the order in which they were begun."""
        ...


class Purse(Protocol):
    """What live calls are paid from: see `calls.Budget`. Every method may be called from any thread."""

    def refuse(self, host: str, model: Callable[[], str | None], /) -> str | None:
        """Say why a call must not start; where it may, it has started. `model` is asked where it matters."""
        ...

    def unsent(self) -> None:
        """Note that a call which had started was not sent, for another purse refused it."""
        ...

    def took(self, call: CallRecord, /) -> None:
        """Note what a live call came to."""
        ...


class CallSource(Protocol):
    """Recorded calls that belong to no step of the store: see `calls.Recording`."""

    advice: str
    """What to do where a call has no record; empty for the usual."""

    def take(self, key: str, /, *, n: int, branch: Sequence[Task] = ()) -> CallRecord | None:
        """The answer to a branch's request of `key` that has had `n` answers on its way."""
        ...

    def count(self, key: str, /, *, branch: Sequence[Task] = ()) -> int:
        """How many answers there are to a branch's requests of `key`."""
        ...

    def veiled(self) -> Sequence[CallRecord]:
        """The answers to requests in which a secret of an environment stood: see `calls.veiled`."""
        ...

    def nearest(self, endpoint: str, /) -> Sequence[CallRecord]:
        """The records that a missed request of this endpoint is compared with."""
        ...


@dataclass(frozen=True, slots=True)
class StepScope:
    """The running step, as the transport wrapper sees it (one ContextVar holds it).

    `partners` are the recorded steps whose calls this one may be served, best first:
    see `calls.pairing`. Empty for a new run.
    """

    step: StepRef
    action: str
    log: CallLog
    mode: LedgerMode = "auto"
    partners: Sequence[StepRef] = ()
    recording: CallSource | None = None
    """A further source, asked after the partners in `auto` and `strict`."""
    listener: Listener | None = None
    """Told each streamed text and each finished call once it is handed on, in the thread that reads on."""
    live: bool = False
    """In `auto` nothing is served, but its calls count: for the attempts of a retry policy."""
    purses: tuple[Purse, ...] = ()
    """What its live calls are paid from, all of them; a call that one refuses is not sent."""
    note: Callable[[Json], None] | None = None
    """Told at the end what requests that are no calls the step made, by method and host."""
    check: Callable[[], None] | None = None
    """Raises, before a call and at each piece of an answer, where the step is to end."""
    on_stop: Callable[[Callable[[], None]], AbstractContextManager[None]] | None = None
    """Acts, from another thread, once the step is to end while it waits for an answer."""
    answered: Callable[[str], int] | None = None
    """Tells how often a request of a key was answered on the run's way to this step."""
    branch: tuple[Task, ...] = ()
    """The tasks that lead to this run from the one that started it and its siblings."""
