"""Which key of which run takes how much of the file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from notebook_agent.ids import RunKey
from notebook_agent.store import walk
from notebook_agent.store.protocol import RunSize

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["list_sizes"]

_RUNS: Final = "SELECT id, project, app_id, partition_key, deleted_at FROM run WHERE id > 0"
_PARTS: Final = (
    ("code", "SELECT id, graph, NULL FROM run"),
    ("code", "SELECT id >> 32, source, NULL FROM step"),
    ("inputs", "SELECT id >> 32, call, inputs FROM step"),
    ("results", "SELECT id >> 32, NULL, result FROM step"),
    ("steps", "SELECT id >> 32, NULL, decision FROM step"),
    ("steps", "SELECT id >> 32, NULL, next FROM step"),
    ("steps", "SELECT id >> 32, NULL, failure FROM step"),
    ("steps", "SELECT step >> 32, NULL, events FROM span"),
    ("calls", "SELECT step >> 32, body, request FROM call WHERE step IS NOT NULL"),
)
"""Whose, a node, and JSON that may point to others: all but the states."""
_STATES: Final = (
    "SELECT id, state FROM run",
    "SELECT step >> 32, state FROM edit",
    "SELECT id >> 32, state FROM step",
)
_STATE: Final = "key "
"""Before the name of a key of the state, to tell it from the other parts."""


@dataclass(slots=True)
class _Part:
    """What one key, or one other part, of a run holds: bytes in the rows, and nodes.

    `alone` are nodes that count without those behind them.
    """

    inline: int = 0
    alone: set[int] = field(default_factory=set)
    roots: set[int] = field(default_factory=set)


_Parts = dict[str, _Part]


def list_sizes(connection: Connection, project: str | None) -> list[RunSize]:
    """See `Store.sizes`."""
    rows = connection.execute(_RUNS).fetchall()
    parts: dict[int, _Parts] = {row[0]: {} for row in rows}
    _collect(connection, parts)
    links = walk.links(connection)
    weights = walk.sizes(connection, links)
    reached = {
        run: {name: _closure(links, part.roots) | part.alone for name, part in held.items()}
        for run, held in parts.items()
    }
    holders = Counter(node for held in reached.values() for node in set().union(*held.values()))
    found = [
        _size(row, parts[row[0]], reached[row[0]], holders, weights)
        for row in rows
        if project is None or row[1] == project
    ]
    return sorted(found, key=lambda size: -size.bytes)


def _collect(connection: Connection, parts: Mapping[int, _Parts]) -> None:
    for name, sql in _PARTS:
        for run, node, text in connection.execute(sql):
            part = parts.get(run, {}).setdefault(name, _Part())
            if node is not None:
                part.roots.add(node)
            _add(part, text)
    for sql in _STATES:
        for run, text in connection.execute(sql):
            held = parts.get(run, {})
            held.setdefault("steps", _Part()).alone.update(_whole(text))
            for key, value in walk.fields(connection, text).items():
                _add(held.setdefault(_STATE + key, _Part()), value, counted=not _whole(text))


def _add(part: _Part, text: str | None, *, counted: bool = True) -> None:
    if text is not None:
        part.inline += len(text.encode("utf-8", "replace")) if counted else 0
        part.roots |= walk.pointers(text)


def _whole(text: str) -> set[int]:
    """The node that a column points to, where it holds nothing else."""
    return walk.pointers(text) if text.startswith('{"$":') and text[5:6].isdigit() else set()


def _closure(links: Mapping[int, set[int]], roots: Iterable[int]) -> set[int]:
    seen: set[int] = set()
    left = [number for number in roots if number in links]
    while left:
        number = left.pop()
        if number not in seen:
            seen.add(number)
            left.extend(links.get(number, ()))
    return seen


def _size(
    row: tuple[int, str, str, str | None, float | None],
    held: _Parts,
    reached: Mapping[str, set[int]],
    holders: Mapping[int, int],
    weights: Mapping[int, int],
) -> RunSize:
    within = Counter(node for nodes in reached.values() for node in nodes)
    shares = {
        name: part.inline + sum(weights.get(node, 0) / holders[node] / within[node] for node in reached[name])
        for name, part in held.items()
    }
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    keys = {name.removeprefix(_STATE): round(share) for name, share in ordered if name.startswith(_STATE)}
    rest = {name: round(share) for name, share in ordered if not name.startswith(_STATE) and round(share)}
    own = sum(part.inline for part in held.values())
    own += sum(weights.get(node, 0) for node in within if holders[node] == 1)
    key = RunKey(row[1], row[2], row[3])
    return RunSize(key, round(sum(shares.values())), own, keys, rest, hidden=row[4] is not None)
