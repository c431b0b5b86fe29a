"""The spans of a step as lines of text: what was done, for how long, and what was logged."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.history import Span, attributes_of, spans_of
from notebook_agent.ids import Json
from notebook_agent.view.brief import brief, duration
from notebook_agent.view.escape import one_line, plural, writable

__all__ = ["span_lines"]

_MOST = 20
_NAME = 60
_LOGGED = 80
_ERROR = 120


def span_lines(events: Json) -> list[str]:
    """Write the attributes and spans of a step's events, spans indented by the span they lie in."""
    logged, spans = attributes_of(events), spans_of(events)
    lines = [f"  logged  {_values(logged)}"] if logged else []
    lines += [f"  spans   {plural(len(spans), 'span')}"] if spans else []
    lines += [_line(span) for span in spans[:_MOST]]
    return [*lines, *([f"    and {len(spans) - _MOST} more"] if len(spans) > _MOST else [])]


def _line(span: Span) -> str:
    took = duration((span.end - span.start) * 1000)
    ended = "" if span.status == "completed" else one_line(writable(span.error or span.status), _ERROR)
    facts = (one_line(writable(span.name), _NAME), took, ended, _values(span.attributes))
    return f"    {'  ' * span.depth}{'  '.join(fact for fact in facts if fact)}"


def _values(values: Mapping[str, Json]) -> str:
    return one_line(
        ", ".join(f"{writable(key)}={brief(value, 40, key)}" for key, value in values.items()), _LOGGED
    )
