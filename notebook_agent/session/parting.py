"""Where two runs part, and both side by side from there."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from notebook_agent.errors import UnknownStepError
from notebook_agent.history import History, changes
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.words import listing
from notebook_agent.state import State, same
from notebook_agent.store.protocol import StepRecord, Store
from notebook_agent.view.escape import plural
from notebook_agent.view.steps import steps_wire
from notebook_agent.view.values import diff_wire
from notebook_agent.view.wire import Comparison

__all__ = ["Parting", "comparison", "parting"]

_BEFORE = 3
_MOST = 200
"""Steps of each run that are shown from the parting on."""

_STRETCH = 256
"""Steps of each run that are compared at once."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two runs part: number of the first step that differs, None where none does, and a sentence."""

    seq: int | None
    said: str


def comparison(first: History, second: History) -> Comparison:
    """Put two runs side by side: where they part, what each did there, and what differs."""
    found = parting(first, second)
    left, right = _until(first, found.seq), _until(second, found.seq)
    return Comparison(
        run=first.key.app_id,
        other=second.key.app_id,
        said=found.said,
        at=found.seq,
        here=steps_wire(_near(first, found.seq), lambda _: False),
        there=steps_wire(_near(second, found.seq), lambda _: False),
        diff=diff_wire(_state(first, left), _state(second, right)),
    )


def parting(first: History, second: History) -> Parting:
    """Find the first step in which two runs differ: by its action, or by the state that it came to."""
    store, together = first.store, set[RunKey]()
    shared, alike = _shared(first, second), 0
    if shared is not None:
        together.add(first[shared].ref.run)
        alike = shared + 1
    for one, other, equal in _pairs(first, second, alike):
        runs = [one.ref.run, other.ref.run]
        said = _edited(store, runs, together) or _differ(store, one, other, alike=equal, first=not alike)
        if said:
            return Parting(one.seq, said)
        together |= set(runs)
        alike += 1
    said = _edited(store, [first.key, second.key], together)
    longer, count = _longer(first, second), f"{plural(alike, 'step')} alike"
    keys = [] if said or longer is not None else _keys(*map(store.head_state, (first.key, second.key)))
    return Parting(longer, said or f"{count}{f'; since then {_by_hand(keys)}' if keys and alike else ''}")


def _shared(first: History, second: History) -> int | None:
    """The number of the last step that is the same one in both runs: from where they part no later one is."""
    low, high = -1, min(_head(first), _head(second))
    forked = [each.run.parent.seq for each in (first, second) if each.run.parent is not None]
    guesses = [at + more for at in forked if at is not None for more in (0, 1)]
    while low < high:
        middle = guesses.pop(0) if guesses else (low + high + 1) // 2
        if not low < middle <= high:
            continue
        if _ref(first, middle) == _ref(second, middle):
            low = middle
        else:
            high = middle - 1
    return low if low >= 0 and _ref(first, low) is not None else None


def _head(history: History) -> int:
    head = history.run.head
    return -1 if head is None else head


def _ref(history: History, seq: int) -> StepRef | None:
    try:
        return history.store.step(StepRef(history.key, seq)).ref
    except UnknownStepError:
        return None


def _pairs(first: History, second: History, start: int) -> Iterator[tuple[StepRecord, StepRecord, bool]]:
    """Steps of equal numbers from one on, and whether their states are written alike in the store."""
    last = min(_head(first), _head(second))
    for low in range(start, last + 1, _STRETCH):
        high = min(last, low + _STRETCH - 1)
        (here, one), (there, other) = _stretch(first, low, high), _stretch(second, low, high)
        for seq in sorted(here.keys() & there.keys()):
            yield here[seq], there[seq], one[seq] == other[seq]


def _stretch(
    history: History, low: int, high: int
) -> tuple[dict[int, StepRecord], dict[int | None, Hashable]]:
    steps = history.store.steps(history.key, first=low, last=high)
    marks = history.store.marks(history.key, (), first=low, last=high)
    return {step.seq: step for step in steps}, dict(marks)


def _longer(first: History, second: History) -> int | None:
    """The first step of the longer run that the other has no more."""
    longer, end = max(first, second, key=_head), min(_head(first), _head(second))
    left = longer.store.steps(longer.key, first=end + 1, last=end + _STRETCH)
    return left[0].seq if left else None


def _differ(store: Store, one: StepRecord, other: StepRecord, *, alike: bool, first: bool) -> str:
    """Say how two steps of one number differ; all but first ones began alike where nothing was edited."""
    other_action = one.action != other.action
    if not other_action and (alike or not any(changes(*store.states([one.ref, other.ref])))):
        return ""
    keys = [] if first else _keys(*store.begun([one.ref, other.ref]))
    then = f"{one.action} here, {other.action} there" if other_action else ""
    if keys:
        return f"they part before @{one.seq}: {_by_hand(keys)}{f'; then {then}' if then else ''}"
    return f"they part at @{one.seq}: {then or _ended(one, other)}"


def _ended(one: StepRecord, other: StepRecord) -> str:
    if one.status == other.status:
        return f"{one.action} came to another state"
    return f"{one.action} {one.status} here, {other.status} there"


def _keys(one: State, other: State) -> list[str]:
    """The keys of two states that differ."""
    found = dict.fromkeys([*one, *other])
    return [key for key in found if not (key in one and key in other and same(one[key], other[key]))]


def _by_hand(keys: Sequence[str]) -> str:
    return f"{listing(keys)} {'were' if keys[1:] else 'was'} edited by hand"


def _edited(store: Store, runs: Sequence[RunKey], together: set[RunKey]) -> str:
    """Say where a run that has gone its own way only now began with edited values."""
    for key in runs:
        parent = None if key in together else History(store, key).run.parent
        if parent is None:
            continue
        keys = _keys(store.state(parent), store.state(StepRef(key, None)))
        if keys:
            at = "start" if parent.seq is None else parent.seq
            return f"they part at the fork @{at}: {listing(keys)} {'were' if keys[1:] else 'was'} edited"
    return ""


def _until(history: History, seq: int | None) -> StepRecord | None:
    """The step of this number, or else the last; None where there is none."""
    head = _head(history)
    found = history.store.steps(history.key, first=max(0, head if seq is None else min(seq, head)), last=seq)
    return found[0] if found else None


def _state(history: History, step: StepRecord | None) -> dict[str, object]:
    """The state after a step; where the run began with it, as the run began: with what was edited for it."""
    parent = history.run.parent
    if step is None or (parent is not None and parent.seq == step.seq):
        return dict(history.store.state(StepRef(history.key, None)))
    return dict(history.store.state(step.ref))


def _near(history: History, seq: int | None) -> Sequence[StepRecord]:
    first = max(0, (_head(history) + 1 if seq is None else seq) - _BEFORE)
    return history.store.steps(history.key, first=first, last=first + _MOST - 1)
