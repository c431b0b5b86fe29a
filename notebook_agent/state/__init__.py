"""State: an immutable mapping whose lists and dicts cannot be changed in place."""

from __future__ import annotations

from notebook_agent.state.frozen import FrozenDict, FrozenList, freeze, thaw
from notebook_agent.state.mapping import State, Watch

__all__ = ["FrozenDict", "FrozenList", "State", "Watch", "freeze", "thaw"]
