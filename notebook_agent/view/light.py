"""Details made small enough to travel at every move of the slider.

What was left out is there for the asking: an image by its id, a longer text with `whole`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import cast

from notebook_agent.ids import Json
from notebook_agent.view.values import Limits
from notebook_agent.view.wire import Detail, ValueWire

__all__ = ["LIGHT", "images_apart", "light"]

LIGHT = Limits(text=8_000, total=20_000, items=60)
"""How much of a state travels at every move; the page pages through the rest."""

_ROOM = 56_000
"""Bytes of a detail that travels at every move."""
_PARTS = {"calls": 14_000, "diff": 8_000, "result": 3_000, "inputs": 3_000, "next": 2_000, "decision": 2_000}
_PARTS |= {"code": 8_000, "error": 6_000, "state": 26_000}
"""Bytes that each part may have where all together are too many."""
_SMALL_IMAGE = 3_000
_LEAST = 40


def images_apart(detail: Detail, images: dict[str, bytes]) -> Detail:
    """Put larger images of a detail into `images`, by their id, and name them where they were."""
    return cast("Detail", _Apart(images).of(cast("Json", detail)))


def light(detail: Detail) -> Detail:
    """Shorten long texts where a detail is too large; `cut` says that it was done."""
    if _size(detail) <= _ROOM:
        return detail
    short: dict[str, Json] = {**cast("dict[str, Json]", detail), "cut": True}
    for part, room in _PARTS.items():
        if _size(short[part]) > room:
            short[part] = _Shortener(room).of(short[part])
    return cast("Detail", short)


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))


@dataclass(slots=True)
class _Apart:
    images: dict[str, bytes]

    def of(self, value: Json) -> Json:
        if isinstance(value, dict):
            return self._image(value) if value.get("t") == "image" else self._fields(value)
        return [self.of(item) for item in value] if isinstance(value, list | tuple) else value

    def _fields(self, value: Mapping[str, Json]) -> Json:
        return {key: self.of(item) for key, item in value.items()}

    def _image(self, value: Mapping[str, Json]) -> Json:
        data = str(value.get("data", ""))
        if len(data) <= _SMALL_IMAGE:
            return dict(value)
        name = blake2b(data.encode(), digest_size=12).hexdigest()
        self.images[name] = base64.b64decode(data)
        return {**{key: item for key, item in value.items() if key != "data"}, "id": name}


@dataclass(slots=True)
class _Shortener:
    """Gives the room to the last items first, since those are the newest."""

    room: int

    def of(self, value: Json) -> Json:
        if isinstance(value, str):
            return self._text(value, len(value))
        if isinstance(value, dict):
            return self._object(value)
        if isinstance(value, list | tuple):
            return [self.of(item) for item in reversed(value)][::-1]
        self.room -= len(str(value)) + 1
        return value

    def _object(self, value: Mapping[str, Json]) -> Json:
        if value.get("t") == "text":
            return self._text(str(value["text"]), cast("int", value["size"]))
        if value.get("t") in {"list", "dict"}:
            return self._container(value)
        return {key: self._field(key, item) for key, item in value.items()}

    def _field(self, key: str, item: Json) -> Json:
        """Keep names as they are, and what the page takes for plain text."""
        if key not in _PLAIN or not isinstance(item, str):
            return item if isinstance(item, str) else self.of(item)
        shown = item[: self._left()]
        self.room -= len(shown.encode("utf-8", "replace"))
        return shown if len(shown) == len(item) else f"{shown}\n…"

    def _text(self, text: str, size: int) -> ValueWire:
        shown = text[: self._left()]
        self.room -= len(shown.encode("utf-8", "replace")) + 4
        return shown if len(shown) == size else {"t": "text", "text": shown, "size": size}

    def _container(self, value: Mapping[str, Json]) -> ValueWire:
        items = cast("Sequence[Json]", value["items"])
        newest = items[::-1] if value["t"] == "list" else items
        kept: list[Json] = []
        for item in newest:
            if self.room <= 0:
                break
            kept.append(self._pair(item) if value["t"] == "dict" else self.of(item))
        return self._part(value, kept)

    def _pair(self, item: Json) -> Json:
        key, inner = cast("Sequence[Json]", item)
        return [key, self.of(inner)]

    def _part(self, value: Mapping[str, Json], kept: list[Json]) -> ValueWire:
        if value["t"] == "dict":
            return {**value, "items": kept}
        end = cast("int", value.get("start", 0)) + len(cast("Sequence[Json]", value["items"]))
        start = end - len(kept)
        return {**value, "items": kept[::-1], **({"start": start} if start else {})}

    def _left(self) -> int:
        return max(_LEAST, self.room)


_PLAIN = frozenset({"source", "now", "traceback", "message", "error", "text"})
