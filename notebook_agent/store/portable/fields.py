"""A JSON object read field by field, each checked, so that what is wrong can be named with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeVar, overload

from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import Json

__all__ = ["Fields"]

T = TypeVar("T")
_HALF: Final = re.compile("[\ud800-\udfff]")
_LARGEST: Final = 1 << 63
_ANY_TEXT: Final = {
    "it",
    "message",
    "traceback",
    "type",
    "condition",
    "source",
    "target",
    "error",
    "drift",
    "text",
}
"""Fields that hold what people and programs said, half of a character too; the others are names."""


class Fields:
    """An object of a file; `place` is where it stands, such as `runs[0].steps[3]`.

    Every method raises StoreFormatError with the place for a field that is missing or of another type.
    """

    def __init__(self, found: Json, place: str) -> None:
        if not isinstance(found, Mapping):
            raise StoreFormatError(f"{place or 'The file'} is no JSON object.", path=place)
        self._found = found
        self.place = place
        self._left = set(found)

    def at(self, name: str) -> str:
        """The place of a field."""
        return f"{self.place}.{name}" if self.place else name

    def json(self, name: str) -> Json:
        """Anything."""
        if name not in self._found:
            raise StoreFormatError(f"{self.at(name)} is missing.", path=self.at(name))
        self._left.discard(name)
        return self._found[name]

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        self._left.discard(name)
        return self._found.get(name) is not None

    def names(self, name: str) -> bool:
        """Whether the field is there, be it null or empty."""
        return name in self._found

    def text(self, name: str) -> str:
        """A text."""
        found = self._typed(name, str, "a text")
        if name not in _ANY_TEXT and not found.isascii() and _HALF.search(found):
            raise self._wrong(name, "a text of whole characters, with no lone surrogate")
        return found

    def whole(self, name: str) -> int:
        """A whole number from 0 on."""
        found = self._typed(name, int, "a whole number")
        if isinstance(found, bool) or not 0 <= found < _LARGEST:
            raise self._wrong(name, "a whole number from 0 on, of 63 bits at most")
        return found

    def number(self, name: str) -> float:
        """A number."""
        found = self.json(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not -_LARGEST < found < _LARGEST:
            raise self._wrong(name, "a finite number of 63 bits at most")
        return found

    def flag(self, name: str) -> bool:
        """True or false."""
        return self._typed(name, bool, "true or false")

    @overload
    def maybe(self, kind: Literal["text"], name: str) -> str | None: ...
    @overload
    def maybe(self, kind: Literal["whole"], name: str) -> int | None: ...
    @overload
    def maybe(self, kind: Literal["number"], name: str) -> float | None: ...
    def maybe(self, kind: Literal["text", "whole", "number"], name: str) -> object:
        """A field of this kind; None where it is null or left out."""
        read = {"text": self.text, "whole": self.whole, "number": self.number}[kind]
        return read(name) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts; none where the field is left out."""
        return tuple(part.text("it") for part in self._parts(name, wrapped=True))

    def part(self, name: str) -> Fields:
        """An object within."""
        return Fields(self.json(name), self.at(name))

    def parts(self, name: str) -> Iterator[Fields]:
        """The objects of a list; none where the field is left out."""
        return self._parts(name, wrapped=False)

    def end(self) -> None:
        """Refuse fields that nobody asked for."""
        for name in sorted(self._left):
            raise StoreFormatError(f"{self.at(name)} is no field of a run's file.", path=self.at(name))

    def _parts(self, name: str, *, wrapped: bool) -> Iterator[Fields]:
        if not self.has(name):
            return
        found = self._typed(name, list, "a list")
        for n, item in enumerate(found):
            yield Fields({"it": item} if wrapped else item, f"{self.at(name)}[{n}]")

    def _typed(self, name: str, kind: type[T], said: str) -> T:
        found: object = self.json(name)
        if not isinstance(found, kind):
            raise self._wrong(name, said)
        return found

    def _wrong(self, name: str, said: str) -> StoreFormatError:
        place = self.at(name).removesuffix(".it")
        return StoreFormatError(f"{place} must be {said}.", path=place)
