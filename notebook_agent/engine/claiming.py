"""How a step is made known to the store: with a commit of its own, or in the commit that ends the one before.

The latter saves every second commit of a loop. It is done where nothing but the loop stands between the two
steps: no hook, nobody who does more than watch, no halt, no gate that may hold. So what is claimed begins at
once; where something comes between all the same, such as a Stop, the claim is let go of and leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notebook_agent.engine.request import Halts, check_awaited, inputs_of
from notebook_agent.engine.step import Next, OpenStep
from notebook_agent.errors import UnstorableError
from notebook_agent.lifecycle import StepStarted
from notebook_agent.store.protocol import Stand, StepBegin, StepEnd, Store

if TYPE_CHECKING:
    from notebook_agent.engine.runs import Run

__all__ = ["Course", "begin", "end", "follower", "let_go", "standing"]


class Course(NamedTuple):
    """How a run call goes on after a step: where it halts, and whether its driver can await."""

    halts: Halts
    awaits: bool


def follower(run: Run, step: OpenStep, following: Next | None, course: Course | None) -> OpenStep | None:
    """Return the step that begins as soon as this one has ended; None where that is not sure."""
    if course is None or following is None:
        return None
    name, halts = following.action, course.halts
    if name is None or name in halts.before or step.action.name in halts.after or _stands_between(run, name):
        return None
    try:
        node = run.graph.get_action(name)
        inputs = inputs_of(node, step.call.inputs)
        check_awaited(node, run.key, step.call.method, awaits=course.awaits)
        found = run.open(node, following, inputs, step.call)
        found.code = node.code
    except Exception:  # noqa: BLE001  # the loop comes to it in a moment, and raises it then
        return None
    return None if node.effect == "irreversible" else found


def begin(run: Run, step: OpenStep) -> None:
    """Claim a step's number; the store knows of the step when this returns."""
    __tracebackhide__ = True
    if run.store is not None and run.ahead is not step:
        step.code = step.action.code
        run.store.begin_step(run.key, _told(step), after=standing(run))
    run.ahead = None
    run.head, run.last_call = step.seq, step.call
    if run.listeners.members:
        run.tell(StepStarted(step.ref, step.action.name, step.started_at))


def standing(run: Run) -> int | Stand | None:
    """Return where a run stands, as the store is told it so that what others have changed is an error."""
    known = run.stand
    if known is None or known.head == run.head:
        return run.head if known is None else known
    return Stand(run.head, 0, known.number, known.created_at)


def end(run: Run, store: Store, ended: StepEnd, ahead: OpenStep | None) -> None:
    """Write how a step ended, and claim the one that follows."""
    __tracebackhide__ = True
    run.ahead = ahead
    if ahead is None:
        store.end_step(run.key, ended)
        return
    try:
        store.end_step(run.key, ended, then=_told(ahead))
    except UnstorableError:
        run.ahead = None
        store.end_step(run.key, ended)


def let_go(run: Run) -> None:
    """Let go of a step that was claimed and has not begun."""
    ahead, run.ahead = run.ahead, None
    if ahead is not None and run.store is not None:
        run.store.drop_step(run.key, ahead.seq)


def _stands_between(run: Run, name: str) -> bool:
    """Return whether anything might come between a step and the one that follows."""
    hooks = run.hooks
    if hooks.in_steps or hooks.pre_run_step or run.listeners.active:
        return True
    return run.gate is not None and not run.gate.is_open(name)


def _told(step: OpenStep) -> StepBegin:
    action = step.action
    return StepBegin(
        seq=step.seq,
        action=action.name,
        started_at=step.started_at,
        inputs=step.inputs,
        decision=step.next.decision,
        call=step.call,
        code=step.code,
        source=action.source,
    )
