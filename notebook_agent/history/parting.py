"""Where a fork first does something else than the run that it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notebook_agent.history.compare import same
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["first_difference"]

_ABSENT = object()


def first_difference(store: Store, source: Sequence[StepRecord], fork: Sequence[StepRecord]) -> int | None:
    """Return the number of the first step of a fork that differs from the source's step of that number.

    It differs by its action, by how it ended, or by a value that either wrote; values that
    were only put in at the fork count for nothing. None where all are alike, or the source
    has no such step.
    """
    there = {step.seq: step for step in source}
    own = [step for step in fork if step.seq in there and there[step.seq].ref != step.ref]
    return next((step.seq for step in own if _differs(store, there[step.seq], step)), None)


def _differs(store: Store, one: StepRecord, other: StepRecord) -> bool:
    if one.action != other.action or one.status != other.status:
        return True
    before: Mapping[str, object] = store.state(one.ref)
    after: Mapping[str, object] = store.state(other.ref)
    written = dict.fromkeys((*one.writes, *other.writes))
    return any(not same(before.get(key, _ABSENT), after.get(key, _ABSENT)) for key in written)
