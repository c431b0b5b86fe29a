"""Paths followed through nodes: what stands at one, without reading the values beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from notebook_agent.store.codec.lists import CHUNK, RUN, sums
from notebook_agent.store.nodes import JSON, NodeReader
from notebook_agent.store.told import Plain

__all__ = ["Spot", "Tracer", "pointer"]

_LIST: Final = re.compile(
    r'\{"\$":"list","n":(\d{1,18})(?:,"r":\[([\d,-]*)\])?(?:,"c":\[([\d,-]*)\])?,"v":(.*)\}', re.DOTALL
)
_TAGGED: Final = '{"$":'
_NOTHING: Final[list[int]] = []
_decode: Final = json.JSONDecoder().raw_decode
_HEAD: Final = '{"$":"list","n":'
_AFTER: Final = frozenset(",]")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where following a path came to.

    Attributes:
        item: The JSON that stands there, or for a node of its own what points to it.
        path: The path to it, its negative indexes counted from the front; shorter than what was
            asked where the rest is within a value that only its codec can open.
    """

    item: object
    path: tuple[object, ...]

    @property
    def mark(self) -> Hashable:
        """What tells the value from others: equal marks stand for equal values."""
        return _mark(self.item, len(self.path))


class Tracer:
    """Follows paths within one snapshot of the file; what several share is looked at once."""

    def __init__(self, reader: NodeReader) -> None:
        self._reader = reader
        self._ways: dict[tuple[int, tuple[object, ...], int], Spot | None] = {}
        self._rows: dict[int, Sequence[object]] = {}
        self._numbers: dict[str, list[int]] = {}
        self._begins: dict[tuple[object, tuple[object, ...]], str] = {}

    def marks(self, states: Sequence[str | int], path: tuple[object, ...]) -> Sequence[Hashable]:
        """What tells the values at a path of each of these states apart; None for nothing there.

        States are given as their columns, or as the number of the node that stands at the path's first key.
        """
        texts = [state for state in states if isinstance(state, str)]
        if not path:
            return self.wholes(texts)
        found: list[Hashable] = []
        if len(path) == 1:
            for state in self.states(texts):
                before = found[-1] if found else None
                found.append(_mark_in(state, path[0], before))
            return found
        last, mark = None, None
        for spot in self._spots(states, texts, path):
            if spot is not last:
                last, mark = spot, None if spot is None else spot.mark
            found.append(mark)
        return found

    def spots(self, texts: Sequence[str], path: tuple[object, ...]) -> list[Spot | None]:
        """What stands at a path of each of these states, given as their columns; None for nothing."""
        states = self.states(texts)
        if len(path) > 1:
            self.hold(_field(state, path[0]) for state in states)
        return [self._below(state, path, 0) for state in states]

    def _spots(
        self, states: Sequence[str | int], texts: Sequence[str], path: tuple[object, ...]
    ) -> Iterator[Spot | None]:
        """The same, with states of which only the node at the first key is known.

        Most versions of a list begin as the one before, up to the row of the path, and have the same there.
        """
        bodies = self._reader.texts([number for number in states if isinstance(number, int)])
        others, skip = iter(self.spots(texts, path)), len(_HEAD)
        begins, spot = "", None
        for state in states:
            if begins and isinstance(state, int):
                text = bodies.get(state, "")
                at = text.find(",", skip)
                end = at + len(begins)
                if text.startswith(begins, at) and text[end : end + 1] in _AFTER and text.startswith(_HEAD):
                    yield spot
                    continue
            spot = self._in_node(state, path, 1) if isinstance(state, int) else next(others)
            begins = self._begins.get((state, path), "")
            yield spot

    def wholes(self, texts: Sequence[str]) -> list[str]:
        """What tells whole states apart; long lists by their stretches, which those of several runs share."""
        states = self.states(texts)
        self.hold(item for state in states if isinstance(state, dict) for item in state.values())
        return [json.dumps(self._unfolded(state)) for state in states]

    def _unfolded(self, state: object) -> object:
        if not isinstance(state, dict) or "$" in state:
            return state
        return {key: self._stretches(item) for key, item in state.items()}

    def _stretches(self, item: object) -> object:
        number = pointer(item)
        return item if number is None or self.size(number) is None else {"$": self._text(number)}

    def states(self, texts: Sequence[str]) -> list[object]:
        """These states as JSON: short values, and what points to long ones."""
        states: list[object] = [_read(text) for text in texts]
        if not any(text.startswith(_TAGGED) for text in texts):
            return states
        self.hold(states)
        return [self._root(state) for state in states]

    def size(self, number: int) -> int | None:
        """How many items a node has that is a long list; None for another."""
        form, body = self._reader.get(number)
        found = _LIST.fullmatch(body) if form == JSON and isinstance(body, str) else None
        return None if found is None else int(found[1])

    def stretches(self, number: int) -> tuple[list[int], str]:
        """The numbers of the rows of a node that is a long list, and the JSON of the items after them."""
        found = cast("re.Match[str]", _LIST.fullmatch(self._text(number)))
        return [*self._listed(found[2]), *self._listed(found[3])], found[4]

    def item(self, number: int, place: int) -> Spot | None:
        """An item of a node that is a list; None where it has none there."""
        return self._in_node(number, (place,), 0)

    def hold(self, items: Iterable[object]) -> None:
        """Have the nodes at hand that some of these point to."""
        self._reader.hold(_pointers(items))

    def _root(self, state: object) -> object:
        number = pointer(state)
        return state if number is None else _read(self._text(number))

    def _text(self, number: int) -> str:
        return cast("str", self._reader.get(number)[1])

    def _below(self, item: object, path: tuple[object, ...], depth: int) -> Spot | None:
        if depth == len(path):
            return Spot(item, path)
        number = pointer(item)
        return self._within(item, path, depth) if number is None else self._in_node(number, path, depth)

    def _in_node(self, number: int, path: tuple[object, ...], depth: int) -> Spot | None:
        way = number, path, depth
        if way not in self._ways:
            form, body = self._reader.get(number)
            text = body if form == JSON and isinstance(body, str) else "null"
            found = _LIST.fullmatch(text)
            if found is not None:
                self._ways[way] = self._in_list(number, found, path, depth)
            elif form == JSON and not text.startswith(_TAGGED):
                self._ways[way] = self._within(_read(text), path, depth)
            else:
                self._ways[way] = Spot({"$": number}, path[:depth])
        return self._ways[way]

    def _within(self, item: object, path: tuple[object, ...], depth: int) -> Spot | None:
        part = path[depth]
        if isinstance(item, dict) and "$" not in item:
            return self._below(item[part], path, depth + 1) if part in item else None
        if isinstance(item, list):
            return self._at(item, len(item), path, depth)
        return Spot(item, path[:depth])

    def _in_list(
        self, number: int, found: re.Match[str], path: tuple[object, ...], depth: int
    ) -> Spot | None:
        size, place = int(found[1]), path[depth]
        if not isinstance(place, int) or not -size <= place < size:
            return None
        place, rest = place % size, 0
        for group, length in ((2, RUN), (3, CHUNK)):
            numbers = self._listed(found[group])
            if place < len(numbers) * length:
                row, at = divmod(place, length)
                spot = self._in_row(numbers[row], at, _placed(path, depth, size), depth)
                if depth == 1 and path[depth] == place + rest:
                    self._begins[number, path] = _beginning(found, group, row)
                return spot
            place -= len(numbers) * length
            rest += len(numbers) * length
        return self._below(_items(_read(found[4]))[place], _placed(path, depth, size), depth + 1)

    def _in_row(self, number: int, place: int, path: tuple[object, ...], depth: int) -> Spot | None:
        way = number, path, depth
        if way not in self._ways:
            self._ways[way] = self._below(self._row(number)[place], path, depth + 1)
        return self._ways[way]

    def _at(self, items: list[object], size: int, path: tuple[object, ...], depth: int) -> Spot | None:
        place = path[depth]
        if not isinstance(place, int) or not -size <= place < size:
            return None
        return self._below(items[place], _placed(path, depth, size), depth + 1)

    def _listed(self, text: str | None) -> list[int]:
        if not text:
            return _NOTHING
        if text not in self._numbers:
            self._numbers[text] = sums(map(int, text.split(",")))
        return self._numbers[text]

    def _row(self, number: int) -> Sequence[object]:
        if number not in self._rows:
            self._rows[number] = _items(cast("dict[str, object]", _read(self._text(number)))["v"])
        return self._rows[number]


def pointer(item: object) -> int | None:
    """The number of the node that an item stands for; None for one that stands for itself."""
    if type(item) is not dict or len(item) != 1:
        return None
    number = item.get("$")
    return number if type(number) is int else None


def _read(text: str) -> object:
    return _decode(text)[0]


def _beginning(found: re.Match[str], group: int, row: int) -> str:
    """What a list's text says between its length and the end of a row's number."""
    listed = ",".join(found[group].split(",", row + 1)[: row + 1])
    return found[0][found.end(1) : found.start(group) + len(listed)]


def _mark_in(state: object, key: object, before: Hashable) -> Hashable:
    """The mark of a state's key; the one before it where that is the same."""
    if not isinstance(state, dict) or "$" in state:
        return _mark(state, 0)
    if key not in state:
        return None
    item = state[key]
    if type(before) is Plain and before.value == item and before.kind == type(item).__name__:
        return before
    return _mark(item, 1)


def _mark(item: object, depth: int) -> Hashable:
    if not isinstance(item, dict | list):
        return Plain(type(item).__name__, depth, item)
    number = pointer(item)
    return type(item).__name__, depth, json.dumps(item) if number is None else number


def _pointers(items: Iterable[object]) -> list[int]:
    return [number for number in map(pointer, items) if number is not None]


def _field(state: object, key: object) -> object:
    return state.get(key) if isinstance(state, dict) else None


def _placed(path: tuple[object, ...], depth: int, size: int) -> tuple[object, ...]:
    place = path[depth]
    if isinstance(place, int) and place < 0:
        return (*path[:depth], place + size, *path[depth + 1 :])
    return path


def _items(row: object) -> Sequence[object]:
    """The items of a row, each as JSON; see `lists.row`."""
    if isinstance(row, list):
        return row
    found = cast("dict[str, object]", row)
    steps, last = cast("list[int | list[object]]", found["v"]), 0
    items: list[object] = []
    for step in steps:
        if isinstance(step, list):
            items.append(step[0])
        else:
            last += step
            items.append({"$": last})
    return items
