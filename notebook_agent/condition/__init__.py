"""When an edge is taken: data that explains itself."""

from __future__ import annotations

from notebook_agent.condition.brief import brief
from notebook_agent.condition.caught import OnError, on_error
from notebook_agent.condition.condition import Condition, default, expr, when
from notebook_agent.condition.decision import Check, Decision
from notebook_agent.condition.expression import Expression

__all__ = [
    "Check",
    "Condition",
    "Decision",
    "Expression",
    "OnError",
    "brief",
    "default",
    "expr",
    "on_error",
    "when",
]
