"""What would have led elsewhere, in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sized
from typing import Final

from notebook_agent.condition import Condition, Decision
from notebook_agent.graph import Graph
from notebook_agent.history import Flip, flip_of
from notebook_agent.ids import Json
from notebook_agent.redact import redact_text
from notebook_agent.state import State
from notebook_agent.view.brief import brief

__all__ = ["flip_line", "otherwise"]

_FEW: Final = 200
_SHORT: Final = 1_000


def flip_line(found: Flip) -> str:
    """Write the change of a state after which something else had come next."""
    if not found.changes:
        return f"the conditions have changed since: now it would be {found.target or 'the end'}"
    changes = " and ".join(f"{key} = {brief(value, 60, key)}" for key, value in found.changes.items())
    return redact_text(f"it would be {found.target or 'the end'} with {changes}")


def otherwise(graph: Graph, decision: Decision | None, state: State) -> str | None:
    """Return such a line for a decision in this state, where it can be found at once.

    Few changes are tried, no function of the user's is called, and no long value is compared.
    """
    if decision is None or decision.source not in graph:
        return None
    if not all(_is_quick(edge.condition, state) for edge in graph.edges_from(decision.source)):
        return None
    try:
        found = flip_of(graph, decision, state, most=_FEW)
    except Exception:  # noqa: BLE001  # values of the user's may refuse to be compared
        return None
    if found is None:
        return None
    line = flip_line(found)
    return f"{line[0].upper()}{line[1:]}."


def _is_quick(condition: Condition, state: State) -> bool:
    values = (state.get(key) for key in (*condition.keys, *condition.optional_keys))
    return not _is_opaque(condition.data) and not any(
        isinstance(each, Sized) and len(each) > _SHORT for each in values
    )


def _is_opaque(data: Json) -> bool:
    if isinstance(data, Mapping):
        return "opaque" in data or any(_is_opaque(each) for each in data.values())
    return isinstance(data, list) and any(_is_opaque(each) for each in data)
