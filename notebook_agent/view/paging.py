"""Parts of a state that are too large to travel with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from notebook_agent.errors import AgentError
from notebook_agent.view.values import Limits, state_wire
from notebook_agent.view.wire import ValueWire

__all__ = ["value_page", "within"]

_LIMITS = Limits(text=30_000, total=44_000, items=200)


def value_page(state: Mapping[str, object], path: Sequence[int], start: int) -> ValueWire:
    """Return a part of a state from its `start` on: items of a list or mapping, characters of a text.

    Args:
        state: The whole.
        path: Places in mappings and lists, from the outermost.
        start: The first item or character, counted from 0.

    Raises:
        AgentError: There is nothing at this place.
    """
    key: object = None
    value: object = state
    for place in path:
        key, value = within(value, place)
    if isinstance(value, str):
        return _text(key, value, start)
    if isinstance(value, Mapping):
        return _mapping(value, start)
    if isinstance(value, list | tuple):
        return _items(value, start)
    return state_wire(value, _LIMITS)


def within(value: object, place: int) -> tuple[object, object]:
    """Return what stands at a place of a mapping or list, and the key or index that it has there.

    Raises:
        AgentError: There is nothing at this place.
    """
    try:
        if isinstance(value, Mapping):
            return next(islice(value.items(), place, None))
        if isinstance(value, list | tuple):
            return place, value[place]
    except (IndexError, StopIteration):
        pass
    raise AgentError("This value is no longer there: look at the step again.")


def _text(key: object, value: str, start: int) -> ValueWire:
    """Mask the whole before it is cut, or a secret at the cut would not be known for one."""
    masked = _LIMITS.mask({key: value})
    whole = str(masked[key]) if isinstance(masked, Mapping) else ""
    page = whole[start : start + _LIMITS.text].encode("utf-8", "replace").decode()
    return {"t": "text", "text": page, "size": len(whole), "start": start}


def _mapping(value: Mapping[object, object], start: int) -> ValueWire:
    wire = state_wire(dict(islice(value.items(), start, None)), _LIMITS)
    return {**wire, "size": len(value), "start": start} if isinstance(wire, dict) else wire


def _items(value: Sequence[object], start: int) -> ValueWire:
    """From the front on, as far as the room goes, where a state shows the end."""
    page: Sequence[object] = value[start : start + _LIMITS.items]
    wire = state_wire(page, _LIMITS)
    while isinstance(wire, dict) and wire.get("start") and len(page) > 1:
        page = page[: len(page) // 2]
        wire = state_wire(page, _LIMITS)
    return {**wire, "size": len(value), "start": start} if isinstance(wire, dict) else wire
