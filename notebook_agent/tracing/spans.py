"""Spans: what an action says that it does, for how long, and with which attributes."""

from __future__ import annotations

from notebook_agent.tracing.running import Traced

__all__ = ["TracerFactory"]


class TracerFactory:
    """What an action gets for `__tracer`."""

    def __init__(self, step: Traced) -> None:
        self._step = step
