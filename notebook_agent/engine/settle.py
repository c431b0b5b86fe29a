"""What an action returned, held against what it declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, cast

from notebook_agent.action import Node
from notebook_agent.errors import ResultError, WriteError
from notebook_agent.state import State

__all__ = ["Settled", "settle"]

_ABSENT = object()
_SCALARS = frozenset({bool, int, float, str, bytes})


class Settled(NamedTuple):
    """What came out of an action: its result, the new state, and the keys that it wrote."""

    result: Mapping[str, object]
    state: State
    writes: tuple[str, ...]


def settle(action: Node, before: State, returned: object) -> Settled:
    """Return what an action came to.

    Keys that start with `__` cannot be set by an action: such a change is dropped.

    Raises:
        ResultError: It returned neither a State nor (result, State).
        WriteError: A declared write is missing, or something else was changed.
    """
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


def _unpack(action: Node, returned: object) -> tuple[Mapping[str, object], State]:
    __tracebackhide__ = True
    if isinstance(returned, State):
        return {}, returned
    if isinstance(returned, tuple) and len(returned) == 2:  # noqa: PLR2004  # (result, State)
        result, state = cast("tuple[object, object]", returned)
        if isinstance(result, Mapping) and isinstance(state, State):
            return result, state
    what = "nothing" if returned is None else f"a {type(returned).__name__}"
    hint = " Is it async? Then define it with async def." if hasattr(returned, "__await__") else ""
    raise ResultError(
        f"The action {action.name!r} returned {what}.{hint} It must return the new state: "
        "return state.update(key=value), or return result, state.update(..).",
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
