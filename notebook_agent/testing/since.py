"""What of an action that has changed since its step a test file has as it was, and what as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from notebook_agent.action import Node
from notebook_agent.testing.names import bound_by

__all__ = ["changed_since"]

_MOST = 4


def changed_since(node: Node, then: str | None, source: str | None, blocks: Sequence[str]) -> str | None:
    """Tell why a test of a step may fail at once; None where the action's code is as it was.

    Args:
        node: The action as the graph has it now.
        then: The id of its code when the step ran; None where it is not known.
        source: Its source of then.
        blocks: The definitions that the file needs; none where the action is imported.
    """
    if then is None or then == node.code:
        return None
    return (
        f"{node.name} has changed since ({then[:4]} → {node.code[:4]}): the test expects what it did then, "
        f"{_held(node, source, blocks)}; where that makes a difference, it fails until both agree"
    )


def _held(node: Node, source: str | None, blocks: Sequence[str]) -> str:
    if not blocks:
        return "and imports it as it is now"
    if source is None or not isinstance(node.origin, FunctionType):
        return "and has its code as it is now"
    own = "its source, which is the same," if source == node.source else "its source of then"
    named = [name for name in bound_by(blocks) if name != node.origin.__name__]
    more = f" and {len(named) - _MOST} more" if len(named) > _MOST else ""
    return f"and has {own} with {', '.join(named[:_MOST]) or 'what it names'}{more} as now"
