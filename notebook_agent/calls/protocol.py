"""What a recorded LLM call is, where calls are kept, and the step that a call belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

from notebook_agent.ids import Json, StepRef

__all__ = ["CallId", "CallLog", "CallRecord", "LedgerMode", "StepScope", "Usage"]

CallId = NewType("CallId", int)
LedgerMode = Literal["auto", "fresh", "strict"]
"""Which calls may leave: `auto` serves what matches, else live; `fresh` all live; `strict` none."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a provider says that a call took, in tokens."""

    input: int
    output: int


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request to a model and what came back. Times are Unix seconds, UTC."""

    step: StepRef | None
    """The step that made the call; None where it could not be told."""
    action: str | None
    span: str | None
    key: str
    """Hash of method, endpoint and canonical redacted body (see `calls.keys`)."""
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


class CallLog(Protocol):
    """Where calls are kept. Every method may be called from any thread."""

    def record_call(self, call: CallRecord) -> CallId:
        """Keep a call; when this returns, a process that dies has not lost it."""
        ...

    def calls(self, steps: Sequence[StepRef]) -> list[CallRecord]:
        """All calls of these steps, in the order in which they were begun."""
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
    partners: tuple[StepRef, ...] = ()
