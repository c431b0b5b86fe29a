"""Some keys of many states, with long lists that are read only where they are looked at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from notebook_agent.errors import StoreError
from notebook_agent.state import State
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.tails import Tails
from notebook_agent.store.codec.trace import Tracer, pointer
from notebook_agent.store.core import Core
from notebook_agent.store.nodes import NodeReader
from notebook_agent.store.transaction import age_of

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["LongList", "glances"]


def glances(
    core: Core, connection: Connection, texts: Sequence[str], keys: Collection[str], counted: Collection[str]
) -> list[State | None]:
    """These keys of several states, given as their columns; None for a state that lacks one.

    Long lists at the keys in `counted` come as `LongList`. What is written alike next to each
    other comes as one object.
    """
    reader = NodeReader(connection)
    tracer, decoder = Tracer(reader), core.state_decoder(connection, reader)
    look = _Look(core, tracer, decoder, Tails(decoder), age_of(connection))
    fields = [_fields(state, keys) for state in tracer.states(texts)]
    tracer.hold(each[key] for each in fields if each is not None for key in counted)
    found: list[State | None] = []
    written = ""
    for each in fields:
        before, written = written, repr(each)
        found.append(found[-1] if before == written else _state(look, each, counted))
    return found


class LongList:
    """A long list of a state, which is counted without being read.

    Its items are read one by one, or in the stretches that it shares with other versions.
    """

    __slots__ = ("_look", "_number", "_size")

    def __init__(self, look: _Look, number: int, size: int) -> None:
        self._look = look
        self._number = number
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: int) -> object:
        return self._look.item(self._number, place)

    def __iter__(self) -> Iterator[object]:
        return chain.from_iterable(stretch for stretch, _ in self.stretches())

    def stretches(self) -> Iterable[tuple[Sequence[object], bool]]:
        """Give the items in stretches, each with whether other versions may have the very same one."""
        return self._look.stretches(self._number)


@dataclass(frozen=True, slots=True)
class _Look:
    """Reads on after the question that the lists came from."""

    core: Core
    tracer: Tracer
    decoder: Decoder
    tails: Tails
    age: int

    def stretches(self, number: int) -> list[tuple[Sequence[object], bool]]:
        with self.core.database.read() as connection:
            self._check(connection)
            numbers, tail = self.tracer.stretches(number)
            rows = [(row, True) for row in self.decoder.rows(numbers)]
            return [*rows, (self.tails.read(tail), False)]

    def item(self, number: int, place: int) -> object:
        with self.core.database.read() as connection:
            self._check(connection)
            spot = self.tracer.item(number, place)
            if spot is not None:
                return self.decoder.item(spot.item)
        raise IndexError("list index out of range")

    def _check(self, connection: Connection) -> None:
        if age_of(connection) != self.age:
            raise StoreError(f"Runs were removed from {self.core.location} meanwhile. Ask again.")

    def value(self, item: object, *, counted: bool) -> object:
        number = pointer(item) if counted else None
        size = None if number is None else self.tracer.size(number)
        if number is None or size is None:
            return self.decoder.item(item)
        return LongList(self, number, size)


def _fields(state: object, keys: Collection[str]) -> Mapping[str, object] | None:
    if not isinstance(state, dict) or "$" in state or not all(key in state for key in keys):
        return None
    return {key: state[key] for key in keys}


def _state(look: _Look, fields: Mapping[str, object] | None, counted: Collection[str]) -> State | None:
    if fields is None:
        return None
    return State({key: look.value(item, counted=key in counted) for key, item in fields.items()})
