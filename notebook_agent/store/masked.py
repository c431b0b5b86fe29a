"""States and inputs without their secrets, for those who want none in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from notebook_agent.errors import StoreFormatError, UnstorableError
from notebook_agent.redact import mask_field, redact_text, trusted
from notebook_agent.state import FrozenDict, FrozenList, State
from notebook_agent.store.codec.classes import class_writer
from notebook_agent.store.codec.registry import Placeholder
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.types import TAGS
from notebook_agent.store.portable.values import read_value, write_value
from notebook_agent.store.protocol import NewRun, PastRun, RunCall, StepBegin, StepEnd, StepValues

__all__ = ["masked_begin", "masked_end", "masked_past", "masked_run", "masked_state"]

_SIMPLE: Final = {type(None), bool, int, float, str}
_MAPPINGS: Final = {dict, FrozenDict}
_SEQUENCES: Final = {list, FrozenList, tuple}
_ABSENT: Final = Placeholder("", "", None).why


def masked_run(new: NewRun) -> NewRun:
    """A new run whose initial state has no secrets."""
    return new if new.state is None else replace(new, state=masked_state(new.state))


def masked_begin(begin: StepBegin) -> StepBegin:
    """A step whose inputs have no secrets."""
    call = None if begin.call is None else _call(begin.call)
    return replace(begin, inputs=_values(begin.inputs, "inputs"), call=call)


def masked_end(end: StepEnd) -> StepEnd:
    """A step whose state and result have no secrets."""
    result = None if end.result is None else _values(end.result, "result")
    return replace(end, state=masked_state(end.state), result=result)


def masked_state(state: State) -> State:
    """A state without secrets, each value of the type that it had.

    Raises:
        UnstorableError: a value with a secret can be of its type only as it is; `path` names it.
    """
    values = state.plain().get_all()
    found = _values(values, "state")
    return state if all(found[key] is values[key] for key in values) else State(found)


def masked_past(run: PastRun) -> PastRun:
    """A run to be taken in, none of whose states, inputs and results have secrets."""
    mask = _Following()
    return replace(
        run,
        state=mask.state(run.state),
        steps=tuple(
            replace(step, state=mask.state(step.state), values=_step_values(step.values))
            for step in run.steps
        ),
        edits=tuple(replace(edit, state=mask.state(edit.state)) for edit in run.edits),
    )


class _Following:
    """Masks states one after the other; a value that several of them share is looked through once."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[object, object]] = {}

    def state(self, state: State) -> State:
        values = state.plain().get_all()
        old = {
            key: self.known[key][1]
            for key in values
            if key in self.known and self.known[key][0] is values[key]
        }
        new = _values({key: value for key, value in values.items() if key not in old}, "state")
        found = {key: old[key] if key in old else new[key] for key in values}
        self.known = {key: (values[key], found[key]) for key in values}
        return state if all(found[key] is values[key] for key in values) else State(found)


def _step_values(values: StepValues) -> StepValues:
    return replace(
        values,
        inputs=_values(values.inputs, "inputs"),
        result=None if values.result is None else _values(values.result, "result"),
        call=None if values.call is None else _call(values.call),
    )


def _call(call: RunCall) -> RunCall:
    inputs = _values(call.inputs, "inputs")
    return call if all(inputs[key] is call.inputs[key] for key in inputs) else replace(call, inputs=inputs)


def _values(values: Mapping[str, object], name: str) -> dict[str, object]:
    for key in values:
        _check_key(key, name)
    return {
        key: mask_field(key, value) if _is_plain(value) else _masked(key, value, f"{name}[{key!r}]")
        for key, value in values.items()
    }


def _check_key(key: str, name: str) -> None:
    """Refuse a key that is a secret: under another one nobody would find the value again."""
    if key not in trusted() and (masked := redact_text(key)) != key:
        path = f"{name}[{masked!r}]"
        raise UnstorableError(
            f"{path}: this key holds a secret, and redact_state=True keeps none. Take another.", path=path
        )


def _is_plain(value: object) -> bool:
    """Tell what is made of texts, numbers, lists, tuples and mappings alone."""
    kind = type(value)
    if kind in _SIMPLE:
        return True
    if kind in _MAPPINGS:
        return all(type(key) is str and _is_plain(item) for key, item in value.items())  # type: ignore[attr-defined]  # a mapping
    return kind in _SEQUENCES and all(map(_is_plain, value))  # type: ignore[call-overload]  # a sequence


def _masked(key: str, value: object, path: str) -> object:
    """A value as it is read back from what an export would write of it; the same where it has no secret."""
    if key in trusted():
        return value
    try:
        exact = write_value(value)
        found = mask_field(key, write_value(value, masked=True))
    except (NoCodecError, RecursionError):
        return value
    return value if found == exact else _read(found, value, path, key)


def _read(found: object, value: object, path: str, key: str) -> object:
    try:
        read = read_value(found, path)  # type: ignore[arg-type]  # JSON, as it was written
    except StoreFormatError as error:
        raise _refusal(path, key, value) from error
    if write_value(read) != found or _unread(read) > _unread(value):
        raise _refusal(path, key, value)
    return read


def _refusal(path: str, key: str, value: object) -> UnstorableError:
    kind = type(value).__qualname__
    return UnstorableError(
        f"{path}: there is a secret in this {kind} that cannot be masked in a value of its type, and"
        " redact_state=True keeps none. Keep it out of the state, or say that it is none:"
        f" notebook_agent.redact.trust({key!r}).",
        path=path,
        key=key,
    )


def _unread(value: object) -> int:
    """How many parts of a value its class could not read."""
    lost = type(value) is Placeholder and value.why != _ABSENT
    return lost + sum(map(_unread, _parts(value)))


def _parts(value: object) -> Iterator[object]:
    kind = type(value)
    if isinstance(value, Mapping) and kind in _MAPPINGS:
        yield from value
        yield from value.values()
    elif isinstance(value, Sequence) and kind in {list, FrozenList}:
        yield from value
    elif kind in TAGS:
        yield TAGS[kind][1](value)
    elif kind not in _SIMPLE and kind is not bytes:
        write = class_writer(kind)
        if write is not None:
            yield write(value)[2]
