"""Typing systems: what `state.data` is, given to `with_typing`."""

from __future__ import annotations

from notebook_agent.state import DictBasedTypingSystem, TypingSystem

__all__ = ["DictBasedTypingSystem", "TypingSystem"]
