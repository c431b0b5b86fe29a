"""What a value looks like: equal for equal content, so that a change in place can be seen."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from notebook_agent.store.codec.classes import class_writer
from notebook_agent.store.codec.stored import NoCodecError
from notebook_agent.store.codec.types import TAGS

__all__ = ["fingerprint"]

_SCALARS = (type(None), bool, float, complex)


def fingerprint(value: object) -> bytes | None:
    """Return 16 bytes over a value's content; None where it holds what no store can keep, or has no end."""
    found = blake2b(digest_size=16)
    try:
        for part in _parts(value):
            found.update(b"%d:" % len(part))
            found.update(part)
    except (NoCodecError, RecursionError):
        return None
    return found.digest()


def _parts(value: object) -> Iterator[bytes | memoryview]:
    if isinstance(value, str):
        yield b"str"
        yield value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        yield b"bytes"
        yield value
    elif type(value) is int:
        yield hex(value).encode()
    elif type(value) in _SCALARS:
        yield repr(value).encode()
    elif isinstance(value, set | frozenset):
        yield from _sequence(type(value), sorted(filter(None, map(_certain, value))))
    elif isinstance(value, list | dict) and type(value) not in TAGS:
        yield from _container(value)
    else:
        yield from _described(value)


def _container(value: list[object] | dict[object, object]) -> Iterator[bytes | memoryview]:
    if isinstance(value, list):
        yield from _sequence(list, value)
    else:
        yield from _sequence(dict, (part for item in value.items() for part in item))


def _sequence(kind: type, items: Iterable[object]) -> Iterator[bytes | memoryview]:
    yield kind.__name__.encode()
    for item in items:
        yield from _parts(item)
    yield b"end"


def _certain(item: object) -> bytes:
    found = fingerprint(item)
    if found is None:
        raise NoCodecError(item)
    return found


def _described(value: object) -> Iterator[bytes | memoryview]:
    """What the store would write of it, but for what it has only computed and kept for itself."""
    simple = TAGS.get(type(value))
    if simple is not None:
        tag, data = simple[0], simple[1](value)
        yield tag.encode()
        yield from _parts(data)
        return
    write = class_writer(type(value))
    if write is None:
        raise NoCodecError(value)
    tag, name, data = write(value)
    yield f"{tag} {name}".encode()
    yield from _parts(_without_cached(type(value), data))


def _without_cached(cls: type, data: object) -> object:
    if not isinstance(data, Mapping):
        return data
    return {
        key: _without_cached(cls, item)
        for key, item in data.items()
        if not isinstance(getattr(cls, str(key), None), functools.cached_property)
    }
