"""The hooks before and after a step; for plain ones the event is never made, which is half of their cost."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping

from notebook_agent.action import Node
from notebook_agent.engine.calling import Call, tell, with_second
from notebook_agent.engine.during import meanwhile, waiting
from notebook_agent.engine.failure import note_second
from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.interrupts import exposed

__all__ = ["after_step", "before_step"]

_Result = Mapping[str, object] | None


def before_step(run: Run, node: Node, inputs: Mapping[str, object], *, awaits: bool) -> Iterable[Call]:
    """Tell the hooks that a step is about to begin; what one raises leaves, when all are told."""
    key, seq, first = run.key, 0 if run.head is None else run.head + 1, None
    if awaits:
        event = {**_who(run, seq, node), "inputs": inputs}
        return tell(run.hooks.pre_run_step, event, awaits=True)
    for method, awaited in run.hooks.pre_run_step:
        if not awaited:
            try:
                exposed(
                    method,
                    app_id=key.app_id,
                    partition_key=key.partition_key,
                    sequence_id=seq,
                    state=run.state,
                    action=node,
                    inputs=inputs,
                )
            except Exception as error:  # noqa: BLE001  # raised below
                first = with_second(first, error)
    if first is not None:
        raise first
    return ()


def after_step(
    run: Run, step: OpenStep, result: _Result, exception: BaseException | None, *, awaits: bool
) -> Iterable[Call]:
    """Tell the hooks of a step that is over and kept, then raise what one of them raised.

    Where the step failed its own error is the one to be raised, and the hook's is noted on it.
    """
    __tracebackhide__ = True
    if awaits:
        return _after_awaiting(run, step, result, exception)
    key = run.key
    for method, awaited in run.hooks.post_run_step:
        if not awaited:
            try:
                exposed(
                    method,
                    app_id=key.app_id,
                    partition_key=key.partition_key,
                    sequence_id=step.seq,
                    state=run.state,
                    action=step.action,
                    result=result,
                    exception=exception,
                )
            except Exception as error:  # noqa: BLE001  # raised, or noted on the step's own
                step.note(error)
    _raise_trouble(run, step, exception)
    return ()


def _after_awaiting(
    run: Run, step: OpenStep, result: _Result, exception: BaseException | None
) -> Generator[Call, object, None]:
    __tracebackhide__ = True
    if step.trace is not None:
        yield from waiting(step, step.trace, awaits=True)
    event = {**_who(run, step.seq, step.action), "result": result, "exception": exception}
    yield from meanwhile(step, tell(run.hooks.post_run_step, event, awaits=True))
    _raise_trouble(run, step, exception)


def _who(run: Run, seq: int, action: Node) -> dict[str, object]:
    return {
        "app_id": run.key.app_id,
        "partition_key": run.key.partition_key,
        "sequence_id": seq,
        "state": run.state,
        "action": action,
    }


def _raise_trouble(run: Run, step: OpenStep, exception: BaseException | None) -> None:
    __tracebackhide__ = True
    run.trouble = step.trouble
    if step.trouble is not None:
        if exception is None:
            raise step.trouble
        note_second(exception, step.trouble)
