"""What an action returned, held against what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from notebook_agent.action import Node
from notebook_agent.errors import ResultError, StateTypeError, WriteError
from notebook_agent.state import State, Watch

__all__ = ["Settled", "fingerprint", "settle"]

_ABSENT = object()
_SCALARS = frozenset({bool, int, float, str, bytes})


class Settled(NamedTuple):
    """What came out of an action: its result, the new state, and the keys that it wrote."""

    result: Mapping[str, object]
    state: State
    writes: tuple[str, ...]


def fingerprint(value: object) -> bytes | None:
    """Return what a value looks like, see `Watch`; None where that cannot be told."""
    from notebook_agent.store.codec.fingerprint import fingerprint as look

    return look(value)


def settle(action: Node, before: State, returned: object, watch: Watch | None = None) -> Settled:
    """Return what an action came to.

    Keys that start with `__` cannot be set by an action: such a change is dropped.

    Raises:
        ResultError: It returned neither a State nor (result, State).
        WriteError: A declared write is missing, or something else was changed, perhaps in place.
        StateTypeError: A value that it wrote does not fit the typing system.
    """
    __tracebackhide__ = True
    done = _settle(action, before, returned)
    if watch is not None and watch.lent:
        _check_in_place(action, before, watch, done)
    return done if before.untyped else _typed(action, before, done)


def _settle(action: Node, before: State, returned: object) -> Settled:
    __tracebackhide__ = True
    result, after = _unpack(action, returned)
    declared, state = action.writes, after.plain()
    touched = after.touched_since(before)
    for key in declared:
        if key not in state:
            raise _missing(action, key, before)
    if touched == declared:
        return Settled(result, state, touched)
    changed = [key for key in touched if key not in declared and not _same(before, state, key)]
    for key in changed:
        if not key.startswith("__"):
            raise _undeclared(action, key, state)
    if changed:
        state = _restored(before, state, changed)
    return Settled(result, state, tuple(key for key in touched if key in declared))


def _check_in_place(action: Node, before: State, watch: Watch, done: Settled) -> None:
    __tracebackhide__ = True
    for key in watch.changed():
        if key not in done.writes:
            kind = type(before[key]).__name__
            raise WriteError(
                f"The action {action.name!r} changed state[{key!r}] (a {kind}) in place. "
                f"So that it is kept, return state.update({key}=..), with {key!r} in its writes; or change "
                "a copy.",
                action=action.name,
                key=key,
            )


def _typed(action: Node, before: State, done: Settled) -> Settled:
    __tracebackhide__ = True
    state = done.state.with_typing_system(before.typing_system)
    try:
        before.typing_system.validate_keys(state, done.writes)
    except StateTypeError as error:
        raise StateTypeError(
            f"The action {action.name!r} wrote what does not fit: {error}", action=action.name, key=error.key
        ) from error
    return Settled(done.result, state, done.writes)


def _unpack(action: Node, returned: object) -> tuple[Mapping[str, object], State]:
    __tracebackhide__ = True
    if isinstance(returned, State):
        return {}, returned
    if isinstance(returned, tuple) and len(returned) == 2:  # noqa: PLR2004  # (result, State)
        result, state = cast("tuple[object, object]", returned)
        if isinstance(result, Mapping) and isinstance(state, State):
            return result, state
    raise _no_state(action, returned)


def _no_state(action: Node, returned: object) -> ResultError:
    what = "nothing" if returned is None else f"a {type(returned).__name__}"
    if isinstance(returned, tuple) and len(returned) == 2:  # noqa: PLR2004  # as of (result, State)
        kinds = [type(each).__name__ for each in returned]
        what = f"a pair of {kinds[0]} and {kinds[1]}, not of a dict and the State"
    hint = " Is it async? Then define it with async def." if hasattr(returned, "__await__") else ""
    due = "return state.update(key=value), or return result, state.update(..)"
    return ResultError(
        f"The action {action.name!r} returned {what}.{hint} It must return the new state: {due}.",
        action=action.name,
    )


def _same(before: State, after: State, key: str) -> bool:
    old, new = before.get(key, _ABSENT), after.get(key, _ABSENT)
    return old is new or (type(old) is type(new) and type(new) in _SCALARS and old == new)


def _missing(action: Node, key: str, old: Mapping[str, object]) -> WriteError:
    how = "took away" if key in old else "did not write"
    return WriteError(
        f"The action {action.name!r} {how} {key!r}, which it declares. "
        f"Return state.update({key}=..), or take {key!r} out of its writes.",
        action=action.name,
        key=key,
    )


def _undeclared(action: Node, key: str, new: Mapping[str, object]) -> WriteError:
    if key in new:
        advice = f"Add it: writes={[*action.writes, key]!r}; or leave it alone."
        return WriteError(
            f"The action {action.name!r} wrote {key!r}, which it does not declare. {advice}",
            action=action.name,
            key=key,
        )
    return WriteError(
        f"The action {action.name!r} returned a state without {key!r}. "
        "Return state.update(..), which keeps the other keys.",
        action=action.name,
        key=key,
    )


def _restored(before: State, after: State, hidden: list[str]) -> State:
    return after.wipe(delete=hidden).merge({key: before[key] for key in hidden if key in before})
