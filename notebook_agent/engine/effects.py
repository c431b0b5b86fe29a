"""Steps whose effect cannot be taken back: served from their record, or refused, but never fired twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import cast

from notebook_agent.action import Node
from notebook_agent.calls import repeated
from notebook_agent.engine.past import past_of
from notebook_agent.engine.relatives import attempts_of_relatives
from notebook_agent.engine.runs import Run
from notebook_agent.errors import EffectError, UnknownRunError
from notebook_agent.ids import StepRef
from notebook_agent.state import State, same
from notebook_agent.store.protocol import StepRecord, Store
from notebook_agent.tracing import current_step

__all__ = ["guarded"]

_ABSENT = object()


def guarded(run: Run, node: Node, inputs: Mapping[str, object], leave: str = "") -> Node:
    """Return what is to be run in the place of an irreversible action that may have been fired already.

    That is the action itself where nothing stands in its place in the record of the run, of its
    ancestors and of the forks of either. Where a completed step does, with equal inputs and equal
    values of all that it read, its result and its writes are given again. `leave` says how it can be
    allowed; by default by the next command.

    Raises:
        EffectError: It was fired with other inputs or in another state, or it failed.
    """
    if run.store is None or run.allow_effects:
        return node
    past = cast("list[StepRecord]", repeated(node.name, *past_of(run, run.store)))
    first = None
    for step in chain(past, attempts_of_relatives(run, run.store, node.name)):
        first = first or step
        if step.status == "completed" and _alike(run, run.store, step, inputs):
            return _served(run.store, node, step)
    if first is not None:
        raise _refusal(run, node, first, leave or _next_command(run, inputs))
    return node


def _alike(run: Run, store: Store, step: StepRecord, inputs: Mapping[str, object]) -> bool:
    (before,) = store.begun([step.ref])
    return same(dict(store.values(step.ref).inputs), dict(inputs)) and all(
        same(run.state.get(key, _ABSENT), before.get(key, _ABSENT)) for key in step.reads
    )


def _served(store: Store, node: Node, step: StepRecord) -> Node:
    after, result = store.state(step.ref), store.values(step.ref).result or {}
    again = _Again(step.ref, step.reads, step.grown, result, {key: after[key] for key in step.writes})
    return replace(node, function=again, asynchronous=False, streaming=False, injected=(), bound={})


@dataclass(frozen=True, slots=True)
class _Again:
    """Gives what a recorded step came to, in the place of its action."""

    ref: StepRef
    reads: Sequence[str]
    grown: Sequence[str]
    result: Mapping[str, object]
    writes: Mapping[str, object]

    def __call__(self, state: State, **_: object) -> tuple[Mapping[str, object], State]:
        step = current_step.get()
        if step is not None:
            step.events.append({"note": f"not run again, its effect cannot be taken back: as in {self.ref}"})
        for key in self.reads:
            if key in self.grown:
                state.count_growth(key)
            else:
                state.get(key)
        return self.result, state.update(**self.writes)


def _next_command(run: Run, inputs: Mapping[str, object]) -> str:
    """Say how the refused step is made with leave: by a retry only where it was begun here."""
    again = run.spawned_by is not None or (run.pending is not None and run.pending.again)
    given = "".join(f" {key}=.." for key in inputs)
    return f"app.allow_effects = True (%agent {'retry' if again else f'run{given}'} --allow-effects)"


def _called(run: Run, step: StepRecord) -> str:
    """What a person knows a step by: its run's label, or the beginning of its id, and its number."""
    key = step.ref.run
    try:
        label = None if run.store is None else run.store.run(key).label
    except UnknownRunError:
        label = None
    return f"{label or key.short}@{step.seq}"


def _refusal(run: Run, node: Node, step: StepRecord, leave: str) -> EffectError:
    how = "with other inputs or in another state" if step.status == "completed" else f"and {step.status}"
    return EffectError(
        f"The action {node.name!r} cannot be taken back, and it has been fired already: "
        f"{_called(run, step)}, {how}. To fire it once more, allow it: {leave}.",
        run=run.key.app_id,
        seq=step.seq,
        action=node.name,
    )
