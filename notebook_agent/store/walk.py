"""Which nodes a stored value is made of, for what looks at a whole store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.store.codec.lists import sums
from notebook_agent.store.nodes import JSON, get_nodes

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["NODES", "TEXTS", "children", "drop", "fields", "links", "nodes", "pointers", "reachable", "sizes"]

NODES: Final = {"run": ("graph",), "step": ("call", "source"), "call": ("body",)}
"""By table, the columns that hold the number of a node, or NULL."""
TEXTS: Final = {
    "run": ("state", "edit_state"),
    "step": ("state", "decision", "next", "failure", "inputs", "result"),
    "call": ("request",),
    "span": ("events",),
}
"""By table, the columns that hold JSON with pointers to nodes, or NULL."""

_AT_ONCE: Final = 1000
_ALL: Final = "SELECT id FROM node"
_SIZES: Final = """SELECT id, length(CAST(body AS BLOB)) FROM node
WHERE id IN (SELECT value FROM json_each(?))"""
_DROP: Final = "DELETE FROM node WHERE id = ?"
_BAD = (TypeError, ValueError, KeyError, RecursionError)


def pointers(text: str) -> set[int]:
    """Numbers of the nodes that JSON of a column or a node points to.

    Raises:
        StoreFormatError: it is no JSON that a store writes.
    """
    found: set[int] = set()
    if '"$"' not in text:
        return found

    def note(value: dict[str, object]) -> None:
        found.update(_named(value))

    try:
        json.loads(text, object_hook=note)
    except _BAD as error:
        raise StoreFormatError(f"The store is damaged: a value cannot be read ({error}).") from error
    return found


def children(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """Numbers of all nodes that these nodes point to; nodes that are missing point nowhere."""
    bodies = get_nodes(connection, numbers).values()
    return set().union(*(pointers(cast("str", body)) for form, body in bodies if form == JSON))


def links(connection: Connection) -> dict[int, set[int]]:
    """All nodes of the file with those that each points to."""
    found: dict[int, set[int]] = {}
    for part in _parts(nodes(connection)):
        for number, (form, body) in get_nodes(connection, part).items():
            found[number] = pointers(cast("str", body)) if form == JSON else set()
    return found


def fields(connection: Connection, text: str) -> dict[str, str]:
    """The state of a column, each key with the JSON that stands for its value.

    Raises:
        StoreFormatError: it is no state.
    """
    try:
        found = json.loads(text)
        if isinstance(found.get("$"), int):
            found = json.loads(get_nodes(connection, [found["$"]])[found["$"]][1])
        if found.get("$") == "dict":
            found = dict(found["v"])
        return {key: json.dumps(value, separators=(",", ":")) for key, value in found.items()}
    except (*_BAD, AttributeError) as error:
        raise StoreFormatError(f"The store is damaged: a state cannot be read ({error}).") from error


def reachable(connection: Connection, numbers: Iterable[int]) -> set[int]:
    """These nodes and all that are behind them."""
    seen: set[int] = set()
    left = set(numbers)
    while left:
        seen |= left
        left = set().union(*(children(connection, part) for part in _parts(left))) - seen
    return seen


def nodes(connection: Connection) -> set[int]:
    """Numbers of all nodes that the file holds, whether anything points to them or not."""
    return {number for (number,) in connection.execute(_ALL)}


def sizes(connection: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """Bytes that each of these nodes takes in the file, compressed as it is; missing ones are left out."""
    return dict(connection.execute(_SIZES, (json.dumps(list(numbers)),)))


def drop(connection: Connection, numbers: Iterable[int]) -> None:
    """Remove nodes that nothing points to, within a transaction."""
    connection.executemany(_DROP, [(number,) for number in numbers])


def _parts(numbers: set[int]) -> Iterator[list[int]]:
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def _named(value: dict[str, object]) -> Iterable[int]:
    tag = value.get("$")
    if isinstance(tag, int):
        return (tag,)
    if tag == "at":
        return _summed(value["v"])
    if tag == "mix":
        return _summed([step for step in cast("list[object]", value["v"]) if not isinstance(step, list)])
    if tag == "list":
        return _summed(value.get("r", [])) + _summed(value.get("c", []))
    return ()


def _summed(steps: object) -> list[int]:
    if not isinstance(steps, list) or not all(isinstance(step, int) for step in steps):
        raise TypeError("numbers of nodes were expected")
    return sums(steps)
