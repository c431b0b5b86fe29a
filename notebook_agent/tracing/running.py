"""The step that runs in this context, as spans and `@trace` see it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, Protocol

from notebook_agent.action import Node
from notebook_agent.ids import Json, RunKey
from notebook_agent.lifecycle import Hooks

if TYPE_CHECKING:
    from notebook_agent.tracing.trace import Trace

__all__ = ["Traced", "current_step"]


class Traced(Protocol):
    """A running step. `events` are kept with it, in the order in which they are added."""

    seq: int
    action: Node
    started_at: float
    events: list[Json]
    trace: Trace | None
    """Its spans; None while there are none."""

    def note(self, error: Exception, /) -> None:
        """Keep what a hook raised until the step is over."""
        ...

    @property
    def key(self) -> RunKey:
        """Its run."""
        ...

    @property
    def hooks(self) -> Hooks:
        """Its run's hooks."""
        ...


current_step: Final[ContextVar[Traced | None]] = ContextVar("notebook_agent_current_step", default=None)
