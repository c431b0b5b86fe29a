"""Values as static HTML: it carries no script, loads nothing and takes the page's colours.

Every text goes through `escape`; the only addresses are `data:` images whose first bytes
were checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from notebook_agent.ids import Json
from notebook_agent.view.escape import escape, plural
from notebook_agent.view.values import Limits, state_wire
from notebook_agent.view.wire import ValueWire

__all__ = ["state_html", "value_html"]

_LIMITS = Limits(text=4_000, total=60_000, items=100)
_MIMES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_NAME = "text-align:left;vertical-align:top;padding:2px 12px 2px 0;font-weight:600"
_CELL = "text-align:left;vertical-align:top;padding:2px 0"
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"
_NOTE = "opacity:.65"


def state_html(value: object, limits: Limits = _LIMITS) -> str:
    """Draw a state, or any value, as a table within tables; pictures are shown."""
    return value_html(state_wire(value, limits))


def value_html(wire: ValueWire) -> str:
    """Draw a value of the wire."""
    if isinstance(wire, str):
        return f'<span style="{_TEXT}">{escape(wire)}</span>'
    if isinstance(wire, Mapping):
        return _object(wire)
    return f"<code>{escape(repr(wire))}</code>"


def _object(wire: Mapping[str, Json]) -> str:
    match wire.get("t"):
        case "dict":
            return _dict(wire)
        case "list":
            return _list(wire)
        case "image":
            return _image(wire)
        case "text":
            return value_html(wire["text"]) + _note(f"… {wire['size']:,} characters in all")
    return f"<code>{escape(str(wire.get('text')))}</code>"


def _dict(wire: Mapping[str, Json]) -> str:
    pairs = cast("Sequence[tuple[str, ValueWire]]", wire["items"])
    return _table(wire, [(key, value) for key, value in pairs], start=0)


def _list(wire: Mapping[str, Json]) -> str:
    start = cast("int", wire.get("start", 0))
    items = cast("Sequence[ValueWire]", wire["items"])
    return _table(wire, [(str(n), value) for n, value in enumerate(items, start)], start=start)


def _table(wire: Mapping[str, Json], rows: Sequence[tuple[str, ValueWire]], *, start: int) -> str:
    left = cast("int", wire["size"]) - len(rows)
    if not rows:
        return _note("empty")
    body = "".join(
        f'<tr><th style="{_NAME}">{escape(key)}</th><td style="{_CELL}">{value_html(value)}</td></tr>'
        for key, value in rows
    )
    where = "before these" if start else "after these"
    note = _note(f"{plural(left, 'more item')} {where}") if left else ""
    return f'<table style="border-collapse:collapse"><tbody>{body}</tbody></table>{note}'


def _image(wire: Mapping[str, Json]) -> str:
    if wire["mime"] not in _MIMES:
        return _note("a picture of unknown type")
    address = f"data:{wire['mime']};base64,{escape(str(wire['data']))}"
    return f'<img src="{address}" alt="{escape(str(wire["mime"]))}" style="max-width:100%;max-height:320px">'


def _note(text: str) -> str:
    return f'<span style="{_NOTE}">{escape(text)}</span>'
