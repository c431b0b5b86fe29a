"""A JSON object of a ledger file, of which each field is asked for by its type."""

from __future__ import annotations

import math
from types import NoneType

from notebook_agent.errors import LedgerFormatError
from notebook_agent.ids import Json

__all__ = ["Fields"]

_LATEST = 1e11
"""Unix seconds in the year 5138: later times no calendar shows."""
_MOST = 2**53
"""Whole numbers that any JSON reader keeps, and any database."""


class Fields:
    """Fields by name; what is missing or of another type is a LedgerFormatError that names the place."""

    def __init__(self, told: object, path: str) -> None:
        self._path = path
        if not isinstance(told, dict):
            raise LedgerFormatError(f"{path} is not an object.", path=path)
        self._told: dict[str, Json] = told

    def wrong(self, name: str, wanted: str) -> LedgerFormatError:
        """Make the error for a field that is not as wanted."""
        found = "missing" if name not in self._told else _short(self._told[name])
        path = f"{self._path}.{name}"
        return LedgerFormatError(f"{path} must be {wanted}, and is {found}.", path=path)

    def fault(self, name: str, what: str) -> LedgerFormatError:
        """Make the error for a field that does not fit the others."""
        path = f"{self._path}.{name}"
        return LedgerFormatError(f"{path} {what}", path=path)

    def has(self, name: str) -> bool:
        """Tell whether the field is there."""
        return name in self._told

    def _get(self, name: str, wanted: str, *kinds: type) -> Json:
        value = self._told.get(name)
        if type(value) not in kinds:
            raise self.wrong(name, wanted)
        return value

    def json(self, name: str) -> Json:
        """Any JSON, but it must be there."""
        if name not in self._told:
            raise self.wrong(name, "there")
        return self._told[name]

    def text(self, name: str) -> str:
        """A text, whose characters are whole."""
        value = str(self._get(name, "a text", str))
        if not _is_whole(value):
            raise self.wrong(name, "a text of whole characters")
        return value

    def maybe_text(self, name: str) -> str | None:
        """A text or null."""
        self._get(name, "a text or null", str, NoneType)
        return None if self._told.get(name) is None else self.text(name)

    def maybe_ascii(self, name: str) -> str | None:
        """A text as a header may have it, or null."""
        value = self.maybe_text(name)
        if value is not None and not _is_header(value):
            raise self.wrong(name, "printable ASCII")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        return bool(self._get(name, "true or false", bool))

    def whole(self, name: str, first: int = 0, last: int = _MOST) -> int:
        """A whole number from one to another."""
        value = self._get(name, "a whole number", int)
        assert isinstance(value, int)
        if not first <= value <= last:
            raise self.wrong(name, f"from {first} to {last}")
        return value

    def maybe_whole(self, name: str, first: int = 0, last: int = _MOST) -> int | None:
        """A whole number or null."""
        return None if self._told.get(name) is None else self.whole(name, first, last)

    def maybe_number(self, name: str) -> float | None:
        """A number from 0 on, or null: seconds, or dollars."""
        value = self._get(name, "a number or null", int, float, NoneType)
        if value is None:
            return None
        if not _is_amount(value):
            raise self.wrong(name, "a number from 0 to 1e11")
        return float(value)  # type: ignore[arg-type]  # it is a number

    def part(self, name: str) -> Fields | None:
        """An object or null."""
        value = self._told.get(name)
        return None if value is None else Fields(value, f"{self._path}.{name}")

    def parts(self, name: str) -> list[Fields]:
        """A list of objects; empty where it is missing."""
        listed = self._list(name, "a list of objects")
        return [Fields(each, f"{self._path}.{name}[{n}]") for n, each in enumerate(listed)]

    def _list(self, name: str, wanted: str) -> list[Json]:
        value = self._told.get(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, wanted)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        found = [each for each in self._list(name, "a list of texts") if isinstance(each, str)]
        if len(found) != len(self._list(name, "")):
            raise self.wrong(name, "a list of texts")
        return found

    def chunks(self, name: str) -> tuple[tuple[float, int], ...]:
        """A list of [seconds, bytes]."""
        found: list[tuple[float, int]] = []
        for each in self._list(name, "a list"):
            match each:
                case [int() | float() as at, int() as size] if _is_amount(at) and _is_count(size):
                    found.append((float(at), size))
                case _:
                    raise self.wrong(name, "a list of [seconds, bytes]")
        return tuple(found)

    def headers(self, name: str) -> tuple[tuple[str, str], ...]:
        """An object of texts as headers may have them; none where it is missing."""
        value = self._told.get(name, {})
        if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
            raise self.wrong(name, "an object of texts")
        found = tuple((header, str(each)) for header, each in value.items())
        if not all(
            _is_header(text) and header.strip() for header, value in found for text in (header, value)
        ):
            raise self.wrong(name, "an object of printable ASCII")
        return found


def _short(value: Json) -> str:
    try:
        return f"{value!r:.60}"
    except (ValueError, RecursionError):
        return "more than can be written here"


def _is_whole(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _is_header(text: str) -> bool:
    return text.isascii() and (text.isprintable() or not text)


def _is_amount(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value <= _LATEST and math.isfinite(value)  # type: ignore[operator, arg-type]  # a number


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
