"""The run loop, written once: a generator without `await` that yields each call to make.

It yields a `Call` for each function that may have to be awaited and is sent what came of
it (or thrown what was raised); a driver makes the call. It yields a `Step` when a step is
over, what streamed runs show meanwhile, and returns how the run halted.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import nullcontext

from notebook_agent.action import Node
from notebook_agent.condition import Decision
from notebook_agent.engine.around import after_step, before_step
from notebook_agent.engine.calling import (
    Begun,
    Call,
    Item,
    Loop,
    Outcome,
    Step,
    closing,
    despite,
    tell,
)
from notebook_agent.engine.claiming import Course, begin
from notebook_agent.engine.effects import guarded
from notebook_agent.engine.failure import own_frames
from notebook_agent.engine.gate import passed
from notebook_agent.engine.inside import Inside
from notebook_agent.engine.request import Halts, check_awaited, inputs_of, read_halts
from notebook_agent.engine.runs import Run
from notebook_agent.engine.settle import fingerprint, settle
from notebook_agent.engine.step import Next, OpenStep
from notebook_agent.engine.streaming import stream
from notebook_agent.engine.timing import deadline_of, note_overrun, pause
from notebook_agent.errors import ActionError, ActionTimeoutError, MaxStepsError
from notebook_agent.interrupts import check
from notebook_agent.lifecycle import ExecuteMethod, RunHalted
from notebook_agent.state.watch import Watch
from notebook_agent.store.protocol import RunCall

__all__ = ["steps"]

_LETS_GO = frozenset({"iterate", "aiterate"})
_FREE = nullcontext()
_GOES_ON = frozenset({"run", "arun"})
_SINGLE = frozenset({"step", "astep"})
_STREAMS = frozenset({"stream_result", "astream_result", "stream_iterate", "astream_iterate"})


def steps(run: Run, call: RunCall, *, awaits: bool) -> Loop:
    """Run actions until a halt or the end of the graph.

    Args:
        run: Where to go on; it is moved by each step.
        call: Method, inputs and halts. `step` makes one step; `iterate` lets go of the run
            between steps, the others hold it.
        awaits: Whether the driver can await.

    Raises:
        InputError: An input is unknown or missing; nothing was saved for that step.
        MaxStepsError: The limit was reached; the run can go on.
        RunBusyError: Another call of this application is going on.
    """
    __tracebackhide__ = True
    halts = read_halts(call, run.graph)
    hooks = run.hooks
    if hooks.pre_run_execute_call:
        yield from tell(hooks.pre_run_execute_call, _whole(run, call), awaits=awaits)
    try:
        with _FREE if call.method in _LETS_GO else run:
            outcome = yield from _until_halt(run, call, halts, awaits=awaits)
    except BaseException as error:
        _tell_halted(run, None if isinstance(error, GeneratorExit) else error)
        if hooks.post_run_execute_call:
            ended = {**_whole(run, call), "exception": error}
            can = awaits and not closing(error)
            yield from despite(error, tell(hooks.post_run_execute_call, ended, awaits=can))
        raise
    _tell_halted(run)
    if hooks.post_run_execute_call:
        ended = {**_whole(run, call), "exception": None}
        yield from tell(hooks.post_run_execute_call, ended, awaits=awaits)
    return outcome


def _tell_halted(run: Run, error: BaseException | None = None) -> None:
    if run.listeners.members:
        run.tell(RunHalted(run.key, None if run.pending is None else run.pending.action, error))


def _until_halt(run: Run, call: RunCall, halts: Halts, *, awaits: bool) -> Loop:
    __tracebackhide__ = True
    outcome: Outcome = (None, None, run.state)
    taken = 0
    course = Course(halts, awaits) if call.method in _GOES_ON and run.store is not None else None
    while (coming := run.upcoming()).action is not None:
        check()
        if taken == call.max_steps:
            raise _too_many(run, coming, taken)
        gate = run.gate
        if gate is not None and not (yield from passed(run, gate, coming.action, awaits=awaits)):
            return run.graph.get_action(coming.action), None, run.state
        with run if call.method in _LETS_GO else _FREE:
            make = _attempts if coming.action in run.graph.resilient else _once
            last = taken + 1 == call.max_steps
            done = yield from make(run, call, coming, None if last else course, awaits=awaits)
        taken += 1
        if done is not None:
            yield done
        if call.method in _SINGLE:
            return done or (run.graph.get_action(coming.action), None, run.state)
        outcome = done or outcome
        following = run.upcoming().action
        if following in halts.before:
            return run.graph.get_action(following), None, run.state
        if done is not None and coming.action in halts.after:
            break
    return outcome


def _attempts(
    run: Run, call: RunCall, coming: Next, course: Course | None, *, awaits: bool
) -> Generator[Call | Begun | Item, object, Step | None]:
    """Make a step, again as its policy says; None where it failed and an edge caught the error."""
    __tracebackhide__ = True
    attempt = 0
    while True:
        try:
            return (yield from _step(run, call, coming, course, attempt, awaits=awaits))
        except Exception as error:
            if run.pending is None or run.raised is not error:
                raise
            run.raised = None
            seconds = None if run.pending.caught else _seconds_to_retry(run, attempt, error)
            if seconds is None and not run.pending.caught:
                raise
            if run.trouble is not None:
                raise run.trouble from error
            if seconds is None:
                return None
        yield pause(seconds, awaits=awaits)
        coming, attempt = run.upcoming(), attempt + 1


def _seconds_to_retry(run: Run, attempt: int, error: Exception) -> float | None:
    assert run.pending is not None
    return _pause(run, run.graph.get_action(run.pending.action or ""), attempt, error)


def _pause(run: Run, node: Node, attempt: int, error: BaseException) -> float | None:
    """Return the seconds until the next attempt; None for none, as of what cannot be taken back."""
    fires = node.effect == "irreversible" and not run.allow_effects
    return None if node.policy is None or fires else node.policy.pause(attempt, error)


def _once(
    run: Run, call: RunCall, coming: Next, course: Course | None, *, awaits: bool
) -> Generator[Call | Begun | Item, object, Step | None]:
    """Make a step whose errors nothing catches."""
    return _step(run, call, coming, course, 0, awaits=awaits)


def _step(
    run: Run, call: RunCall, coming: Next, course: Course | None, attempt: int, *, awaits: bool
) -> Generator[Call | Begun | Item, object, Step]:
    __tracebackhide__ = True
    step = run.ahead or (yield from _opened(run, call, coming, attempt, awaits=awaits))
    node, shown = step.action, call.method in _STREAMS
    view, watch = run.state.watched(fingerprint)
    try:
        begin(run, step)
        if shown:
            yield Begun(node)
        inside = Inside(run, step)
        action = Call(node.function, (view,), _parameters(step), deadline_of(node))
        returned: object
        if node.streaming:
            returned = yield from stream(run, step, inside, action, awaits=awaits, shown=shown)
        else:
            with inside:
                returned = yield action
            if action.deadline is not None:
                note_overrun(step, action.deadline)
        done = settle(node, run.state, returned, watch)
        run.complete(step, done, watch, course)
    except BaseException as error:
        yield from _failed(run, step, error, watch, awaits=awaits)
        if isinstance(error, StopIteration):
            raise _stop_iteration(run, step) from error
        raise
    if run.hooks.in_steps:
        yield from after_step(run, step, done.result, None, awaits=awaits)
    return node, done.result, done.state


def _opened(
    run: Run, call: RunCall, coming: Next, attempt: int, *, awaits: bool
) -> Generator[Call, object, OpenStep]:
    __tracebackhide__ = True
    node, inputs = _ready(run, call, coming, awaits=awaits)
    if run.hooks.pre_run_step:
        yield from before_step(run, node, inputs, awaits=awaits)
    return run.open(node, coming, inputs, call, attempt)


def _ready(run: Run, call: RunCall, coming: Next, *, awaits: bool) -> tuple[Node, dict[str, object]]:
    """Return the node that comes next and its inputs, once it is known that it can be run."""
    __tracebackhide__ = True
    assert coming.action is not None
    node = run.graph.get_action(coming.action)
    inputs = inputs_of(node, call.inputs)
    if node.asynchronous or node.streaming:
        check_awaited(node, run.key, call.method, awaits=awaits)
    if node.effect == "irreversible":
        node = guarded(run, node, inputs)
    return node, inputs


def _parameters(step: OpenStep) -> Mapping[str, object]:
    if not step.action.bound and not step.action.injected:
        return step.inputs
    given = {**step.action.bound, **step.inputs}
    for name in step.action.injected:
        given[name] = step.injected(name)
    return given


def _failed(
    run: Run, step: OpenStep, error: BaseException, watch: Watch, *, awaits: bool
) -> Generator[Call, object, None]:
    if not step.has_begun(error):
        return
    own_frames(error)
    if isinstance(error, ActionTimeoutError):
        _name_timeout(step, error)
    run.fail(step, error, watch, _caught(run, step, error))
    if run.hooks.in_steps:
        yield from after_step(run, step, None, error, awaits=awaits and not closing(error))


def _caught(run: Run, step: OpenStep, error: BaseException) -> Decision | None:
    """Return the edge that catches an error which is not tried again."""
    if _pause(run, step.action, step.attempt, error) is not None:
        return None
    return run.graph.caught(step.action.name, error) if isinstance(error, Exception) else None


def _whole(run: Run, call: RunCall) -> dict[str, object]:
    return {
        "app_id": run.key.app_id,
        "partition_key": run.key.partition_key,
        "state": run.state,
        "method": ExecuteMethod(call.method),
    }


def _name_timeout(step: OpenStep, error: ActionTimeoutError) -> None:
    limit = None if step.action.policy is None else step.action.policy.timeout
    if error.action is None and limit is not None:
        told = (
            f"The action {step.action.name!r} took longer than its timeout of {limit:g} s and was cancelled. "
            "Give it more time with with_policy(.., timeout=..), or look at what it waited for."
        )
        error.args = (told,)
        error.action, error.run, error.seq = step.action.name, step.key.app_id, step.seq


def _stop_iteration(run: Run, step: OpenStep) -> ActionError:
    """The error to raise in the place of one that no generator lets through."""
    return ActionError(
        f"The action {step.action.name!r} raised StopIteration, which ends loops and does not leave a run. "
        "Where it calls next(..), give a default, or raise another error.",
        run=run.key.app_id,
        seq=step.seq,
        action=step.action.name,
    )


def _too_many(run: Run, coming: Next, taken: int) -> MaxStepsError:
    return MaxStepsError(
        f"The run took {taken} step{'s' * (taken != 1)}, its max_steps, without a halt; {coming.action!r} is "
        "next. What it did is kept: call again to go on, or name where to stop with halt_after=[..].",
        run=run.key.app_id,
        seq=run.head,
        action=coming.action,
    )
