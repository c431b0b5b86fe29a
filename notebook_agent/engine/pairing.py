"""The running step as the LLM calls in it see it: where they are kept, and which records may serve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from notebook_agent import calls
from notebook_agent.calls import Branch, Scope
from notebook_agent.calls.protocol import CallRecord, CallText, StepScope
from notebook_agent.engine.run import OpenStep, Run
from notebook_agent.errors import UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.lifecycle import CallEnded, TextStreamed
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["step_scope"]


def step_scope(run: Run, store: Store, step: OpenStep) -> Scope:
    """Return the scope in which the action of a step is called."""
    scope = StepScope(
        StepRef(run.key, step.seq),
        step.action.name,
        store,
        run.ledger,
        _partners(run, store, step),
        run.recording,
        _listener(run),
        live=step.attempt > 0,
    )
    return calls.scope(scope)


def _listener(run: Run) -> Callable[[CallRecord | CallText], None]:
    def tell(event: CallRecord | CallText) -> None:
        if isinstance(event, CallText):
            run.tell(TextStreamed(event.step, event.text))
        else:
            run.tell(CallEnded(event))

    return tell


def _partners(run: Run, store: Store, step: OpenStep) -> tuple[StepRef, ...]:
    if run.parent is None and not step.next.again:
        return ()

    def recorded(ref: StepRef) -> Mapping[str, object]:
        return store.values(ref).inputs

    if run.own is None:
        run.own = [each for each in store.steps(run.key) if each.ref.run == run.key and each.seq < step.seq]
    if run.branches is None:
        run.branches = _branches(run, store)
        for place, each in enumerate(run.own if run.branches else ()):
            for branch in run.branches:
                branch.meet(each.action, recorded(each.ref), run.own[:place], recorded)
    pairing = calls.pair(step.action.name, step.code, step.inputs, run.own, run.branches, store, recorded)
    if pairing.note:
        step.events.append({"note": pairing.note})
    return pairing.partners


def _branches(run: Run, store: Store) -> list[Branch]:
    """Return the ways of the ancestors that are still there, nearest first."""
    found: list[Branch] = []
    past = _inherited(store.steps(run.key), run.key)
    parent, parting = run.parent, _last(past)
    while parent is not None:
        try:
            steps, record = store.steps(parent.run), store.run(parent.run)
        except UnknownRunError:
            break
        first = _first_attempt(past, parting)
        since = [each for each in past if each.seq > parting]
        found.append(Branch([each for each in steps if each.seq >= first], since))
        parting = min(parting, _last(_inherited(steps, parent.run)))
        parent = record.parent
    return found


def _inherited(steps: Sequence[StepRecord], key: RunKey) -> list[StepRecord]:
    return [each for each in steps if each.ref.run != key]


def _last(steps: Sequence[StepRecord]) -> int:
    return steps[-1].seq if steps else -1


def _first_attempt(past: Sequence[StepRecord], parting: int) -> int:
    """Return the number of the first step to compare: what did not complete at the end is made again."""
    first, action = parting + 1, None
    for each in reversed([step for step in past if step.seq <= parting]):
        if each.status == "completed" or action not in {None, each.action}:
            break
        first, action = each.seq, each.action
    return first
