"""Checkpoints and calls on disk: every step for ever, small, and only ever data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_agent.lazy import lazily

if TYPE_CHECKING:
    from notebook_agent.store.codec import Placeholder, register
    from notebook_agent.store.sqlite import open_store

__all__ = ["Placeholder", "open_store", "register"]

__getattr__ = lazily(__name__, {"Placeholder": "codec", "open_store": "sqlite", "register": "codec"})
