"""Each answer of some calls once, where the run's way used it: what a ledger file holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from notebook_agent.calls.prices import price_of
from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.calls.providers.loose import at, text
from notebook_agent.calls.summary import answer_of
from notebook_agent.ids import StepRef

__all__ = ["paid", "worth"]

_Originals = Mapping[CallId | None, CallRecord]


def paid(calls: Iterable[CallRecord]) -> list[CallRecord]:
    """Put each answer where it was used last, and leave out what was refused or only replayed."""
    found = [call for call in calls if call.sent]
    originals: _Originals = {call.id: call for call in found if call.replayed_from is None}
    again = set(_repeated(found, originals))
    marked = [replace(call, superseded=call.superseded or call.step in again) for call in found]
    return [replace(call, replayed=False, cost=worth(call)) for call in _once(marked, originals)]


def worth(call: CallRecord) -> float | None:
    """What a call cost when it was made, or would cost: the price of a served one is that of its answer."""
    if not call.replayed:
        return call.cost
    answer = answer_of(call)
    return price_of(call.host, text(at(answer, "model")) or call.model, call.usage, answer)


def _repeated(calls: Iterable[CallRecord], originals: _Originals) -> Iterator[StepRef | None]:
    """Yield the steps whose answers were served to a later step of the same run: attempts, made again."""
    for call in calls:
        origin = originals.get(call.replayed_from) if call.replayed_from else None
        if origin is not None and _is_later(call.step, origin.step):
            yield origin.step


def _is_later(one: StepRef | None, other: StepRef | None) -> bool:
    if one is None or other is None or one.run != other.run:
        return False
    return (one.seq or 0) > (other.seq or 0)


def _once(calls: Sequence[CallRecord], originals: _Originals) -> Iterator[CallRecord]:
    used = {
        call.replayed_from: n for n, call in enumerate(calls) if call.replayed_from and not call.superseded
    }
    standing = {call.id for call in calls if call.replayed_from is None and not call.superseded}
    for n, call in enumerate(calls):
        if call.replayed_from is None:
            if not call.superseded or not (call.replayed or call.id in used):
                yield call
        elif used.get(call.replayed_from) == n and call.replayed_from not in standing:
            origin = originals.get(call.replayed_from, call)
            yield replace(origin, step=call.step, action=call.action, branch=call.branch, superseded=False)
