"""Tracing under the name that people know it by: `from notebook_agent.visibility import trace`."""

from __future__ import annotations

from notebook_agent.tracing import ActionSpan, ActionSpanTracer, TracerFactory, trace

__all__ = ["ActionSpan", "ActionSpanTracer", "TracerFactory", "trace"]
