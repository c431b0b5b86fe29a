"""Where a fork first does something else than the run that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notebook_agent.history.compare import same
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["first_difference"]

_ABSENT = object()


def first_difference(store: Store, source: Sequence[StepRecord], fork: Sequence[StepRecord]) -> int | None:
    """Return the number of the first step of a fork that differs from what the source did in its place.

    It differs by its action, by how it ended, or by a value that either wrote; values that
    were only put in at the fork count for nothing, and attempts that were made again are left out.
    None where all are alike, or the source has no such step.
    """
    known = {step.ref for step in source}
    own = [step for step in fork if step.ref not in known]
    there = [step for step in source if own and step.seq >= own[0].seq]
    pairs = zip(_that_count(there), _that_count(own), strict=False)
    return next((step.seq for was, step in pairs if _differs(store, was, step)), None)


def _that_count(steps: Sequence[StepRecord]) -> list[StepRecord]:
    """Leave out attempts that were made again."""
    last = steps[-1:]
    return [step for step in steps if step.status == "completed" or step.next is not None or step in last]


def _differs(store: Store, one: StepRecord, other: StepRecord) -> bool:
    if one.action != other.action or one.status != other.status:
        return True
    before: Mapping[str, object] = store.state(one.ref)
    after: Mapping[str, object] = store.state(other.ref)
    written = dict.fromkeys((*one.writes, *other.writes))
    return any(not same(before.get(key, _ABSENT), after.get(key, _ABSENT)) for key in written)
