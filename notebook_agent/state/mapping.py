"""State: what the actions of a run read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, Generic, Never, TypeVar

from notebook_agent.errors import FrozenValueError, MissingKeyError, StateError, did_you_mean
from notebook_agent.given import given_mapping, given_names
from notebook_agent.state.frozen import FrozenList, freeze, thaw
from notebook_agent.state.typed import UNTYPED, Data, TypingSystem
from notebook_agent.state.watch import Fingerprint, Watch

__all__ = ["State"]

_ABSENT = object()
_Other = TypeVar("_Other")


class State(Mapping[str, Any], Generic[Data]):
    """An immutable mapping: each method that changes something returns a new State.

    Lists and dicts are frozen when they are written (see `FrozenList`), so nothing
    that a checkpoint holds can change. It equals a dict of the same items. The values
    are typed `Any`, since only the user's actions know what they are.

    Args:
        initial_values: Its items; none by default.
        typing_system: Says what `data` is.
    """

    __slots__ = ("_typing", "_values", "_watch", "_written")
    __hash__ = None  # type: ignore[assignment]  # unhashable, as a dict

    def __init__(
        self,
        initial_values: Mapping[str, object] | None = None,
        typing_system: TypingSystem[Any] | None = None,
    ) -> None:
        given = given_mapping("State", initial_values, StateError)
        self._values: dict[str, object] = {key: freeze(value, key) for key, value in given.items()}
        self._watch: Watch | None = None
        self._written: tuple[str, ...] = ()
        self._typing = None if typing_system is None else _checked(typing_system)

    @property
    def data(self) -> Data:
        """The typed object that the typing system makes of it; without one a dict. A copy, free to change."""
        made: Data = self.typing_system.construct_data(self)
        return made

    @property
    def typing_system(self) -> TypingSystem[Any]:
        """What says what `data` is."""
        return UNTYPED if self._typing is None else self._typing

    @property
    def untyped(self) -> bool:
        """Whether it has no typing system of its own."""
        return self._typing is None

    def with_typing_system(self, typing_system: TypingSystem[_Other]) -> State[_Other]:
        """Return the same state with another typing system; StateError where that is none."""
        return _make(self._values, self._watch, self._written, _checked(typing_system))

    def serialize(self, **options: Any) -> dict[str, Any]:
        """Return it as plain JSON values, exact in type, see `serde.serialize`."""
        from notebook_agent import serde

        return serde.serialize_state(self.get_all(), **options)

    @classmethod
    def deserialize(cls, json_dict: Mapping[str, Any], **options: Any) -> State:
        """Return the state that `serialize` made this of."""
        from notebook_agent import serde

        return cls(serde.deserialize_state(json_dict, **options))

    def watched(self, fingerprint: Fingerprint | None = None) -> tuple[State, Watch]:
        """Return the same state as it is handed to an action, and the record of what is done to it.

        With a `fingerprint` it notices what is changed in place, see `Watch`.
        """
        watch = Watch(self._values, fingerprint)
        return _make(self._values, watch, (), self._typing), watch

    def touched_since(self, before: State) -> tuple[str, ...]:
        """Return the keys that were set or dropped on the way here from `before.watched()`, in order.

        A state that did not come from there is compared with `before` key by key.
        """
        if self._watch is not None and self._watch.before is before._values:
            return tuple(dict.fromkeys(self._written))
        old, new = before._values, self._values
        set_ = [key for key, value in new.items() if old.get(key, _ABSENT) is not value]
        return (*set_, *(key for key in old if key not in new))

    def count_read(self, key: str) -> None:
        """Count a key as read by the action, for whoever hands on a copy of its value."""
        if self._watch is not None and key in self._watch.before:
            self._watch.reads[key] = True

    def count_growth(self, key: str) -> None:
        """Count that something was added to `key`: a read for the key's own past alone."""
        if self._watch is not None:
            self._watch.grow(key, self._values)

    def plain(self) -> State[Data]:
        """Return the same state, no longer watched."""
        return self if self._watch is None else _make(self._values, None, (), self._typing)

    def update(self, /, **updates: object) -> State[Data]:
        """Set keys; a snapshot of lists and dicts is kept."""
        return self._with({key: freeze(value, key) for key, value in updates.items()})

    def append(self, /, **items: object) -> State[Data]:
        """Add one item each to the lists of these keys; an absent key starts an empty list."""
        return self._with({key: self._list(key).grown((freeze(item, key),)) for key, item in items.items()})

    def extend(self, /, **items: Iterable[object]) -> State[Data]:
        """Add all items each to the lists of these keys; an absent key starts an empty list."""
        return self._with({
            key: self._list(key).grown([freeze(item, key) for item in _items(key, more)])
            for key, more in items.items()
        })

    def increment(self, /, **amounts: float) -> State[Data]:
        """Add to the numbers of these keys; an absent key starts at 0."""
        return self._with({key: self._number(key) + amount for key, amount in amounts.items()})

    def wipe(self, delete: Iterable[str] | None = None, keep: Iterable[str] | None = None) -> State[Data]:
        """Drop the keys of `delete`, or all but those of `keep`; without either, all."""
        if delete is not None and keep is not None:
            raise StateError("wipe takes delete=[..] or keep=[..], not both.")
        doomed = set(given_names("wipe", delete, StateError))
        if delete is None:
            doomed = self._values.keys() - set(given_names("wipe", keep, StateError))
        gone = tuple(key for key in self._values if key in doomed)
        kept = {key: value for key, value in self._values.items() if key not in doomed}
        return _make(kept, self._watch, self._written + gone if self._watch else (), self._typing)

    def merge(self, other: Mapping[str, object]) -> State[Data]:
        """Set all keys of `other`."""
        if isinstance(other, State):
            return self._with(dict(other._values))  # noqa: SLF001  # its own class
        values = given_mapping("merge", other, StateError)
        return self._with({key: freeze(value, key) for key, value in values.items()})

    def subset(self, *keys: str, ignore_missing: bool = True) -> State[Data]:
        """Keep these keys only; a missing one is an error where `ignore_missing` is False."""
        for key in given_names("subset", keys, StateError):
            if not ignore_missing and key not in self._values:
                raise _missing(key, self._values)
        kept = {key: self._values[key] for key in keys if key in self._values}
        gone = tuple(key for key in self._values if key not in kept)
        return _make(kept, self._watch, self._written + gone, self._typing)

    def get_all(self) -> dict[str, object]:
        """Return all items as a new dict, whose lists and dicts are the frozen ones."""
        watch = self._watch
        if watch is None:
            return dict(self._values)
        for key in self._values:
            watch.note(key, self._values)
        return {key: watch.shown(key, value) for key, value in self._values.items()}

    def thaw(self, key: str) -> object:
        """Return a deep copy of a value, with plain lists and dicts that may be changed."""
        return thaw(self[key])

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of `key`, or `default` where there is none."""
        watch = self._watch
        if watch is None:
            return self._values.get(key, default)
        if not watch.reads.get(key):
            watch.note(key, self._values)
        value = self._values.get(key, default)
        return watch.shown(key, value) if watch.lent else value

    def __getitem__(self, key: str) -> Any:
        watch = self._watch
        if watch is not None and not watch.reads.get(key):
            watch.note(key, self._values)
        try:
            value = self._values[key]
        except KeyError:
            raise _missing(key, self._values) from None
        return watch.shown(key, value) if watch is not None and watch.lent else value

    def __contains__(self, key: object) -> bool:
        if self._watch is not None and isinstance(key, str):
            self._watch.note(key, self._values)
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
        from notebook_agent.redact import mask, redact_text, repr_of

        return redact_text(repr_of(mask(self._values)))

    def _repr_html_(self) -> str:
        html: str = import_module("notebook_agent.view").state_html(self)
        return html

    def __reduce__(self) -> tuple[type[State], tuple[dict[str, object], TypingSystem[Any] | None]]:
        return State, (dict(self._values), self._typing)

    def __setitem__(self, key: str, value: object) -> Never:
        raise FrozenValueError(
            f"A state cannot be changed in place. Return a new one: state.update({key}=..).", key=key
        )

    def __delitem__(self, key: str) -> Never:
        raise FrozenValueError(
            f"A state cannot be changed in place. Make a new one: state.wipe(delete=[{key!r}]).", key=key
        )

    def _with(self, updates: dict[str, object]) -> State[Data]:
        written = () if self._watch is None else self._written + tuple(updates)
        return _make({**self._values, **updates}, self._watch, written, self._typing)

    def _grown(self, key: str, default: object) -> object:
        """What is added to."""
        self.count_growth(key)
        return self._values.get(key, default)

    def _list(self, key: str) -> FrozenList[object]:
        value = self._grown(key, _NOTHING)
        if isinstance(value, FrozenList):
            return value
        raise StateError(
            f"state[{key!r}] is a {type(value).__name__}, not a list, and cannot grow. "
            f"Set it as a whole: state.update({key}=..).",
            key=key,
        )

    def _number(self, key: str) -> float:
        value = self._grown(key, 0)
        if isinstance(value, int | float):
            return value
        raise StateError(
            f"state[{key!r}] is a {type(value).__name__}, not a number, and cannot be incremented.", key=key
        )


_NOTHING: FrozenList[object] = FrozenList()


def _items(key: str, more: object) -> Iterable[object]:
    if isinstance(more, Iterable) and not isinstance(more, str | bytes | Mapping):
        return more
    raise StateError(
        f"extend({key}={more!r}): it takes the items in a list, as in extend({key}=[..]). "
        f"One item is added by append({key}=..).",
        key=key,
    )


def _make(
    values: dict[str, object],
    watch: Watch | None,
    written: tuple[str, ...],
    typing: TypingSystem[Any] | None,
) -> State:
    state = State.__new__(State)
    state._values = values  # noqa: SLF001  # its own class; __init__ would freeze all values again
    state._watch = watch  # noqa: SLF001
    state._written = written  # noqa: SLF001
    state._typing = typing  # noqa: SLF001
    return state


def _checked(typing_system: object) -> TypingSystem[Any]:
    if isinstance(typing_system, TypingSystem):
        return typing_system
    shown = getattr(typing_system, "__name__", repr(typing_system))
    raise StateError(
        f"{shown} is no typing system. For a pydantic model it is PydanticTypingSystem(Model), from "
        "notebook_agent.integrations.pydantic; one of your own is an object of a subclass of "
        "notebook_agent.typing.TypingSystem."
    )


def _missing(key: str, values: Mapping[str, object]) -> MissingKeyError:
    hint = did_you_mean(str(key), values)
    return MissingKeyError(
        f"The state has no key {key!r}.{hint} It has: {', '.join(values) or 'nothing'}.", key=str(key)
    )
