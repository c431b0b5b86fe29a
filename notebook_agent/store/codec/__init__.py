"""Values to nodes and back, exact in value and type."""

from __future__ import annotations

from notebook_agent.store.codec.registry import Placeholder, register

__all__ = ["Placeholder", "register"]
