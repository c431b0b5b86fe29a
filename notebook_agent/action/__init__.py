"""Actions: what the nodes of a graph do, and which code they run."""

from __future__ import annotations

from notebook_agent.action.action import Action, ActionFunction, Effect, action, as_action
from notebook_agent.action.code import code_id, source_of

__all__ = ["Action", "ActionFunction", "Effect", "action", "as_action", "code_id", "source_of"]
