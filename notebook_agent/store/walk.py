"""Which nodes a stored value is made of, for what looks at a whole store."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, cast

from notebook_agent.errors import StoreFormatError
from notebook_agent.store.codec.lists import sums
from notebook_agent.store.keeper import digest_of
from notebook_agent.store.nodes import JSON, Node, NodeReader, raw_body
from notebook_agent.store.packs import Member, pack, unpack

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["NODES", "TEXTS", "children", "drop", "fields", "links", "nodes", "pointers", "reachable", "sizes"]

NODES: Final = {"run": ("graph",), "step": ("call", "source"), "call": ("body",)}
"""By table, the columns that hold the number of a node, or NULL."""
TEXTS: Final = {
    "run": ("state",),
    "edit": ("state",),
    "step": ("state", "decision", "next", "failure", "inputs", "result"),
    "call": ("request",),
    "span": ("events",),
}
"""By table, the columns that hold JSON with pointers to nodes, or NULL."""

_AT_ONCE: Final = 1000
_ALL: Final = "SELECT id, CASE form WHEN 6 THEN body END FROM node"
_SIZES: Final = """SELECT id, length(CAST(body AS BLOB)), CASE form WHEN 6 THEN body END FROM node"""
_PACKS: Final = "SELECT id, body FROM node WHERE form = 6"
_ROWS: Final = """SELECT id, form, body FROM node
WHERE form <> 6 AND id IN (SELECT value FROM json_each(?))"""
_REPACK: Final = "UPDATE node SET body = ? WHERE id = ?"
_DROP: Final = "DELETE FROM node WHERE id = ?"
_UNNOTE: Final = "DELETE FROM digest WHERE hash = ? AND node = ?"
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
    found: set[int] = set()
    for part in _parts(numbers):
        for _, (form, body) in _bodies(connection, part):
            if form == JSON:
                found |= pointers(cast("str", body))
    return found


def _bodies(connection: Connection, numbers: Sequence[int]) -> Iterator[tuple[int, Node]]:
    reader = NodeReader(connection)
    reader.hold(numbers)
    found = ((number, reader.find(number)) for number in numbers)
    return ((number, node) for number, node in found if node is not None)


def links(connection: Connection) -> dict[int, set[int]]:
    """All nodes of the file with those that each points to."""
    found: dict[int, set[int]] = {}
    for part in _parts(nodes(connection)):
        for number, (form, body) in _bodies(connection, part):
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
            found = json.loads(NodeReader(connection).get(found["$"])[1])
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
        left = children(connection, left) - seen
    return seen


def nodes(connection: Connection) -> set[int]:
    """Numbers of all nodes that the file holds, whether anything points to them or not."""
    found: set[int] = set()
    for number, body in connection.execute(_ALL):
        found.update([number] if body is None else (member for member, _, __ in unpack(body)))
    return found


def sizes(connection: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """Bytes that each of these nodes takes in the file, compressed as it is; missing ones are left out.

    A node that stands in a pack takes its share of it.
    """
    asked = set(numbers)
    found: dict[int, int] = {}
    for number, size, body in connection.execute(_SIZES):
        found.update([(number, size)] if body is None else _shares(size, unpack(body)))
    return {number: size for number, size in found.items() if number in asked}


def drop(connection: Connection, numbers: Iterable[int]) -> None:
    """Remove nodes that nothing points to, within a transaction; packs are made anew without them."""
    dead = set(numbers)
    for number, body in connection.execute(_PACKS).fetchall():
        members = unpack(body)
        left = [member for member in members if member[0] not in dead]
        if len(left) < len(members):
            _forget(connection, [member for member in members if member[0] in dead])
            connection.execute(_REPACK, (pack(left) if left else "", number))
    for part in _parts(dead):
        rows = connection.execute(_ROWS, (json.dumps(part),)).fetchall()
        _forget(connection, [(number, form, raw_body(form, body)) for number, form, body in rows])
        connection.executemany(_DROP, [(number,) for number, _, __ in rows])


def _shares(size: int, members: Sequence[Member]) -> Iterator[tuple[int, int]]:
    """What each member of a pack takes of its size; together they take all of it."""
    whole = sum(len(raw) + 1 for _, __, raw in members)
    seen = 0
    for number, _, raw in members:
        before, seen = seen, seen + len(raw) + 1
        yield number, size * seen // whole - size * before // whole


def _forget(connection: Connection, members: Iterable[Member]) -> None:
    connection.executemany(_UNNOTE, [(digest_of(raw), number) for number, _, raw in members])


def _parts(numbers: Iterable[int]) -> Iterator[list[int]]:
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
