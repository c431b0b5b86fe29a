"""The spans and attributes of a step, read from what is kept with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from notebook_agent.ids import Json

__all__ = ["Span", "attributes_of", "spans_of"]


@dataclass(frozen=True, slots=True)
class Span:
    """What an action said that it did. Times are seconds since the step began.

    Attributes:
        uid: `"<step>:<n>"`, and `"<step>:<n>.<m>"` in a span.
        status: `completed`, `failed`, `interrupted`, or `left open` where the action ended first.
        error: What left it, as `ValueError: message`.
        dependencies: Names or uids of spans that it needed, as the action gave them.
    """

    uid: str
    name: str
    start: float
    end: float
    status: str
    error: str | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()

    @property
    def parent(self) -> str | None:
        """Uid of the span that it lies in."""
        return self.uid.rpartition(".")[0] or None

    @property
    def depth(self) -> int:
        """How many spans it lies in."""
        return self.uid.count(".")


def spans_of(events: Json) -> list[Span]:
    """Read the spans of a step's events, in the order in which they began."""
    return [_span(each) for each in _entries(events) if "span" in each]


def attributes_of(events: Json) -> dict[str, Json]:
    """Read what was logged on the step itself; a key that was logged twice has its last value."""
    logged: dict[str, Json] = {}
    for each in _entries(events):
        attributes = each.get("attributes")
        if "span" not in each and isinstance(attributes, Mapping):
            logged.update(attributes)
    return logged


def _entries(events: Json) -> Iterator[Mapping[str, Json]]:
    for each in events if isinstance(events, list | tuple) else ():
        if isinstance(each, Mapping):
            yield each


def _span(event: Mapping[str, Json]) -> Span:
    start, attributes, error = _number(event.get("start")), event.get("attributes"), event.get("error")
    needs = event.get("dependencies")
    return Span(
        str(event["span"]),
        str(event.get("name")),
        start,
        max(start, _number(event.get("end"))),
        str(event.get("status", "left open")),
        None if error is None else str(error),
        attributes if isinstance(attributes, Mapping) else {},
        tuple(map(str, needs)) if isinstance(needs, list | tuple) else (),
    )


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
