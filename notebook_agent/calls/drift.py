"""How a request differs from the recorded one that is nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.keys import Asked
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import Json

__all__ = ["changes", "differences", "drift"]

_SHOWN = 3
_COMPARED = 50
_WIDTH = 40
_MISSING = object()

Difference = tuple[str, object, object]


def differences(old: Json, new: Json, path: str = "") -> Iterator[Difference]:
    """Yield the places where two JSON values differ: path, old value, new value."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in dict.fromkeys([*old, *new]):
            yield from _pair(old.get(name, _MISSING), new.get(name, _MISSING), f"{path}.{name}".lstrip("."))
    elif _is_list(old) and _is_list(new):
        for n, (a, b) in enumerate(zip_longest(old, new, fillvalue=_MISSING)):  # type: ignore[arg-type]  # lists
            yield from _pair(a, b, f"{path}[{n}]")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield path, old, new


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _pair(old: object, new: object, path: str) -> Iterator[Difference]:
    if old is _MISSING or new is _MISSING:
        yield path, old, new
    else:
        yield from differences(old, new, path)  # type: ignore[arg-type]  # parts of Json are Json


def drift(asked: Asked, recorded: Iterable[CallRecord]) -> str | None:
    """Say how a request differs from the nearest of `recorded`; None where there is none of its endpoint."""
    same = [call for call in recorded if call.endpoint == asked.endpoint and call.sent]
    if not same:
        return None
    equal = [call for call in same if call.key == asked.key]
    if equal:
        return _asked_again(equal)
    found = [list(islice(differences(call.request, asked.request), 100)) for call in same[-_COMPARED:]]
    return "; ".join(_told(min(found, key=len)))


def changes(old: Json, new: Json) -> str | None:
    """Say in what a request differs from another; None where in nothing."""
    return "; ".join(_told(list(islice(differences(old, new), 100)))) or None


def _asked_again(equal: Sequence[CallRecord]) -> str:
    times = sum(map(servable, equal))
    if times:
        return f"the same request is recorded {times} time{'s' * (times > 1)} and was asked once more"
    failed = equal[-1]
    status = f"HTTP {failed.status}" if failed.status else "no answer"
    return f"the same request had failed: {status}{f', {failed.error}' if failed.error else ''}"


def _told(found: Sequence[Difference]) -> Iterator[str]:
    for path, old, new in found[:_SHOWN]:
        before, after = _window(old, new) if isinstance(old, str) and isinstance(new, str) else (old, new)
        yield f"{path or 'the body'}: {_short(before)} → {_short(after)}"
    if len(found) > _SHOWN:
        yield f"and {len(found) - _SHOWN} more"


def _window(old: str, new: str) -> tuple[str, str]:
    """Cut what two texts have in common before their first difference, but for some words."""
    first = next(
        (n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new))
    )
    start = max(0, first - _WIDTH // 2)
    head = "…" if start else ""
    return head + old[start:], head + new[start:]


def _short(value: object) -> str:
    if value is _MISSING:
        return "nothing"
    text = repr(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
