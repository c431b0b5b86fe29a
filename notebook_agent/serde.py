"""Values as plain JSON and back, exact in value and type; types are registered here for the store too.

What JSON has stands for itself. Anything else is a dict whose `KEY` names its kind: a type that
the store knows, or one of yours:

    @serde.serialize.register(Money)
    def write(value, **kwargs):
        return {serde.KEY: "money", "cents": value.cents}

    @serde.deserializer.register("money")
    def read(value, **kwargs):
        return Money(value["cents"])
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import DecimalException
from typing import Any, Final, TypeVar

from notebook_agent.errors import StateError, UnstorableError
from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.state.fields import FIELDS
from notebook_agent.store.codec import register
from notebook_agent.store.codec.classes import TAGS as CLASSES
from notebook_agent.store.codec.classes import class_writer, read_class
from notebook_agent.store.codec.registry import Placeholder, class_name
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.types import READERS, TAGS, thaw

__all__ = ["KEY", "deserialize", "deserialize_state", "deserializer", "serialize", "serialize_state"]

KEY: Final = "__serde__"
"""The key that names the kind of what is not plain JSON."""

Write = Callable[..., Mapping[str, Any]]
Read = Callable[..., Any]
_W = TypeVar("_W", bound=Write)
_R = TypeVar("_R", bound=Read)
_PLAIN = (type(None), bool, int, str)
_LONG: Final = 2_000
"""Bits of an int; Python reads no decimal number of any length."""
_CONTAINERS = (list, dict, FrozenList, FrozenDict)
_BAD = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, DecimalException)


class _Serialize:
    """Return a value as plain JSON, exact in value and type.

    `serialize.register(cls)` above a function of `(value, **kwargs)` says how instances of a class
    are written: as a dict whose `serde.KEY` names their kind. A store writes them so too.
    """

    def __init__(self) -> None:
        self._writers: dict[type, Write] = {}

    def __call__(self, value: object, **options: Any) -> Any:
        """Return it; `options` reach the registered functions.

        Raises:
            UnstorableError: There is no way to write it, or something in it.
        """
        write = self._registered(type(value))
        if write is not None:
            return _named(type(value), write(value, **options))
        if type(value) in _PLAIN and not (type(value) is int and value.bit_length() > _LONG):
            return value
        if isinstance(value, list | dict) and type(value) in _CONTAINERS:
            return self._container(value, options)
        return self._described(value, options)

    def register(self, cls: type, function: _W | None = None) -> Any:
        """Write instances of a class by a function; works as a decorator."""
        if function is None:
            return lambda given: self.register(cls, given)
        self._writers[cls] = function
        register(cls, lambda value: dict(_named(cls, function(value))), lambda data: _from_store(cls, data))
        return function

    def _registered(self, cls: type) -> Write | None:
        if not self._writers:
            return None
        return next((self._writers[base] for base in cls.__mro__ if base in self._writers), None)

    def _container(self, value: list[object] | dict[object, object], options: Mapping[str, Any]) -> object:
        if isinstance(value, list):
            return [self(item, **options) for item in value]
        if all(type(key) is str for key in value) and KEY not in value:
            return {key: self(item, **options) for key, item in value.items()}
        return {KEY: "dict", "value": self([[key, item] for key, item in value.items()], **options)}

    def _described(self, value: object, options: Mapping[str, Any]) -> object:
        if isinstance(value, float) and type(value) is float:
            return value if value - value == 0 else {KEY: "float", "value": repr(value)}
        if type(value) is int:
            return {KEY: "int", "value": f"{value:x}"}
        if isinstance(value, bytes) and type(value) is bytes:
            return {KEY: "bytes", "value": value.hex()}
        simple = TAGS.get(type(value))
        if simple is not None:
            return {KEY: simple[0], "value": self(simple[1](value), **options)}
        tag, name, data = _by_class(value)
        return {KEY: tag, "class": name, "value": self(data, **options)}


class _Deserializers:
    """Kinds of values, by the functions that read them: `deserializer.register("money")`."""

    def __init__(self) -> None:
        self.readers: dict[str, Read] = {}

    def register(self, key: str) -> Callable[[_R], _R]:
        """Read dicts whose `serde.KEY` is `key` by the function below, of `(value, **kwargs)`."""

        def keep(function: _R) -> _R:
            self.readers[key] = function
            return function

        return keep


serialize = _Serialize()
deserializer = _Deserializers()


def deserialize(value: Any, **options: Any) -> Any:
    """Return the value that `serialize` made this of; `options` reach the registered functions.

    Raises:
        StateError: It names a kind that nobody has registered, or holds what `serialize` does not write.
    """
    if isinstance(value, Mapping):
        return _read(value, options)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return value
    return [deserialize(item, **options) for item in value]


def serialize_state(values: Mapping[str, object], **options: Any) -> dict[str, Any]:
    """Return the items of a state as plain JSON, see `State.serialize`."""
    return {key: _field(key, value, options) for key, value in values.items()}


def deserialize_state(values: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Return the items that `serialize_state` made this of."""
    return {
        key: FIELDS[key].deserialize(value, **options) if key in FIELDS else deserialize(value, **options)
        for key, value in values.items()
    }


def _field(key: str, value: object, options: Mapping[str, Any]) -> object:
    if key in FIELDS:
        return FIELDS[key].serialize(value, **options)
    try:
        return serialize(value, **options)
    except UnstorableError as error:
        raise UnstorableError(f"state[{key!r}]: {error}", key=key, path=f"state[{key!r}]") from None


def _read(value: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    kind = value.get(KEY)
    if kind is None:
        return {key: deserialize(item, **options) for key, item in value.items()}
    if kind in deserializer.readers:
        return deserializer.readers[kind](value, **options)
    try:
        return _known(kind, value, options)
    except _BAD as error:
        raise StateError(f"A serialized {kind!r} cannot be read: {error}") from error


def _known(kind: str, value: Mapping[str, Any], options: Mapping[str, Any]) -> object:
    if kind == "float":
        return float(value["value"])
    if kind not in READERS and kind not in CLASSES:
        raise StateError(
            f"Nothing is registered to read {kind!r}. Run the code that has "
            f"@serde.deserializer.register({kind!r}) first."
        )
    data = value["value"] if kind == "bytes" else deserialize(value["value"], **options)
    return thaw(READERS[kind](data) if kind in READERS else read_class(kind, value["class"], data))


def _by_class(value: object) -> tuple[str, str, object]:
    cls = type(value)
    write = class_writer(cls)
    try:
        if write is not None:
            return write(value)
    except NoCodecError:
        pass
    raise UnstorableError(
        f"{cls.__module__}.{cls.__qualname__} cannot be serialized. Register it: "
        f"@serde.serialize.register({cls.__name__}), with @serde.deserializer.register(..) for the way back."
    )


def _named(cls: type, written: object) -> Mapping[str, Any]:
    if isinstance(written, Mapping) and isinstance(written.get(KEY), str):
        return written
    raise StateError(
        f"The serializer of {cls.__name__} must return a dict with serde.KEY, which names its kind for "
        f"@serde.deserializer.register; not {written!r}."
    )


def _from_store(cls: type, data: Any) -> Any:
    read = deserializer.readers.get(data[KEY])
    return Placeholder("object", class_name(cls), data) if read is None else read(data)
