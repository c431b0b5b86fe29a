"""Which classes have a codec of their own, and what stands for a class that is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from types import ModuleType
from typing import TypeVar
from weakref import WeakValueDictionary

from notebook_agent.redact import repr_of
from notebook_agent.state import tell_content

__all__ = [
    "Codec",
    "Placeholder",
    "begin_generation",
    "class_name",
    "codec_of",
    "find_class",
    "generation",
    "register",
    "registered",
    "remember",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec:
    """How the instances of `cls` become values that have a codec, and back; `name` stands in the file."""

    cls: type
    name: str
    encode: Callable[[object], object] | None
    decode: Callable[[object], object] | None


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Stands for a stored value whose class is not there, or cannot hold it any more.

    It is written back as it was read. Define the class again, or `register` it, and open the
    checkpoint again. A field that is new in the class needs a default.
    """

    kind: str
    """How it was stored: `dataclass`, `pydantic`, `enum` ..."""
    type_name: str
    """The class, as `module:name`."""
    data: object
    """What was stored of it."""
    why: str = field(default="not defined here", compare=False)
    """What became of the class."""

    def __repr__(self) -> str:
        return f"<{self.type_name} ({self.why}): {repr_of(self.data)}>"


_generations = count()
_generation = next(_generations)
_by_class: dict[type, Codec] = {}
_by_name: dict[str, Codec] = {}
_seen: WeakValueDictionary[str, type] = WeakValueDictionary()


def register(
    cls: type[T],
    encode: Callable[[T], object] | None = None,
    decode: Callable[[object], T] | None = None,
    *,
    name: str | None = None,
) -> type[T]:
    """Teach the store to keep instances of a class.

    `encode` gives a value that can be stored, `decode` makes an instance of it again;
    subclasses are covered too, unless registered themselves. Without both the class
    must be a dataclass, an Enum, a named tuple or a pydantic model, and is only made
    known by name: for classes that are not at the top of a module. Works as a
    class decorator then.

    Raises:
        TypeError: only one of the two functions is given.
    """
    if not isinstance(cls, type):
        raise TypeError(f"register takes a class, not {cls!r}")
    if (encode is None) != (decode is None):
        raise TypeError(f"register({cls.__name__}) takes both encode and decode, or neither")
    codec = Codec(cls, name or class_name(cls), encode, decode)  # type: ignore[arg-type]  # T is erased
    _by_class[cls] = _by_name[codec.name] = codec
    if encode is not None:
        tell_content(cls, encode)  # type: ignore[arg-type]  # as above
    return cls


def codec_of(cls: type) -> Codec | None:
    """The codec registered for a class or its nearest base."""
    for base in cls.__mro__:
        codec = _by_class.get(base)
        if codec is not None and codec.encode is not None:
            return codec
    return None


def generation() -> int:
    """A number that changes when classes are defined again: what was made before is of the old ones."""
    return _generation


def begin_generation() -> None:
    """Count classes as defined again."""
    global _generation  # noqa: PLW0603  # one for the process, as the classes are
    _generation = next(_generations)


def registered(name: str) -> Codec | None:
    """The codec registered under a stored name."""
    return _by_name.get(name)


def class_name(cls: type) -> str:
    """The name under which a class is stored."""
    return f"{cls.__module__}:{cls.__qualname__}"


def find_class(name: str) -> type | None:
    """The class of a stored name if it is registered or already loaded; nothing is ever imported.

    One with parameters, such as `Box[int]`, stands in no module: it is the newest of that name that was made
    of the class without them.
    """
    codec = _by_name.get(name)
    if codec is not None:
        return codec.cls
    module, _, path = name.partition(":")
    found: object = sys.modules.get(module)
    for part in path.split("."):
        found = vars(found).get(part) if isinstance(found, type | ModuleType) else None
    if isinstance(found, type) and class_name(found) == name:
        return found
    origin, parameters, _ = name.partition("[")
    base = find_class(origin) if parameters else None
    below: list[type] = [] if base is None else type.__subclasses__(base)
    made = [cls for cls in below if class_name(cls) == name]
    return made[-1] if made else _seen.get(name)


def remember(cls: type) -> str:
    """Return the name of a class; one made in a function is found by it while it lives."""
    name = class_name(cls)
    if "<locals>" in name:
        _seen[name] = cls
    return name
