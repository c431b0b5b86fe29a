"""Steps as the columns that travel to the page."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence

from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.wire import StepsWire

__all__ = ["joined_steps", "steps_wire"]

_LETTERS = {"completed": "c", "failed": "f", "interrupted": "i", "running": "r"}
_EXACT = 100.0
"""Longer durations, in ms, are told without a fraction."""


def steps_wire(
    steps: Sequence[StepRecord],
    is_stale: Callable[[StepRecord], bool],
    edited: Collection[StepRef] = (),
    served: Collection[StepRef] = (),
) -> StepsWire:
    """Write steps that follow each other as columns.

    After the `edited` the state was changed by hand; the `served` gave their record again.
    """
    places: dict[str, int] = {}
    place = places.setdefault
    action = [place(step.action, len(places)) for step in steps]
    decisions = [step.decision for step in steps]
    made = StepsWire(
        first=steps[0].seq if steps else 0,
        names=[],
        action=action,
        source=[-1 if each is None else place(each.source, len(places)) for each in decisions],
        status="".join([_LETTERS[step.status] for step in steps]),
        ms=[_took(step) for step in steps],
        stale=[i for i, step in enumerate(steps) if is_stale(step)],
    )
    made["names"] = list(places)
    if edited:
        made["edited"] = [i for i, step in enumerate(steps) if step.ref in edited]
    if served:
        made["served"] = [i for i, step in enumerate(steps) if step.ref in served]
    return made


def joined_steps(old: StepsWire, fresh: StepsWire) -> StepsWire | None:
    """Put columns after others that they follow or overlap; where both have a step the fresh one counts.

    Columns that leave a gap cannot be joined: then it is None.
    """
    if not fresh["status"] or not old["status"]:
        return fresh if fresh["status"] else old
    kept = fresh["first"] - old["first"]
    if not 0 <= kept <= len(old["status"]):
        return None
    places = {name: place for place, name in enumerate(old["names"])}
    anew = [places.setdefault(name, len(places)) for name in fresh["names"]]
    action, source = ([-1 if n < 0 else anew[n] for n in fresh[column]] for column in ("action", "source"))
    made = StepsWire(
        first=old["first"],
        names=list(places),
        action=old["action"][:kept] + action,
        source=old["source"][:kept] + source,
        status=old["status"][:kept] + fresh["status"],
        ms=old["ms"][:kept] + fresh["ms"],
        stale=_joined(old["stale"], fresh["stale"], kept),
    )
    if "served" in old or "served" in fresh:
        made["served"] = _joined(old.get("served", []), fresh.get("served", []), kept)
    return made


def _joined(old: Sequence[int], fresh: Sequence[int], kept: int) -> list[int]:
    return [i for i in old if i < kept] + [i + kept for i in fresh]


def _took(step: StepRecord) -> float:
    end = time.time() if step.status == "running" else step.ended_at
    if end is None:
        return -1
    ms = (end - step.started_at) * 1000
    return round(ms) if ms >= _EXACT else round(ms, 1)
