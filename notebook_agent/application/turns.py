"""Where one turn of an agent ends: before an action would take an input a second time, or needs another.

So a loop of the graph that nobody bounds never spends without end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from notebook_agent.action import Node

__all__ = ["end_of_turn", "inputs_taken"]


def inputs_taken(action: Node, inputs: Mapping[str, object]) -> set[str]:
    """Return which of the inputs an action takes."""
    return {name for name in action.required + action.optional if name in inputs}


def end_of_turn(following: Node, inputs: Mapping[str, object], taken: Collection[str]) -> str | None:
    """Say why a turn ends before an action, given the inputs that were taken in it; None where it goes on."""
    again = sorted(inputs_taken(following, inputs) & set(taken))
    if again:
        return f"one turn: {following.name} is next and takes {_quoted(again)} again"
    needed = [name for name in following.required if name not in inputs]
    if needed:
        return f"{following.name} is next and needs {_quoted(needed)}"
    return None


def _quoted(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)
