"""What was done before, here and by the run's ancestors, that the step which begins now may repeat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notebook_agent.calls import Branch
from notebook_agent.engine.runs import Run
from notebook_agent.errors import UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["past_of"]


def past_of(run: Run, store: Store) -> tuple[list[StepRecord], list[Branch]]:
    """Return the ended steps that the run made itself, and its ancestors' ways since they parted."""
    if run.own is None:
        own = [each for each in store.steps(run.key) if each.ref.run == run.key]
        run.own = own[:-1] if own and own[-1].status == "running" else own
    if run.branches is None:
        run.branches = _branches(run, store)
        _meet(run.own, run.branches, store)
    return run.own, run.branches


def _meet(own: Sequence[StepRecord], branches: Sequence[Branch], store: Store) -> None:
    def recorded(ref: StepRef) -> Mapping[str, object]:
        return store.values(ref).inputs

    for place, each in enumerate(own if branches else ()):
        for branch in branches:
            branch.meet(each.action, recorded(each.ref), own[:place], recorded)


def _branches(run: Run, store: Store) -> list[Branch]:
    """Return the ways of its kin, and of the ancestors that are still there, nearest first."""
    found = [Branch(store.steps(each)) for each in run.kin]
    if run.parent is None:
        return found
    past = _inherited(store.steps(run.key), run.key)
    parent: StepRef | None = run.parent
    parting = _last(past)
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
