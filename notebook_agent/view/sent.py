"""What a page sends back of a value that it edited: the rest of it is as it was, exactly.

A page has a value as JSON with its secrets masked. So keys that are no texts, numbers with a point
and secrets would come back as something else, also where nobody touched them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from json import dumps
from typing import cast

from notebook_agent.errors import CommandError
from notebook_agent.ids import Json
from notebook_agent.view.values import Limits, state_wire

__all__ = ["restored"]

_WHOLE = Limits(text=2**53, total=2**53, items=2**53)
_MARK = re.compile(r"\[[a-z]+(?:-[a-z]+)*\]")


def restored(key: str, value: object, sent: Json) -> object:
    """Return what was sent in the place of a value of the state, with what is alike taken from the value.

    Raises:
        CommandError: A text was changed that holds a masked secret, or a mapping has two keys which
            are written alike.
    """
    wire, bare = _wire(key, value, _WHOLE), _wire(key, value, replace(_WHOLE, mask=lambda shown: shown))
    return _Sent(key, _marks(_plain(wire)) - _marks(_plain(bare))).restored(value, wire, sent)


def _wire(key: str, value: object, limits: Limits) -> Json:
    return _pairs(_items(state_wire({key: value}, limits)))[0][1]


def _marks(shown: Json) -> set[str]:
    return set(_MARK.findall(dumps(shown)))


class _Sent:
    """Goes through a value, what the page has of it, and what came back, side by side."""

    def __init__(self, key: str, hidden: set[str]) -> None:
        self._key = key
        self._hidden = hidden

    def restored(self, value: object, wire: Json, sent: Json) -> object:
        if _same(_plain(wire), sent):
            return value
        if isinstance(value, dict) and isinstance(sent, dict):
            return self._mapping(value, _items(wire), sent)
        if isinstance(value, list) and isinstance(sent, list):
            return self._list(value, _items(wire), sent)
        if isinstance(value, str) and isinstance(sent, str):
            return self._text(value, sent)
        return float(sent) if type(value) is float and type(sent) is int else self._new(sent)

    def _mapping(
        self, value: Mapping[object, object], items: Sequence[Json], sent: Mapping[str, Json]
    ) -> object:
        known = {str(shown[0]): (key, shown[1]) for key, shown in zip(value, _pairs(items), strict=True)}
        if len(known) < len(value):
            raise self._refused("has two keys that are written alike")
        made: dict[object, object] = {}
        for name, item in sent.items():
            if name in known:
                key, wire = known[name]
                made[key] = self.restored(value[key], wire, item)
            else:
                made[name] = self._new(item)
        return made

    def _list(self, value: Sequence[object], items: Sequence[Json], sent: Sequence[Json]) -> object:
        """Items are told by their place; where some were put in or taken out, by those before and behind."""
        if len(value) == len(sent):
            return [self.restored(*each) for each in zip(value, items, sent, strict=True)]
        alike = [_plain(each) for each in items]
        shorter = min(len(alike), len(sent))
        head = next((n for n in range(shorter) if not _same(alike[n], sent[n])), shorter)
        rest = shorter - head
        tail = next((n for n in range(rest) if not _same(alike[-1 - n], sent[-1 - n])), rest)
        middle = [self._new(each) for each in sent[head : len(sent) - tail]]
        return [*value[:head], *middle, *value[len(value) - tail :]]

    def _text(self, value: str, sent: str) -> object:
        ends = "\r\n" in value and "\r" not in sent  # a field for text knows one kind of line end
        return self._new(sent.replace("\n", "\r\n") if ends else sent)

    def _new(self, sent: Json) -> Json:
        if self._hidden & _marks(sent):
            raise self._refused("holds a secret, which is masked here")
        return sent

    def _refused(self, why: str) -> CommandError:
        return CommandError(
            f"{self._key} {why}: change it in a cell, %agent fork @K {self._key}:=..", key=self._key
        )


def _plain(wire: Json) -> Json:
    """Return a value as the page writes it for editing."""
    if not isinstance(wire, dict):
        return wire
    if wire["t"] == "list":
        return [_plain(each) for each in _items(wire)]
    return {str(key): _plain(item) for key, item in _pairs(_items(wire))} if wire["t"] == "dict" else None


def _items(wire: Json) -> list[Json]:
    return cast("dict[str, list[Json]]", wire)["items"]


def _pairs(items: Sequence[Json]) -> list[tuple[Json, Json]]:
    return [(each[0], each[1]) for each in cast("Sequence[list[Json]]", items)]


def _same(shown: Json, sent: Json) -> bool:
    """Compare as a page does, which has one kind of number."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        return shown.keys() == sent.keys() and all(_same(shown[key], sent[key]) for key in shown)
    if isinstance(shown, list) and isinstance(sent, list):
        return len(shown) == len(sent) and all(map(_same, shown, sent))
    if isinstance(shown, bool) or isinstance(sent, bool):
        return shown is sent
    return type(shown) in {int, float, str, type(None)} and shown == sent
