"""Where two runs part, and both side by side from there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from notebook_agent.history import History, changes
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.session.words import listing
from notebook_agent.store.protocol import StepRecord, Store
from notebook_agent.view.escape import plural
from notebook_agent.view.steps import steps_wire
from notebook_agent.view.values import diff_wire
from notebook_agent.view.wire import Comparison

__all__ = ["Parting", "comparison", "parting"]

_BEFORE = 3
_MOST = 200
"""Steps of each run that are shown from the parting on."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Where two runs part: number of the first step that differs, None where none does, and a sentence."""

    seq: int | None
    said: str


def comparison(first: History, second: History) -> Comparison:
    """Put two runs side by side: where they part, what each did there, and what differs."""
    here, there = first[:], second[:]
    found = _parting(first.store, here, there, [first.key, second.key])
    at = found.seq
    left, right = _at(here, at), _at(there, at)
    return Comparison(
        run=first.key.app_id,
        other=second.key.app_id,
        said=found.said,
        at=at,
        here=steps_wire(_near(here, at), lambda _: False),
        there=steps_wire(_near(there, at), lambda _: False),
        diff=diff_wire(_state(first, left), _state(second, right)),
    )


def parting(first: History, second: History) -> Parting:
    """Find the first step in which two runs differ: by its action, or by the state that it came to."""
    return _parting(first.store, first[:], second[:], [first.key, second.key])


def _parting(
    store: Store, here: Sequence[StepRecord], there: Sequence[StepRecord], keys: list[RunKey]
) -> Parting:
    together: set[RunKey] = set()
    for one, other in zip(here, there, strict=False):
        if one.ref == other.ref:
            together.add(one.ref.run)
            continue
        runs = [one.ref.run, other.ref.run]
        if said := _edited(store, runs, together) or _differ(store, one, other):
            return Parting(one.seq, said)
        together |= set(runs)
    alike = f"{plural(min(len(here), len(there)), 'step')} alike"
    longer = max(here, there, key=len)[min(len(here), len(there)) :]
    return Parting(longer[0].seq if longer else None, _edited(store, keys, together) or alike)


def _differ(store: Store, one: StepRecord, other: StepRecord) -> str:
    if one.action != other.action:
        return f"they part at @{one.seq}: {one.action} here, {other.action} there"
    if any(changes(store.state(one.ref), store.state(other.ref))):
        return f"they part at @{one.seq}: {one.action} came to another state"
    return ""


def _edited(store: Store, runs: list[RunKey], together: set[RunKey]) -> str:
    """Say where a run that has gone its own way only now began with edited values."""
    for key in runs:
        parent = store.run(key).parent
        if parent is None or key in together:
            continue
        found = changes(store.state(parent), store.state(StepRef(key, None)))
        keys = list(dict.fromkeys(re.split(r"[.\[]", change.path, maxsplit=1)[0] for change in found))
        if keys:
            at = "start" if parent.seq is None else parent.seq
            return f"they part at the fork @{at}: {listing(keys)} {'were' if keys[1:] else 'was'} edited"
    return ""


def _at(steps: Sequence[StepRecord], seq: int | None) -> StepRecord | None:
    """The step of this number, or else the last."""
    found = next((step for step in steps if step.seq == seq), None)
    return found or (steps[-1] if steps else None)


def _state(history: History, step: StepRecord | None) -> dict[str, object]:
    return dict(history.store.state(StepRef(history.key, None) if step is None else step.ref))


def _near(steps: Sequence[StepRecord], seq: int | None) -> Sequence[StepRecord]:
    first = max(0, len(steps) - _BEFORE) if seq is None else _place(steps, seq) - _BEFORE
    return steps[max(0, first) :][:_MOST]


def _place(steps: Sequence[StepRecord], seq: int) -> int:
    return next((i for i, step in enumerate(steps) if step.seq >= seq), len(steps))
