"""Writing nodes: equal content once, small nodes gathered into packs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from notebook_agent.store.nodes import PACK, SMALL, Form, NodeReader, encoded, raw_body, row_of
from notebook_agent.store.packs import Member, pack

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Keeper", "digest_of"]

_FULL: Final = 1 << 16
"""Bytes of small nodes that make a pack."""
_MOST_KNOWN: Final = 1 << 15

_LAST_PACK: Final = "SELECT id FROM node WHERE form = 6 ORDER BY id DESC LIMIT 1"
_SINCE: Final = """SELECT id, form, CASE WHEN length(body) <= ? THEN body END FROM node
WHERE id > ? AND form IN (0, 2, 4) ORDER BY id"""
_INSERT: Final = "INSERT INTO node (id, form, body) VALUES (?, ?, ?)"
_DELETE: Final = "DELETE FROM node WHERE id IN (SELECT value FROM json_each(?))"
_FIND: Final = "SELECT node FROM digest WHERE hash = ?"
_NOTE: Final = "INSERT OR IGNORE INTO digest (hash, node) VALUES (?, ?)"

_Key = tuple[int, bytes]


def digest_of(raw: bytes) -> int:
    """What equal content is found by in the file; a node that it finds is still to be compared."""
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "little", signed=True)


class Keeper:
    """What one process knows of the nodes of a file at one age. Used within transactions, by one at a time.

    Numbers are given out here, which the file's lock allows, and rows are written together
    at the end of a transaction by `flush`; `settle` it after the commit, `reset` it after a rollback.

    Attributes:
        age: How often something was removed from the file before; numbers count in one age only.
        newest: The highest number in the file, as the transaction found it.
        added: How many nodes were new, for telling whether one was since.
    """

    def __init__(self, age: int) -> None:
        self.age = age
        self.newest = 0
        self.added = 0
        self.reset()

    def reset(self) -> None:
        """Know nothing."""
        self._newest = -1
        self._weight = 0
        self._loose: dict[int, Member] = {}
        self._digests: dict[int, int] = {}
        self._known: dict[_Key, int] = {}
        self._older: dict[_Key, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._caught_up = False
        self._reader: NodeReader | None = None
        self._fresh: dict[_Key, int] = {}
        self._rows: list[Member] = []
        self._notes: list[tuple[int, int]] = []

    def put(self, connection: Connection, form: Form, body: str | bytes, *, new: bool = False) -> int:
        """Keep a body and return its number, which is the old one where equal content is there.

        Args:
            connection: Within a transaction.
            form: What the body is.
            body: The body.
            new: There can be no equal one, since this one points to another new node.
        """
        raw = encoded(body)
        key = form, blake2b(raw, digest_size=16).digest()
        number = self._known.get(key) or self._older.get(key) or self._fresh.get(key)
        if number is not None:
            return number
        if not self._caught_up:
            self._catch_up(connection)
        digest = digest_of(raw)
        number = None if new else self._fresh.get(key) or self._find(connection, form, digest, raw)
        if number is None:
            number = self._append(form, raw)
            if number in self._loose:
                self._digests[number] = digest
            else:
                self._notes.append((digest, number))
        self._fresh[key] = number
        return number

    def add(self, connection: Connection, form: Form, body: str) -> int:
        """Keep a body that nothing else can be expected to equal; it is not looked for, nor found later."""
        if not self._caught_up:
            self._catch_up(connection)
        return self._append(form, encoded(body))

    def flush(self, connection: Connection) -> None:
        """Write what was kept, before the transaction ends."""
        if self._weight >= _FULL:
            self._pack(connection)
        if self._rows:
            rows = [(number, *row_of(form, raw)) for number, form, raw in self._rows]
            connection.executemany(_INSERT, rows)
            self._rows = []
        if self._notes:
            connection.executemany(_NOTE, sorted(self._notes))
            self._notes = []

    def settle(self) -> None:
        """The transaction was committed."""
        self._known.update(self._fresh)
        if len(self._known) > _MOST_KNOWN:
            self._known, self._older = {}, self._known
        self._clear()

    def _append(self, form: Form, raw: bytes) -> int:
        self.added += 1
        self._newest += 1
        member = self._newest, form, raw
        self._rows.append(member)
        if len(raw) <= SMALL:
            self._loose[self._newest] = member
            self._weight += len(raw)
        return self._newest

    def _find(self, connection: Connection, form: Form, digest: int, raw: bytes) -> int | None:
        for (number,) in connection.execute(_FIND, (digest,)):
            reader = self._reader = self._reader or NodeReader(connection)
            reader.hold([number])
            found = reader.find(number)
            if found is not None and found[0] == form and encoded(found[1]) == raw:
                return int(number)
        return None

    def _catch_up(self, connection: Connection) -> None:
        """Take in what other processes wrote since the last transaction here."""
        self._caught_up = True
        if self.newest == self._newest:
            return
        self._newest = self.newest
        last = connection.execute(_LAST_PACK).fetchone()
        loose: dict[int, Member] = {}
        for number, form, body in connection.execute(_SINCE, (SMALL, last[0] if last else 0)):
            raw = b"" if body is None else raw_body(form, body)
            if body is not None and len(raw) <= SMALL:
                loose[number] = number, form, raw
                self._note_loose(number, form, raw)
        self._keep_loose(loose)
        self._digests = {number: digest for number, digest in self._digests.items() if number in loose}

    def _keep_loose(self, loose: dict[int, Member]) -> None:
        self._loose = loose
        self._weight = sum(len(raw) for _, __, raw in loose.values())

    def _note_loose(self, number: int, form: int, raw: bytes) -> None:
        if number not in self._loose:
            self._digests[number] = digest_of(raw)
            self._fresh[form, blake2b(raw, digest_size=16).digest()] = number

    def _pack(self, connection: Connection) -> None:
        """Make packs of all small nodes but the newest few."""
        fresh = {number for number, _, __ in self._rows}
        done: set[int] = set()
        packs: list[tuple[int, int, bytes]] = []
        for members in _groups(self._loose.values()):
            packs.append((members[-1][0], PACK, pack(members)))
            done.update(number for number, _, __ in members)
        written = ",".join(map(str, sorted(done - fresh)))
        connection.execute(_DELETE, (f"[{written}]",))
        connection.executemany(_INSERT, packs)
        self._rows = [row for row in self._rows if row[0] not in done]
        self._notes += [(self._digests.pop(number), number) for number in done if number in self._digests]
        self._keep_loose({number: each for number, each in self._loose.items() if number not in done})


def _groups(members: Iterable[Member]) -> Iterator[list[Member]]:
    group: list[Member] = []
    weight = 0
    for member in members:
        group.append(member)
        weight += len(member[2])
        if weight >= _FULL:
            yield group
            group, weight = [], 0
