"""Immutable bodies kept once each: written by content, read by number."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, Literal

from notebook_agent.errors import StoreFormatError

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["BYTES", "JSON", "TEXT", "Form", "Node", "add_node", "get_node", "get_nodes", "put_node"]

Form = Literal[0, 2, 4]
JSON: Final = 0
TEXT: Final = 2
BYTES: Final = 4
_PACKED = 1

Node = tuple[int, str | bytes]
"""A form and the body: text for JSON and TEXT, bytes for BYTES."""

_PACK_FROM = 400
"""Shorter bodies are not worth the time to compress them."""
_SMALL = 1 << 12
_SAMPLE = 1 << 16
_LARGEST = 1 << 30

_FIND = "SELECT id, form, body FROM node WHERE hash = ?"
_INSERT = "INSERT INTO node (hash, form, body) VALUES (?, ?, ?)"
_GET = "SELECT form, body FROM node WHERE id = ?"
_GET_ALL = "SELECT id, form, body FROM node WHERE id IN (SELECT value FROM json_each(?))"


def put_node(connection: Connection, form: Form, body: str | bytes) -> int:
    """Keep a body and return its number, which is the old one where equal content is there."""
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    digest = int.from_bytes(blake2b(raw, digest_size=8).digest(), "little", signed=True)
    for number, found_form, found in connection.execute(_FIND, (digest,)):
        if found_form & ~_PACKED == form and _raw(found_form, found) == raw:
            return int(number)
    return _insert(connection, digest, form, raw)


def add_node(connection: Connection, form: Form, body: str) -> int:
    """Keep a body that nothing else can be expected to equal; it is not looked for, nor found later."""
    return _insert(connection, None, form, body.encode("utf-8", "surrogatepass"))


def get_node(connection: Connection, number: int) -> Node:
    """The form and body of one node."""
    row = connection.execute(_GET, (number,)).fetchone()
    if row is None:
        raise StoreFormatError(f"The store is damaged: node {number} is missing.")
    return unpack(*row)


def get_nodes(connection: Connection, numbers: Iterable[int]) -> dict[int, Node]:
    """Several nodes at once; those that are missing are left out."""
    asked = "[" + ",".join(map(str, numbers)) + "]"
    return {number: unpack(form, body) for number, form, body in connection.execute(_GET_ALL, (asked,))}


def unpack(form: object, body: object) -> Node:
    """The body of a row of the table, checked."""
    if not isinstance(form, int) or not 0 <= form <= BYTES + _PACKED or not isinstance(body, str | bytes):
        raise StoreFormatError("The store is damaged: a node has an unknown form.")
    kind = form & ~_PACKED
    if isinstance(body, str):
        return kind, body
    raw = _inflate(body) if form & _PACKED else body
    if kind == BYTES:
        return kind, raw
    try:
        return kind, raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise StoreFormatError("The store is damaged: a node holds text that is not UTF-8.") from error


def _insert(connection: Connection, digest: int | None, form: Form, raw: bytes) -> int:
    packed = _pack(raw)
    body = raw if form == BYTES else _readable(raw)
    row = (digest, form, body) if packed is None else (digest, form | _PACKED, packed)
    number = connection.execute(_INSERT, row).lastrowid
    assert number is not None
    return number


def _raw(form: int, body: str | bytes) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return _inflate(body) if form & _PACKED else body


def _readable(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _pack(raw: bytes) -> bytes | None:
    size = len(raw)
    if size < _PACK_FROM:
        return None
    if size > _SAMPLE and not _pays(zlib.compress(raw[:_SAMPLE], 1), _SAMPLE):
        return None
    packed = _deflate(raw) if size <= _SMALL else zlib.compress(raw, 6 if size <= _SAMPLE else 1)
    return packed if _pays(packed, size) else None


def _deflate(raw: bytes) -> bytes:
    """With a small window, which is four times as fast to set up as zlib's usual one."""
    stream = zlib.compressobj(6, zlib.DEFLATED, 12)
    return stream.compress(raw) + stream.flush()


def _pays(packed: bytes, size: int) -> bool:
    return len(packed) < 0.85 * size


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompress(body) if len(body) < _SAMPLE else _bounded(body)
    except zlib.error as error:
        raise StoreFormatError(f"The store is damaged: a node does not unpack ({error}).") from error


def _bounded(body: bytes) -> bytes:
    """What could be huge: at most a thousand times its size is what zlib can give."""
    stream = zlib.decompressobj()
    raw = stream.decompress(body, _LARGEST)
    if not stream.eof:
        raise StoreFormatError("The store is damaged: a node is cut short or larger than 1 GB.")
    return raw
