"""The run loop, written once: a generator without `await` that yields each call to make.

It yields a `Call` for each function to be called, user's action or hook, and is sent what
came of it (or thrown what was raised); a driver makes the call, and awaits it if it is
async. It yields a `Step` when a step is over, and returns how the run halted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import nullcontext

from notebook_agent.action import Action
from notebook_agent.engine.failure import own_frames
from notebook_agent.engine.pairing import step_scope
from notebook_agent.engine.request import Halts, inputs_of, read_halts
from notebook_agent.engine.run import Next, OpenStep, Run
from notebook_agent.engine.settle import settle
from notebook_agent.errors import ActionError, MaxStepsError, RunError
from notebook_agent.lifecycle import (
    PostRunStepHook,
    PostRunStepHookAsync,
    PreRunStepHook,
    PreRunStepHookAsync,
    RunHalted,
)
from notebook_agent.state import State
from notebook_agent.store.protocol import RunCall

__all__ = ["Call", "Loop", "Outcome", "Step", "steps"]

Step = tuple[Action, Mapping[str, object], State]
"""A finished step: the action, its result, the state after it."""
Outcome = tuple[Action | None, Mapping[str, object] | None, State]
"""How a run halted: after an action with its result, or before one with None."""


class Call:
    """A function to be called by the driver."""

    __slots__ = ("arguments", "function", "keywords")

    def __init__(
        self, function: Callable[..., object], arguments: tuple[object, ...], keywords: Mapping[str, object]
    ) -> None:
        self.function = function
        self.arguments = arguments
        self.keywords = keywords


Loop = Generator[Call | Step, object, Outcome]


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
    with _FREE if call.method in _LETS_GO else run:
        outcome = yield from _until_halt(run, call, halts, awaits=awaits)
    if run.listeners:
        run.tell(RunHalted(run.key, None if run.pending is None else run.pending.action))
    return outcome


_LETS_GO = frozenset({"iterate", "aiterate"})
_FREE = nullcontext()
_SINGLE = frozenset({"step", "astep"})


def _until_halt(run: Run, call: RunCall, halts: Halts, *, awaits: bool) -> Loop:
    __tracebackhide__ = True
    outcome: Outcome = (None, None, run.state)
    taken = 0
    while (coming := run.upcoming()).action is not None:
        if taken == call.max_steps:
            raise _too_many(run, coming, taken)
        with run if call.method in _LETS_GO else _FREE:
            outcome = yield from _step(run, call, coming, awaits=awaits)
        yield outcome
        taken += 1
        if call.method in _SINGLE:
            break
        following = run.upcoming().action
        if following in halts.before:
            return run.graph.get_action(following), None, run.state
        if coming.action in halts.after:
            break
    return outcome


def _step(run: Run, call: RunCall, coming: Next, *, awaits: bool) -> Generator[Call, object, Step]:
    __tracebackhide__ = True
    assert coming.action is not None
    action = run.graph.get_action(coming.action)
    inputs = inputs_of(action, call.inputs)
    if action.asynchronous and not awaits:
        raise RunError(
            f"The action {action.name!r} is async. Await arun, astep or aiterate instead.",
            run=run.key.app_id,
            action=action.name,
        )
    if run.hooks:
        yield from _before(run, action, inputs, awaits=awaits)
    step = run.begin(action, coming, inputs, call)
    view, watch = run.state.watched()
    try:
        with _FREE if run.store is None else step_scope(run, run.store, step):
            parameters = {**action.bound, **inputs} if action.bound else inputs
            returned = yield Call(action.function, (view,), parameters)
        done = settle(action, run.state, returned)
        run.complete(step, done, tuple(watch.reads))
    except BaseException as error:
        yield from _failed(run, step, error, tuple(watch.reads), awaits=awaits)
        if isinstance(error, StopIteration):
            raise _stop_iteration(run, step) from error
        raise
    if run.hooks:
        yield from _after(run, step, done.result, None, awaits=awaits)
    return action, done.result, done.state


def _failed(
    run: Run, step: OpenStep, error: BaseException, reads: tuple[str, ...], *, awaits: bool
) -> Generator[Call, object, None]:
    own_frames(error)
    run.fail(step, error, reads)
    if not run.hooks:
        return
    try:
        yield from _after(run, step, None, error, awaits=awaits and not isinstance(error, GeneratorExit))
    except Exception as second:  # noqa: BLE001  # a hook must not hide what the action raised
        error.add_note(f"A hook raised after this: {type(second).__name__}: {second}")


def _before(
    run: Run, action: Action, inputs: Mapping[str, object], *, awaits: bool
) -> Generator[Call, object, None]:
    __tracebackhide__ = True
    for hook in run.hooks:
        if isinstance(hook, PreRunStepHook) or (awaits and isinstance(hook, PreRunStepHookAsync)):
            seq = 0 if run.head is None else run.head + 1
            yield Call(hook.pre_run_step, (), {**_who(run, seq, action), "inputs": inputs})


def _after(
    run: Run,
    step: OpenStep,
    result: Mapping[str, object] | None,
    error: BaseException | None,
    *,
    awaits: bool,
) -> Generator[Call, object, None]:
    __tracebackhide__ = True
    for hook in run.hooks:
        if isinstance(hook, PostRunStepHook) or (awaits and isinstance(hook, PostRunStepHookAsync)):
            who = _who(run, step.seq, step.action)
            yield Call(hook.post_run_step, (), {**who, "result": result, "exception": error})


def _who(run: Run, seq: int, action: Action) -> dict[str, object]:
    return {
        "app_id": run.key.app_id,
        "partition_key": run.key.partition_key,
        "sequence_id": seq,
        "state": run.state,
        "action": action,
    }


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
        "next. What it did is kept: call again to go on, or name where to stop with halt_after=[..] "
        "(--until).",
        run=run.key.app_id,
        seq=run.head,
        action=coming.action,
    )
