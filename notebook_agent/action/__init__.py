"""Actions: what the nodes of a graph do, and which code they run; conditions are found here too."""

from __future__ import annotations

from notebook_agent.action.base import (
    Action,
    AsyncStreamingAction,
    SingleStepAction,
    StreamingAction,
    as_node,
)
from notebook_agent.action.code import code_id, code_parts
from notebook_agent.action.decorators import ActionFunction, action, streaming_action, type_eraser
from notebook_agent.action.node import Effect, Node
from notebook_agent.action.policy import Policy
from notebook_agent.action.ready import Input, Placeholder, Result
from notebook_agent.action.source import source_of
from notebook_agent.lazy import lazily

__getattr__ = lazily(
    __name__, dict.fromkeys(("Condition", "default", "expr", "when"), "condition"), "notebook_agent"
)

__all__ = [
    "Action",
    "ActionFunction",
    "AsyncStreamingAction",
    "Effect",
    "Input",
    "Node",
    "Placeholder",
    "Policy",
    "Result",
    "SingleStepAction",
    "StreamingAction",
    "action",
    "as_node",
    "code_id",
    "code_parts",
    "source_of",
    "streaming_action",
    "type_eraser",
]
