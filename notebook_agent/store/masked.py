"""States and inputs without their secrets, for those who want none in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from notebook_agent.redact import mask_field
from notebook_agent.state import State
from notebook_agent.store.protocol import NewRun, RunCall, StepBegin, StepEnd

__all__ = ["masked_begin", "masked_end", "masked_run", "masked_state"]


def masked_run(new: NewRun) -> NewRun:
    """A new run whose initial state has no secrets."""
    return new if new.state is None else replace(new, state=masked_state(new.state))


def masked_begin(begin: StepBegin) -> StepBegin:
    """A step whose inputs have no secrets."""
    call = None if begin.call is None else _call(begin.call)
    return replace(begin, inputs=_values(begin.inputs), call=call)


def masked_end(end: StepEnd) -> StepEnd:
    """A step whose state and result have no secrets."""
    result = None if end.result is None else _values(end.result)
    return replace(end, state=masked_state(end.state), result=result)


def masked_state(state: State) -> State:
    """A state without secrets in its texts, lists and mappings; other values stay as they are."""
    values = state.plain().get_all()
    found = {key: mask_field(key, value) for key, value in values.items()}
    return state if all(found[key] is values[key] for key in values) else State(found)


def _call(call: RunCall) -> RunCall:
    inputs = _values(call.inputs)
    return call if all(inputs[key] is call.inputs[key] for key in inputs) else replace(call, inputs=inputs)


def _values(values: Mapping[str, object]) -> dict[str, object]:
    return {key: mask_field(key, value) for key, value in values.items()}
