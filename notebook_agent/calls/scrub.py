"""Secrets out of an answer's text, also those that came in several pieces of a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from notebook_agent.ids import Json
from notebook_agent.redact import redact_pieces, redact_text

__all__ = ["STYLES", "scrubbed"]

STYLES: Mapping[str, Callable[[Json], str]] = {
    "compact": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "spaced": json.dumps,
    "compact, ascii": lambda value: json.dumps(value, separators=(",", ":")),
    "indented": lambda value: json.dumps(value, indent=2, ensure_ascii=False),
}
"""The ways of writing JSON that providers have; the first that gives a body's exact bytes is kept with it."""

_PLACES = ("type", "index", "output_index", "content_index", "summary_index", "item_id", "call_id")
"""What tells the parts of an answer apart that come in turns."""

_Place = tuple[object, ...]


class _Text(NamedTuple):
    """A text in an event: what holds it under which key, and which part of the answer it belongs to."""

    holder: dict[str, Json] | list[Json]
    key: str | int
    place: _Place
    value: str


def scrubbed(text: str) -> str:
    """Redact the text of a body; of a stream also each part of the answer as it is when joined."""
    try:
        return redact_text(_joined_first(text) if text.count("\n") > 1 else text)
    except RecursionError:
        return redact_text(text)


def _joined_first(text: str) -> str:
    lines = text.split("\n")
    events = {n: event for n, line in enumerate(lines) if (event := _event(line)) is not None}
    parts: dict[_Place, list[tuple[int, _Text]]] = {}
    for n, event in events.items():
        for each in _texts(event, ()):
            parts.setdefault(each.place, []).append((n, each))
    changed = {n for part in parts.values() if len(part) > 1 for n in _redact(part)}
    for n in changed:
        lines[n] = _rewritten(lines[n], events[n])
    return "\n".join(lines)


def _redact(part: list[tuple[int, _Text]]) -> Iterator[int]:
    """Redact the texts of a part in place; yield the lines of those that are others now."""
    pieces = [each.value for _, each in part]
    whole = "".join(pieces)
    if redact_text(whole) == whole:
        return
    for (n, each), piece in zip(part, redact_pieces(pieces), strict=True):
        if piece != each.value:
            each.holder[each.key] = piece  # type: ignore[index]  # a list by number, an object by name
            yield n


def _event(line: str) -> dict[str, Json] | None:
    data = line.removeprefix("data:").strip()
    if not data.startswith("{"):
        return None
    try:
        return json.loads(data)  # type: ignore[no-any-return]  # what begins so is an object
    except (ValueError, RecursionError):
        return None


def _texts(value: object, place: _Place) -> Iterator[_Text]:
    if isinstance(value, dict):
        place = (*place, *(value.get(name) for name in _PLACES if isinstance(value.get(name), str | int)))
        items: list[tuple[str | int, object]] = [*value.items()]
    elif isinstance(value, list):
        items = [*enumerate(value)]
    else:
        return
    for key, item in items:
        if isinstance(item, str):
            yield _Text(value, key, (*place, key), item)
        else:
            yield from _texts(item, (*place, key))


def _rewritten(line: str, event: dict[str, Json]) -> str:
    """Write a changed event as its line was written."""
    start, end = line.index("{"), len(line.rstrip())
    before = json.loads(line[start:end])
    style = next((write for write in STYLES.values() if write(before) == line[start:end]), STYLES["compact"])
    return f"{line[:start]}{style(event)}{line[end:]}"
