"""What of an action that has changed since its step a test file has as it was, and what as it is now."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from notebook_agent.action import Node
from notebook_agent.testing.names import bound_by

__all__ = ["changed_since"]

_MOST = 4
_FAILS = "; where that makes a difference, it fails until both agree"


def changed_since(
    node: Node,
    then: str | None,
    source: str | None,
    blocks: Sequence[str],
    used: Sequence[str] | None = None,
) -> str | None:
    """Tell why a test of a step may fail at once; None where the action's code is as it was.

    Args:
        node: The action as the graph has it now.
        then: The id of its code when the step ran; None where it is not known.
        source: Its source of then.
        blocks: The definitions that the file needs; none where the action is imported.
        used: What of that which it uses has changed since; None where that is not known.
    """
    if then is None or then == node.code:
        return None
    what = f": {_listed(used)}" if used else ""
    fails = "" if used == () and blocks and source is not None else _FAILS
    return (
        f"{node.name} has changed since ({then[:4]} → {node.code[:4]}{what}): the test expects what it did "
        f"then, {_held(node, source, blocks, used)}{fails}"
    )


def _held(node: Node, source: str | None, blocks: Sequence[str], used: Sequence[str] | None) -> str:
    if not blocks:
        return "and imports it as it is now"
    if source is None or not isinstance(node.origin, FunctionType):
        return "and has its code as it is now"
    own = "its source, which is the same," if source == node.source else "its source of then"
    names = [name for name in bound_by(blocks) if name != node.origin.__name__]
    if used is None or not names:
        return f"and has {own} with {_listed(names) or 'what it names'} as now"
    changed = [name for name in names if name in used]
    if not used:
        return f"and has {own} with {_listed(names)}, which have not changed"
    return f"and has {own} with {_listed(changed or used)} as now"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{', '.join(names[:_MOST])}{more}"
