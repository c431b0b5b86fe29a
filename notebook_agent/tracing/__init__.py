"""What an action tells of itself while it runs: spans, attributes, traced functions."""

from __future__ import annotations

from notebook_agent.tracing.decorator import trace
from notebook_agent.tracing.kept import kept
from notebook_agent.tracing.running import Traced, current_step
from notebook_agent.tracing.spans import ActionSpanTracer, TracerFactory
from notebook_agent.tracing.trace import ActionSpan, SpanStatus, Trace, current_span

__all__ = [
    "ActionSpan",
    "ActionSpanTracer",
    "SpanStatus",
    "Trace",
    "Traced",
    "TracerFactory",
    "current_span",
    "current_step",
    "kept",
    "trace",
]
