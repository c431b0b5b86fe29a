"""What differs between two checkpoints beside their states: the code of their actions, their LLM calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.calls import summarise
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history.compare import Change, changes
from notebook_agent.history.history import History
from notebook_agent.store.protocol import StepRecord

_NEAR = 63
__all__ = ["CallChange", "CodeChange", "call_changes", "code_changes", "same_call"]


@dataclass(frozen=True, slots=True)
class CodeChange:
    """An action that ran other code on either side.

    Attributes:
        action: Its name.
        ids: The ids of both versions.
        before: The one source; empty where it could not be read.
        after: The other source.
    """

    action: str
    ids: tuple[str, str]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class CallChange:
    """An LLM call that either side made otherwise, or alone.

    Attributes:
        endpoint: What was called.
        changes: What differs, by path: below `request`, or `answer`.
    """

    endpoint: str
    changes: tuple[Change, ...]


def code_changes(first: History, a: int | None, second: History, b: int | None) -> list[CodeChange]:
    """Return the actions that ran on both sides with other code, the last time in the 64 steps up to each."""
    here, there = _latest(first, a), _latest(second, b)
    return [
        CodeChange(action, (one.code, other.code), _source(first, one), _source(second, other))
        for action, one in here.items()
        if (other := there.get(action)) is not None
        and one.code is not None
        and other.code is not None
        and one.code != other.code
    ]


def _latest(history: History, seq: int | None) -> dict[str, StepRecord]:
    if seq is None:
        return {}
    return {
        each.action: each for each in history.store.steps(history.key, first=max(0, seq - _NEAR), last=seq)
    }


def _source(history: History, step: StepRecord) -> str:
    return history.store.values(step.ref).source or ""


def call_changes(first: History, a: int, second: History, b: int) -> list[CallChange]:
    """Return how the LLM calls of two steps differ, in order; those that are alike are left out."""
    return list(_call_changes(first.calls(a), second.calls(b)))


def _call_changes(here: Sequence[CallRecord], there: Sequence[CallRecord]) -> Iterator[CallChange]:
    left: list[CallRecord | None] = list(there)
    for n, call in enumerate(here):
        other = same_call(call, n, left)
        if other is not None:
            left[left.index(other)] = None
        found = tuple(changes(_told(call), _told(other)))
        if found:
            yield CallChange(call.endpoint, found)
    for call in filter(None, left):
        yield CallChange(call.endpoint, tuple(changes(_told(None), _told(call))))


def same_call(call: CallRecord, place: int, others: Sequence[CallRecord | None]) -> CallRecord | None:
    """Find the call of equal request, else the one at the same place if it asks the same endpoint."""
    equal = next((each for each in others if each is not None and each.key == call.key), None)
    if equal is not None:
        return equal
    placed = others[place] if place < len(others) else None
    return placed if placed is not None and placed.endpoint == call.endpoint else None


def _told(call: CallRecord | None) -> dict[str, object]:
    if call is None:
        return {}
    summary = summarise(call)
    tools = [{"name": each.name, "arguments": each.arguments} for each in summary.tools]
    told: dict[str, object] = {"request": call.request, "answer": summary.error or summary.text or ""}
    return {**told, "tools": tools} if tools else told
