"""The running step as the LLM calls in it see it: where they are kept, and which records may serve them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import overload

from notebook_agent import calls
from notebook_agent.calls import Scope
from notebook_agent.calls.answered import Answers
from notebook_agent.calls.protocol import CallRecord, CallText, StepScope
from notebook_agent.engine.past import past_before
from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.ids import StepRef
from notebook_agent.lifecycle import CallEnded, TextStreamed
from notebook_agent.store.protocol import Store

__all__ = ["step_scope"]


def step_scope(run: Run, store: Store, step: OpenStep) -> Scope:
    """Return the scope in which the action of a step is called."""
    step.partners = _partners(run, store, step)
    scope = StepScope(
        StepRef(run.key, step.seq),
        step.action.name,
        store,
        run.ledger,
        step.partners,
        run.recording,
        _listener(run),
        live=step.attempt > 0,
        purses=run.purses,
        note=step.events.append,
        check=None if run.gate is None else run.gate.check,
        on_stop=None if run.gate is None else run.gate.on_stop,
        answered=_answered(run, store, step),
        branch=run.branch,
    )
    return calls.scope(scope)


def _answered(run: Run, store: Store, step: OpenStep) -> Callable[[str], int] | None:
    """Return what tells how often a request was answered before this step, where a file may serve it."""
    if run.recording is None:
        return None
    if run.answers is None:
        run.answers = Answers(lambda first, last: store.steps(run.key, first=first, last=last), store)
    return run.answers.before(step.seq, step.action.name)


def _listener(run: Run) -> Callable[[CallRecord | CallText], None]:
    def tell(event: CallRecord | CallText) -> None:
        if isinstance(event, CallText):
            run.tell(TextStreamed(event.step, event.text))
        else:
            run.tell(CallEnded(event))

    return tell


class _Partners(Sequence[StepRef]):
    """The recorded steps in the place of a step, looked for when something first asks: most make no call."""

    def __init__(self, run: Run, store: Store, step: OpenStep) -> None:
        self._asked = run, store, step
        self._found: tuple[StepRef, ...] | None = None

    @overload
    def __getitem__(self, place: int) -> StepRef: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[StepRef]: ...
    def __getitem__(self, place: int | slice) -> StepRef | Sequence[StepRef]:
        return self._refs()[place]

    def __len__(self) -> int:
        return len(self._refs())

    def _refs(self) -> tuple[StepRef, ...]:
        with _pairing:
            if self._found is None:
                self._found = _paired(*self._asked)
            return self._found


_pairing = threading.RLock()
"""Calls of one step may come from several threads."""


def _partners(run: Run, store: Store, step: OpenStep) -> Sequence[StepRef]:
    if run.parent is None and not run.kin and not step.next.again:
        return ()
    return _paired(run, store, step) if step.next.again else _Partners(run, store, step)


def _paired(run: Run, store: Store, step: OpenStep) -> tuple[StepRef, ...]:
    def recorded(ref: StepRef) -> Mapping[str, object]:
        return store.values(ref).inputs

    own, branches = past_before(run, store, step.seq)
    pairing = calls.pair(step.action.name, step.code, step.inputs, own, branches, store, recorded)
    run.met = max(run.met, step.seq)
    if pairing.note:
        step.events.append({"note": pairing.note})
    return pairing.partners
