"""What was decided at a node of the graph, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Check", "Decision"]


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a decision. `result` is None where an earlier one had matched."""

    target: str
    condition: str
    operands: Mapping[str, object]
    result: bool | None


@dataclass(frozen=True, slots=True)
class Decision:
    """Which action follows `source`, and why. `target` is None where the graph ends."""

    source: str
    target: str | None
    checks: tuple[Check, ...]
