"""Codecs of the built-in and standard-library types: each as a tag and plainer data."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PosixPath, PurePosixPath, PureWindowsPath, WindowsPath
from typing import Final, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from notebook_agent.state import FrozenDict, FrozenList

__all__ = ["MUTABLE", "READERS", "TAGS", "thaw"]

Encode = Callable[[object], object]
Decode = Callable[[object], object]

_FACTORIES: Final = {cls.__name__: cls for cls in (int, float, str, bytes, bool, list, dict, set, tuple)}


def thaw(value: object) -> object:
    """A copy with plain lists and dicts, for values that hold such."""
    if type(value) is FrozenList:
        return [thaw(item) for item in value]
    if type(value) is FrozenDict:
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple.__new__(type(value), [thaw(item) for item in value])
    return value


def _ordered(value: object) -> list[object]:
    items = list(cast("Iterable[object]", value))
    try:
        return sorted(items)  # type: ignore[type-var]  # tried, not known
    except Exception:  # noqa: BLE001  # what cannot be ordered: mixed types, a NaN of Decimal, a user's `<`
        return items


def _pairs(value: object) -> list[list[object]]:
    return [[key, item] for key, item in cast("dict[object, object]", value).items()]


def _from_pairs(data: object) -> list[tuple[object, object]]:
    return [(key, thaw(item)) for key, item in cast("Sequence[Sequence[object]]", data)]


def _from_dict(data: object) -> object:
    return FrozenDict(dict(cast("Sequence[tuple[object, object]]", data)))


def _defaultdict(value: object) -> object:
    values = cast("defaultdict[object, object]", value)
    factory = values.default_factory
    if factory is None:
        return [None, _pairs(values)]
    name = getattr(factory, "__name__", "")
    return [name if _FACTORIES.get(name) is factory else factory, _pairs(values)]


def _to_defaultdict(data: object) -> object:
    factory, pairs = cast("Sequence[object]", data)
    return defaultdict(None if factory is None else _FACTORIES[cast("str", factory)], _from_pairs(pairs))


def _clock(value: object) -> object:
    moment = cast("datetime", value)
    if moment.tzinfo is None and not moment.fold:
        return moment.isoformat()
    return [moment.replace(tzinfo=None, fold=0).isoformat(), moment.fold, moment.tzinfo]


def _to_clock(cls: type[datetime | time]) -> Decode:
    def decode(data: object) -> object:
        if isinstance(data, str):
            return cls.fromisoformat(data)
        text, fold, zone = cast("tuple[str, int, tzinfo | None]", data)
        return cls.fromisoformat(text).replace(fold=fold, tzinfo=zone)

    return decode


def _zone(value: object) -> object:
    offset = cast("timezone", value).utcoffset(None)
    name = cast("timezone", value).tzname(None)
    return [offset, name if timezone(offset).tzname(None) != name else None]


def _to_zone(data: object) -> object:
    offset, name = cast("tuple[timedelta, str | None]", data)
    if name is None:
        return timezone(offset) if offset else UTC
    return timezone(offset, name)


def _delta(value: object) -> object:
    delta = cast("timedelta", value)
    return [delta.days, delta.seconds, delta.microseconds]


def _path(value: object) -> object:
    return str(value)


def _plain(cls: Callable[..., object], *, spread: bool = False) -> Decode:
    def decode(data: object) -> object:
        return cls(*cast("Sequence[object]", data)) if spread else cls(data)

    return decode


def _key(zone: object) -> object:
    return cast("ZoneInfo", zone).key or zone


def _to_deque(data: object) -> object:
    size, items = cast("tuple[int | None, Sequence[object]]", data)
    return deque([thaw(item) for item in items], size)


def _integer(data: object) -> object:
    return int(cast("str", data), 16)


_TYPES: Final[tuple[tuple[type, str, Callable[..., object], Decode], ...]] = (
    (tuple, "tuple", list, _plain(tuple)),
    (set, "set", _ordered, _plain(set)),
    (frozenset, "frozenset", _ordered, _plain(frozenset)),
    (bytearray, "bytearray", bytes, _plain(bytearray)),
    (complex, "complex", lambda value: [value.real, value.imag], _plain(complex, spread=True)),
    (range, "range", lambda value: [value.start, value.stop, value.step], _plain(range, spread=True)),
    (datetime, "datetime", _clock, _to_clock(datetime)),
    (time, "time", _clock, _to_clock(time)),
    (date, "date", lambda value: value.isoformat(), lambda data: date.fromisoformat(cast("str", data))),
    (timedelta, "timedelta", _delta, _plain(timedelta, spread=True)),
    (timezone, "timezone", _zone, _to_zone),
    (ZoneInfo, "zone", _key, _plain(ZoneInfo)),
    (Decimal, "decimal", str, _plain(Decimal)),
    (Fraction, "fraction", lambda value: [value.numerator, value.denominator], _plain(Fraction, spread=True)),
    (UUID, "uuid", str, _plain(UUID)),
    (PurePosixPath, "pure-posix-path", str, _plain(PurePosixPath)),
    (PureWindowsPath, "pure-windows-path", str, _plain(PureWindowsPath)),
    (OrderedDict, "ordered-dict", _pairs, lambda data: OrderedDict(_from_pairs(data))),
    (Counter, "counter", _pairs, lambda data: Counter(dict(_from_pairs(data)))),
    (defaultdict, "defaultdict", _defaultdict, _to_defaultdict),
    (deque, "deque", lambda value: [value.maxlen, list(value)], _to_deque),
)

TAGS: Final[dict[type, tuple[str, Encode]]] = {
    **{cls: (tag, encode) for cls, tag, encode, _ in _TYPES},
    PosixPath: ("path", str),
    WindowsPath: ("path", str),
}
"""How to encode: the tag, and the function that gives plainer data."""

READERS: Final[dict[str, Decode]] = {
    **{tag: decode for _, tag, __, decode in _TYPES},
    "path": _plain(Path),
    "dict": _from_dict,
    "int": _integer,
    "float": lambda data: float(cast("str", data)),
    "bytes": lambda data: bytes.fromhex(cast("str", data)),
}
"""How to decode what stands behind a tag."""

MUTABLE: Final = {"set", "bytearray", "ordered-dict", "counter", "defaultdict", "deque"}
"""Tags of values that can be changed in place, so that no two checkpoints may share one."""
