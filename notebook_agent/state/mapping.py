"""State: what the actions of a run read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Never

from notebook_agent.errors import FrozenValueError, MissingKeyError, StateError, did_you_mean
from notebook_agent.state.frozen import FrozenList, freeze, thaw

__all__ = ["State", "Watch"]

_ABSENT = object()


class Watch:
    """What one action did to the state it was given.

    Attributes:
        before: The values that the action started from.
        reads: The keys of them that it read, in order of first use.
    """

    __slots__ = ("before", "reads")

    def __init__(self, before: Mapping[str, object]) -> None:
        self.before = before
        self.reads: dict[str, None] = {}

    def note(self, key: str, now: Mapping[str, object]) -> None:
        """Count a read of `key`, unless the action put the value there itself."""
        if now.get(key, _ABSENT) is self.before.get(key, _ABSENT):
            self.reads[key] = None


class State(Mapping[str, Any]):
    """An immutable mapping: each method that changes something returns a new State.

    Lists and dicts are frozen when they are written (see `FrozenList`), so nothing
    that a checkpoint holds can change. It equals a dict of the same items. The values
    are typed `Any`, since only the user's actions know what they are.
    """

    __slots__ = ("_values", "_watch", "_written")
    __hash__ = None  # type: ignore[assignment]  # unhashable, as a dict

    def __init__(self, initial_values: Mapping[str, object] | None = None) -> None:
        given = {} if initial_values is None else initial_values
        self._values: dict[str, object] = {_text(key): freeze(value) for key, value in given.items()}
        self._watch: Watch | None = None
        self._written: tuple[str, ...] = ()

    def watched(self) -> tuple[State, Watch]:
        """Return the same state as it is handed to an action, and the record of what is done to it."""
        watch = Watch(self._values)
        return _make(self._values, watch, ()), watch

    def touched_since(self, before: State) -> tuple[str, ...]:
        """Return the keys that were set or dropped on the way here from `before.watched()`, in order.

        A state that did not come from there is compared with `before` key by key.
        """
        if self._watch is not None and self._watch.before is before._values:
            return tuple(dict.fromkeys(self._written))
        old, new = before._values, self._values
        set_ = [key for key, value in new.items() if old.get(key, _ABSENT) is not value]
        return (*set_, *(key for key in old if key not in new))

    def plain(self) -> State:
        """Return the same state, no longer watched."""
        return self if self._watch is None else _make(self._values, None, ())

    def update(self, /, **updates: object) -> State:
        """Set keys; a snapshot of lists and dicts is kept."""
        return self._with({key: freeze(value) for key, value in updates.items()})

    def append(self, /, **items: object) -> State:
        """Add one item each to the lists of these keys; an absent key starts an empty list."""
        return self._with({key: self._list(key).grown((freeze(item),)) for key, item in items.items()})

    def extend(self, /, **items: Iterable[object]) -> State:
        """Add all items each to the lists of these keys; an absent key starts an empty list."""
        return self._with({
            key: self._list(key).grown([freeze(item) for item in more]) for key, more in items.items()
        })

    def increment(self, /, **amounts: float) -> State:
        """Add to the numbers of these keys; an absent key starts at 0."""
        return self._with({key: self._number(key) + amount for key, amount in amounts.items()})

    def wipe(self, delete: Iterable[str] | None = None, keep: Iterable[str] | None = None) -> State:
        """Drop the keys of `delete`, or all but those of `keep`; without either, all."""
        if delete is not None and keep is not None:
            raise StateError("wipe takes delete=[..] or keep=[..], not both.")
        doomed = set(delete) if delete is not None else self._values.keys() - set(keep or ())
        gone = tuple(key for key in self._values if key in doomed)
        kept = {key: value for key, value in self._values.items() if key not in doomed}
        return _make(kept, self._watch, self._written + gone if self._watch else ())

    def merge(self, other: Mapping[str, object]) -> State:
        """Set all keys of `other`."""
        values = other._values if isinstance(other, State) else other  # noqa: SLF001  # its own class
        return self._with({_text(key): freeze(value) for key, value in values.items()})

    def subset(self, *keys: str, ignore_missing: bool = True) -> State:
        """Keep these keys only; a missing one is an error where `ignore_missing` is False."""
        for key in keys:
            if not ignore_missing and key not in self._values:
                raise _missing(key, self._values)
        kept = {key: self._values[key] for key in keys if key in self._values}
        gone = tuple(key for key in self._values if key not in kept)
        return _make(kept, self._watch, self._written + gone)

    def get_all(self) -> dict[str, object]:
        """Return all items as a new dict, whose lists and dicts are the frozen ones."""
        if self._watch is not None:
            self._read(*self._values)
        return dict(self._values)

    def thaw(self, key: str) -> object:
        """Return a deep copy of a value, with plain lists and dicts that may be changed."""
        return thaw(self[key])

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, or `default` where there is none."""
        if self._watch is not None:
            self._read(key)
        return self._values.get(key, default)

    def __getitem__(self, key: str) -> Any:
        if self._watch is not None:
            self._read(key)
        try:
            return self._values[key]
        except KeyError:
            raise _missing(key, self._values) from None

    def __contains__(self, key: object) -> bool:
        if self._watch is not None and isinstance(key, str):
            self._read(key)
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, State):
            other = other._values
        return bool(self._values == other)

    def __repr__(self) -> str:
        from notebook_agent.redact import mask, redact_text

        return redact_text(repr(mask(self._values)))

    def __reduce__(self) -> tuple[type[State], tuple[dict[str, object]]]:
        return State, (dict(self._values),)

    def __setitem__(self, key: str, value: object) -> Never:
        raise FrozenValueError(
            f"A state cannot be changed in place. Return a new one: state.update({key}=..).", key=key
        )

    def __delitem__(self, key: str) -> Never:
        raise FrozenValueError(
            f"A state cannot be changed in place. Make a new one: state.wipe(delete=[{key!r}]).", key=key
        )

    def _with(self, updates: dict[str, object]) -> State:
        if self._watch is None:
            return _make({**self._values, **updates}, None, ())
        return _make({**self._values, **updates}, self._watch, self._written + tuple(updates))

    def _read(self, *keys: str) -> None:
        assert self._watch is not None
        for key in keys:
            self._watch.note(key, self._values)

    def _list(self, key: str) -> FrozenList[object]:
        value = self.get(key, _NOTHING)
        if isinstance(value, FrozenList):
            return value
        raise StateError(
            f"state[{key!r}] is a {type(value).__name__}, not a list, and cannot grow. "
            f"Set it as a whole: state.update({key}=..).",
            key=key,
        )

    def _number(self, key: str) -> float:
        value = self.get(key, 0)
        if isinstance(value, int | float):
            return value
        raise StateError(
            f"state[{key!r}] is a {type(value).__name__}, not a number, and cannot be incremented.", key=key
        )


_NOTHING: FrozenList[object] = FrozenList()


def _make(values: dict[str, object], watch: Watch | None, written: tuple[str, ...]) -> State:
    state = State.__new__(State)
    state._values = values  # noqa: SLF001  # its own class; __init__ would freeze all values again
    state._watch = watch  # noqa: SLF001
    state._written = written  # noqa: SLF001
    return state


def _text(key: object) -> str:
    if isinstance(key, str):
        return key
    raise StateError(f"Keys of a state are strings; {key!r} is a {type(key).__name__}.")


def _missing(key: str, values: Mapping[str, object]) -> MissingKeyError:
    hint = did_you_mean(str(key), values)
    return MissingKeyError(
        f"The state has no key {key!r}.{hint} It has: {', '.join(values) or 'nothing'}.", key=str(key)
    )
