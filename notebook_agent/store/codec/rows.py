"""Stretches of long lists that were read lately: the checkpoints of a run share nearly all of them."""

from __future__ import annotations

from typing import Final

from notebook_agent.store.codec.registry import generation
from notebook_agent.store.packs import Book
from notebook_agent.store.recent import Recent

__all__ = ["Row", "Rows"]

_BOOKS: Final = 32
_MOST: Final = 1 << 24
"""Bytes of the bodies whose values are remembered."""


class Row(list[object]):
    """The items of a chunk."""

    __slots__ = ()


class Rows:
    """Rows without mutable items, by the number of their chunk, while the file is of one age.

    The least lately used ones are forgotten where all of them would be too much.

    Attributes:
        shelf: Packs that were opened lately.
    """

    def __init__(self) -> None:
        self.shelf: Recent[int, Book] = Recent(_BOOKS)
        self._age: tuple[int, int] | None = None
        self._rows: dict[int, tuple[Row, int]] = {}
        self._weight = 0

    def at(self, age: int) -> Rows:
        """These, or none if the file was of another age before, or classes have been defined again since."""
        if (age, generation()) != self._age:
            self._age, self._rows, self._weight = (age, generation()), {}, 0
            self.shelf = Recent(_BOOKS)
        return self

    def get(self, number: int) -> Row | None:
        """A row, if it is remembered."""
        found = self._rows.pop(number, None)
        if found is None:
            return None
        self._rows[number] = found
        return found[0]

    def keep(self, number: int, row: Row, weight: int) -> None:
        """Remember a row, which was read from so many bytes."""
        if number in self._rows or weight > _MOST:
            return
        self._rows[number] = row, weight
        self._weight += weight
        while self._weight > _MOST:
            oldest = next(iter(self._rows))
            self._weight -= self._rows.pop(oldest)[1]
