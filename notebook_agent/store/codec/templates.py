"""Dicts that differ in one text alone, as the messages of a chat do: parsed once for all of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from notebook_agent.state import FrozenDict

__all__ = ["Templates"]

_MOST: Final = 256
_POINTER: Final = '{"$":'
_new: Final = FrozenDict.__new__
_fill: Final = dict.update
_set: Final = dict.__setitem__

_Template = tuple[str, dict[str, object], str]
"""What stands after the pointer, the dict, and the key at which the text goes."""


class Templates:
    """Templates by what stands before the pointer."""

    def __init__(self) -> None:
        self._known: dict[str, _Template | None] = {}

    def read(
        self, bodies: Iterable[tuple[int, str]], values: dict[int, object], owner: object
    ) -> list[tuple[int, str]]:
        """Add to values what these nodes are that follow a template and point to a text among the values.

        It is written without calls or constructors, which would be most of the time of a long list.

        Returns:
            The other ones.
        """
        known = self._known
        others: list[tuple[int, str]] = []
        for number, body in bodies:
            before, _, rest = body.partition(_POINTER)
            pointer, _, after = rest.partition("}")
            template = known[before] if before in known else self._learn(before, pointer, after)
            alike = template is not None and after == template[0] and pointer.isdecimal()
            text = values.get(int(pointer)) if alike else None
            if template is not None and type(text) is str:
                made: FrozenDict[str, object] = _new(FrozenDict)
                _fill(made, template[1])
                _set(made, template[2], text)
                made.memo, made.loose = (owner, number), False
                values[number] = made
            else:
                others.append((number, body))
        return others

    def _learn(self, before: str, pointer: str, after: str) -> _Template | None:
        """A template from the first of its kind; None where others must be parsed each."""
        if len(self._known) >= _MOST or not pointer.isdecimal():
            return None
        found = json.loads(f"{before}{_POINTER}0}}{after}")
        plain = type(found) is dict and "$" not in found and list not in map(type, found.values())
        holes = [key for key, value in found.items() if type(value) is dict] if plain else []
        self._known[before] = (
            (after, found, holes[0]) if len(holes) == 1 and found[holes[0]] == {"$": 0} else None
        )
        return self._known[before]
