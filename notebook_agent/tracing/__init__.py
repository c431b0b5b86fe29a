"""What an action tells of itself while it runs: spans, attributes, traced functions."""

from __future__ import annotations

from notebook_agent.tracing.running import Traced, current_step
from notebook_agent.tracing.spans import TracerFactory

__all__ = ["Traced", "TracerFactory", "current_step"]
