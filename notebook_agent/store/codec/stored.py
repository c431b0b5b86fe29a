"""What is said of a value between writing it once and writing it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from notebook_agent.state import FrozenDict, FrozenList
from notebook_agent.store.codec.lists import Item, Spine

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["File", "Frozen", "Mark", "NoCodecError", "Rooted", "Stored", "mark_of", "reference"]

Frozen = FrozenDict[object, object] | FrozenList[object]
Rooted = dict[str, tuple[object, str]]
"""By key, a value of a state and its field of the JSON, for use again where the value is the same object."""


Mark = tuple[object, int]
"""What a frozen dict remembers: whose node it is, and its number."""


class File(Protocol):
    """Where nodes are written: a transaction."""

    @property
    def connection(self) -> Connection:
        """To execute on."""
        ...


class NoCodecError(Exception):
    """This value cannot be stored.

    Attributes:
        value: The value.
        endless: It is only nested too deeply.
        failure: What its codec raised, where it has one.
    """

    def __init__(self, value: object, *, endless: bool = False, failure: Exception | None = None) -> None:
        super().__init__(type(value))
        self.value = value
        self.endless = endless
        self.failure = failure


@dataclass(slots=True)
class Stored:
    """What a frozen list remembers: its node in one store, and how to write a longer one.

    `body` is what it was read from, where that is a long list.
    """

    owner: object
    number: int
    spine: Spine | None = None
    body: str | None = None


def mark_of(value: object) -> Mark | None:
    """Whose node a frozen container is known to be, and its number."""
    memo = getattr(value, "memo", None)
    if isinstance(memo, Stored):
        return memo.owner, memo.number
    return memo if isinstance(memo, tuple) else None


def reference(item: Item) -> str:
    """An item as JSON."""
    return item if isinstance(item, str) else f'{{"$":{item}}}'
