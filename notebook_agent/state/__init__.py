"""State: an immutable mapping whose lists and dicts cannot be changed in place."""

from __future__ import annotations

from notebook_agent.state.fields import register_field_serde
from notebook_agent.state.frozen import FrozenDict, FrozenList, freeze, thaw
from notebook_agent.state.mapping import State
from notebook_agent.state.same import same, tell_content
from notebook_agent.state.typed import DictBasedTypingSystem, TypingSystem
from notebook_agent.state.watch import Fingerprint, Watch

__all__ = [
    "DictBasedTypingSystem",
    "Fingerprint",
    "FrozenDict",
    "FrozenList",
    "State",
    "TypingSystem",
    "Watch",
    "freeze",
    "register_field_serde",
    "same",
    "tell_content",
    "thaw",
]
