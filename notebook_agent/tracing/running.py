"""The step that runs in this context, as spans and `@trace` see it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final, Protocol

from notebook_agent.action import Node
from notebook_agent.ids import Json, RunKey
from notebook_agent.lifecycle import Hooks

__all__ = ["Traced", "current_step"]


class Traced(Protocol):
    """A running step. `events` are kept with it, in the order in which they are added."""

    seq: int
    action: Node
    events: list[Json]

    @property
    def key(self) -> RunKey:
        """Its run."""
        ...

    @property
    def hooks(self) -> Hooks:
        """Its run's hooks."""
        ...


current_step: Final[ContextVar[Traced | None]] = ContextVar("notebook_agent_current_step", default=None)
