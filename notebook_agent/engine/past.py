"""What was done before, here and by the run's ancestors, that the step which begins now may repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from notebook_agent.calls import Branch
from notebook_agent.engine.runs import Run
from notebook_agent.errors import UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store.protocol import RunRecord, StepRecord, Store

__all__ = ["base_of", "first_attempt", "forwards", "past_before", "past_of"]

_FEW: Final = 4
_LARGEST: Final = 1024


def past_of(run: Run, store: Store) -> tuple[list[StepRecord], list[Branch]]:
    """Return the ended steps that the run made itself, and its ancestors' ways since they parted.

    Of a run that parts from none, only those that the next step may repeat.
    """
    if run.branches is None:
        run.branches = _branches(run, store)
    if run.own is None:
        run.own = _own(run, store) if run.branches else _attempts(run, store)
    run.met = _meet(run.own, run.branches, store, run.met)
    return run.own, run.branches


def past_before(run: Run, store: Store, seq: int) -> tuple[list[StepRecord], list[Branch]]:
    """Return what `past_of` does as it is to the step of this number, even if the run has gone on since."""
    own, branches = past_of(run, store)
    if not own or own[-1].seq < seq:
        return own, branches
    own, branches = [each for each in own if each.seq < seq], _branches(run, store)
    _meet(own, branches, store, -1)
    return own, branches


def _meet(own: Sequence[StepRecord], branches: Sequence[Branch], store: Store, last: int) -> int:
    """Compare the run's steps after the `last` one with its ancestors'; return the number of its newest."""

    def recorded(ref: StepRef) -> Mapping[str, object]:
        return store.values(ref).inputs

    first = len(own)
    while first and own[first - 1].seq > last:
        first -= 1
    for place, each in enumerate(own[first:], first) if branches else ():
        for branch in branches:
            branch.meet(each.action, recorded(each.ref), own[:place], recorded)
    return max(last, own[-1].seq) if own else last


def _own(run: Run, store: Store) -> list[StepRecord]:
    first = 0 if run.parent is None or run.parent.seq is None else run.parent.seq + 1
    if run.head is None or run.head < first:
        return []
    own = [each for each in store.steps(run.key, first=first) if each.ref.run == run.key]
    return own[:-1] if own and own[-1].status == "running" else own


def _attempts(run: Run, store: Store) -> list[StepRecord]:
    """Return the attempts at one step that the run's own steps end with, whatever its action."""
    found: list[StepRecord] = []
    for each in _backwards(store, run.key, run.head):
        if each.ref.run != run.key or (each.status == "completed" and found):
            break
        if each.status != "running" or found:
            found.insert(0, each)
    return found


def _branches(run: Run, store: Store) -> list[Branch]:
    """Return the ways of its kin, and of the ancestors that are still there, nearest first."""
    found = [Branch(forwards(store, each, 0)) for each in run.kin]
    parent, end = run.parent, -1
    if parent is not None:
        end = base_of(store.run(run.key)) if parent.seq is None else parent.seq
    parting = end
    while parent is not None:
        try:
            kept = store.run(parent.run)
        except UnknownRunError:
            break
        first = first_attempt(store, run.key, parting)
        since = forwards(store, run.key, parting + 1, end)
        found.append(Branch(forwards(store, parent.run, first, kept.head), since))
        parting = min(parting, base_of(kept))
        parent = kept.parent
    return found


def base_of(record: RunRecord) -> int:
    """Return the number of the last step that a run has from its ancestors, -1 for none."""
    return -1 if record.parent is None or record.head is None else record.head - record.steps


def forwards(store: Store, key: RunKey, first: int, last: int | None = None) -> Iterator[StepRecord]:
    """Read steps in pages, so that no more of a long run is read than is asked for."""
    if last is None:
        last = store.run(key).head
    size = _FEW
    while last is not None and first <= last:
        yield from store.steps(key, first=first, last=min(last, first + size - 1))
        first, size = first + size, min(4 * size, _LARGEST)


def _backwards(store: Store, key: RunKey, last: int | None) -> Iterator[StepRecord]:
    size = _FEW
    while last is not None and last >= 0:
        page = store.steps(key, first=max(0, last - size + 1), last=last)
        if not page:
            return
        yield from reversed(page)
        last, size = page[0].seq - 1, min(4 * size, _LARGEST)


def first_attempt(store: Store, key: RunKey, parting: int) -> int:
    """Return the number of the first step to compare: what did not complete at the end is made again."""
    first, action = parting + 1, None
    for each in _backwards(store, key, parting):
        if each.status == "completed" or action not in {None, each.action}:
            break
        first, action = each.seq, each.action
    return first
