"""How a request differs from the recorded one that is nearest to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.keys import Asked
from notebook_agent.calls.outcome import outcome, status_of
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.ids import Json
from notebook_agent.redact import repr_of

__all__ = ["Nearest", "changes", "differences"]

_SHOWN = 3
_COMPARED = 50
_COUNTED = 100
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


class Nearest:
    """Recorded calls of one endpoint, ready for the question which of them a request is nearest to."""

    def __init__(self, calls: Iterable[CallRecord]) -> None:
        sent = [call for call in calls if call.sent]
        self._sent = sent
        self._equal: dict[str, list[CallRecord]] = defaultdict(list)
        for call in sent:
            self._equal[call.key].append(call)
        self._again: dict[str, str] = {}

    def __bool__(self) -> bool:
        return bool(self._sent)

    def drift(self, asked: Asked, others: Container[str] = ()) -> str | None:
        """Say how a request differs from the nearest of them; None where there are none.

        `others` are keys that have been asked beside: their records are compared with where no other is left.
        """
        if not self._sent:
            return None
        if asked.key in self._equal:
            if asked.key not in self._again:
                self._again[asked.key] = _asked_again(self._equal[asked.key])
            return self._again[asked.key]
        found = differences(self._nearest(asked, others), asked.request)
        return "; ".join(_told(list(islice(found, _COUNTED))))

    def _nearest(self, asked: Asked, others: Container[str]) -> Json:
        left = islice((call for call in reversed(self._sent) if call.key not in others), _COMPARED)
        compared = [*left][::-1] or self._sent[-_COMPARED:]
        nearest, least = compared[0], _COUNTED
        for call in compared:
            apart = sum(1 for _ in islice(_apart(call.request, asked.request), least))
            if apart < least:
                nearest, least = call, apart
        return nearest.request


def _apart(old: object, new: object) -> Iterator[None]:
    """Yield once for each place where two JSON values differ; what is equal costs next to nothing."""
    if old == new:
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in {*old, *new}:
            yield from _apart(old.get(name, _MISSING), new.get(name, _MISSING))
    elif _is_list(old) and _is_list(new):
        for a, b in zip_longest(old, new, fillvalue=_MISSING):  # type: ignore[call-overload]  # lists
            yield from _apart(a, b)
    else:
        yield None


def changes(old: Json, new: Json) -> str | None:
    """Say in what a request differs from another; None where in nothing."""
    return "; ".join(_told(list(islice(differences(old, new), _COUNTED)))) or None


def _asked_again(equal: Sequence[CallRecord]) -> str:
    times = sum(map(servable, equal))
    if times:
        return f"the same request is recorded {times} time{'s' * (times > 1)} and was asked once more"
    last = equal[-1]
    end, status = outcome(last), status_of(last)
    if end in {"cancelled", "cut", "timed out"}:
        return f"the same request was {end}"
    return f"the same request had failed: {status}{f', {last.error}' if last.error else ''}"


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
    text = repr_of(value)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
