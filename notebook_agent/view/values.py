"""Values of a state as the page draws them: bounded, of plain JSON, with secrets masked.

A long list keeps its *end*, since in an agent the newest items are looked for, and they
get the room first; a long mapping keeps its beginning. Within a state no key takes the room
that another needs: the small ones get theirs first.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from itertools import islice

from notebook_agent.history import Change, changes, last_key
from notebook_agent.ids import Json
from notebook_agent.redact import mask, mask_field, masker, repr_of, tells, trusted
from notebook_agent.view.escape import clip
from notebook_agent.view.images import image_in
from notebook_agent.view.wire import DiffWire, ValueWire

__all__ = ["Limits", "diff_wire", "state_wire", "visible"]

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LARGEST_INT = 2**53
_LEAST_TEXT = 80
_SHORTEST_SECRET = 8
_REMEMBERED = 2_000
_REPR = 2_000
_BYTES = 60
_MOST_CHANGES = 200
_SCALAR, _CONTAINER = 6, 24
"""What a number and the frame of a container take of the room, in characters."""
_SECRET = 256
"""A secret is seen whole where a text is cut, if it is no longer than this."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a value is shown.

    `text` characters of one string, `total` of all together, numbers included, `items` of one
    container, `depth` containers within each other. `mask` hides secrets in texts and mappings.
    """

    text: int = 8_000
    total: int = 40_000
    items: int = 120
    depth: int = 12
    mask: Callable[[object], object] = mask


def state_wire(value: object, limits: Limits | None = None) -> ValueWire:
    """Turn any value, or a whole state, into what the page draws of it."""
    writer = _Writer(_at_once(limits or Limits()))
    return writer.state(value) if isinstance(value, Mapping) else writer.wire(value)


def visible(text: str) -> str:
    """Write what would control a terminal, or turn the direction of writing, as an escape."""
    return _UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def diff_wire(
    before: Mapping[str, object], after: Mapping[str, object], limits: Limits | None = None
) -> list[DiffWire]:
    """List the paths that were added, changed or removed between two states, at most 200."""
    shown = _at_once(limits or Limits(text=4_000, total=40_000, items=50))
    return [_diff_entry(change, shown) for change in islice(changes(before, after), _MOST_CHANGES)]


def _at_once(limits: Limits) -> Limits:
    """Look for the environment's secrets once, where many texts are masked."""
    return replace(limits, mask=masker()) if limits.mask is mask else limits


def _diff_entry(change: Change, limits: Limits) -> DiffWire:
    entry = DiffWire(path=str(limits.mask(change.path)), kind=change.kind)
    key = last_key(change.path)
    if change.kind != "added":
        entry["before"] = state_wire(_under(key, change.before), limits)
    if change.kind != "removed":
        entry["after"] = state_wire(_under(key, change.after), limits)
    return entry


def _under(key: str | None, value: object) -> object:
    """A value, masked where its key alone says that it is a secret."""
    return mask_field(key, value) if key is not None and tells(key) else value


@dataclass(slots=True)
class _Writer:
    limits: Limits
    spent: int = 0
    within: list[int] = field(default_factory=list)
    share: int = 0
    """How much may have been spent when the present key of the state has had its part."""

    def __post_init__(self) -> None:
        self.share = self.limits.total

    def state(self, value: Mapping[object, object]) -> ValueWire:
        """Write the keys from the smallest on, each with its part of what is left, and in their order."""
        keys = list(value)[: self.limits.items]
        written: dict[object, ValueWire] = {}
        self.within.append(id(value))
        for n, key in enumerate(sorted(keys, key=lambda key: _rough(value[key]))):
            self.share = self.spent + max(0, self.limits.total - self.spent) // (len(keys) - n)
            written[key] = self.item(key, value[key])
        return {"t": "dict", "items": [[self.key(key), written[key]] for key in keys], "size": len(value)}

    def full(self) -> bool:
        return self.spent >= self.share

    def wire(self, value: object) -> ValueWire:
        if value is None or type(value) is bool:
            self.spent += _SCALAR
            return value
        if isinstance(value, str) and not isinstance(value, Enum):
            return self.text(value)
        if type(value) in {int, float}:
            return self.number(value)
        return self.nested(value)

    def number(self, value: object) -> ValueWire:
        self.spent += _SCALAR
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, int) and abs(value) <= _LARGEST_INT:
            return value
        return self.other(value)

    def text(self, value: str, key: str | None = None) -> ValueWire:
        image = image_in(value)
        if image is not None:
            return _image(image.mime, image.base64, len(image.data))
        room = self.room()
        text = self.shown(value, key)
        return text if len(value) <= room else {"t": "text", "text": text, "size": len(value)}

    def room(self) -> int:
        return min(self.limits.text, max(_LEAST_TEXT, self.share - self.spent))

    def shown(self, value: str, key: str | None = None) -> str:
        room = self.room()
        text = self.masked(value[: room + _SECRET], key)[:room]
        self.spent += len(text)
        return text.encode("utf-8", "replace").decode()

    def masked(self, text: str, key: str | None) -> str:
        if len(text) < _SHORTEST_SECRET:
            return text
        masked = _masked if len(text) > _REMEMBERED else _remembered
        return masked(self.limits.mask, text, key)

    def nested(self, value: object) -> ValueWire:
        if len(self.within) >= self.limits.depth or id(value) in self.within:
            return {"t": "other", "type": type(value).__name__, "text": "…"}
        self.within.append(id(value))
        self.spent += _CONTAINER
        try:
            return self.container(value)
        finally:
            self.within.pop()

    def container(self, value: object) -> ValueWire:
        if isinstance(value, bytes | bytearray):
            return self.bytes(bytes(value))
        if isinstance(value, Mapping):
            return self.mapping(value)
        if isinstance(value, list | tuple | set | frozenset):
            return self.items(value)
        fields = _fields(value)
        return self.other(value) if fields is None else self.record(fields, type(value).__name__)

    def record(self, fields: Mapping[object, object], type_name: str) -> ValueWire:
        wire = self.mapping(fields)
        wire["type"] = type_name
        return wire

    def bytes(self, value: bytes, key: str | None = None) -> ValueWire:
        image = image_in(value)
        if image is not None:
            return _image(image.mime, image.base64, len(image.data))
        text = self.masked(value[: _BYTES + _SECRET].decode("latin-1"), key)[:_BYTES].encode("latin-1")
        return {"t": "other", "type": "bytes", "text": f"{text!r} ({len(value):,} bytes)"}

    def mapping(self, value: Mapping[object, object]) -> dict[str, Json]:
        items: list[Json] = []
        for key in islice(value, self.limits.items):
            if self.full():
                break
            items.append([self.key(key), self.item(key, value[key])])
        return {"t": "dict", "items": items, "size": len(value)}

    def item(self, key: object, value: object) -> ValueWire:
        if isinstance(key, str) and key in trusted():
            return self.unmasked(value)
        if type(value) is str and isinstance(key, str):
            return self.text(value, key)
        if type(value) is bytes and isinstance(key, str):
            self.spent += _CONTAINER
            return self.bytes(value, key)
        return self.wire(value)

    def unmasked(self, value: object) -> ValueWire:
        """What stands under a key that holds no secrets."""
        limits, self.limits = self.limits, replace(self.limits, mask=_as_it_is)
        try:
            return self.wire(value)
        finally:
            self.limits = limits

    def key(self, key: object) -> str:
        return self.shown(key if isinstance(key, str) else repr_of(key))

    def items(self, value: Collection[object]) -> ValueWire:
        ordered = value if isinstance(value, Sequence) else sorted(value, key=repr_of)
        shown: list[Json] = []
        for item in islice(reversed(ordered), self.limits.items):
            if self.full():
                break
            shown.append(self.wire(item))
        start = len(ordered) - len(shown)
        cut: dict[str, Json] = {"start": start} if start else {}
        return {"t": "list", "items": shown[::-1], "size": len(ordered), "type": _list_type(value), **cut}

    def other(self, value: object) -> ValueWire:
        return {"t": "other", "type": type(value).__name__, "text": self.shown(clip(repr_of(value), _REPR))}


def _masked(hide: Callable[[object], object], text: str, key: str | None) -> str:
    if key is None:
        return str(hide(text))
    shown = hide({key: text})
    return str(next(iter(shown.values()))) if isinstance(shown, Mapping) else text


_remembered = lru_cache(maxsize=4_096)(_masked)
"""Neighbouring steps hold the same texts, and to look for secrets takes most of the time."""


def _as_it_is(value: object) -> object:
    return value


def _rough(value: object) -> int:
    """Guess what a value takes."""
    if isinstance(value, str | bytes):
        return len(value)
    return _CONTAINER * len(value) if isinstance(value, Sized) else _SCALAR


def _image(mime: str, data: str, size: int) -> ValueWire:
    return {"t": "image", "mime": mime, "data": data, "size": size}


def _list_type(value: object) -> str:
    known = (list, tuple, set, frozenset)
    names = [kind.__name__ for kind in known if isinstance(value, kind)]
    return type(value).__name__ if hasattr(value, "_fields") else names[0]


def _fields(value: object) -> Mapping[object, object] | None:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: getattr(value, item.name, None) for item in dataclasses.fields(value)}
    names = getattr(type(value), "model_fields", None)
    if isinstance(names, Mapping):
        return {name: getattr(value, str(name), None) for name in names}
    return None
