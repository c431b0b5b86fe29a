"""Savers and loaders of state: base classes for your own, and ready ones over the store."""

from __future__ import annotations

from notebook_agent.persistence.base import (
    AsyncBaseStateLoader,
    AsyncBaseStatePersister,
    AsyncBaseStateSaver,
    BaseStateLoader,
    BaseStatePersister,
    BaseStateSaver,
    PersistedStateData,
)
from notebook_agent.persistence.hooks import AsyncPersisterHook, PersisterHook
from notebook_agent.persistence.ready import (
    AsyncInMemoryPersister,
    AsyncSQLitePersister,
    DevNullPersister,
    InMemoryPersister,
    SQLitePersister,
)

__all__ = [
    "AsyncBaseStateLoader",
    "AsyncBaseStatePersister",
    "AsyncBaseStateSaver",
    "AsyncInMemoryPersister",
    "AsyncPersisterHook",
    "AsyncSQLitePersister",
    "BaseStateLoader",
    "BaseStatePersister",
    "BaseStateSaver",
    "DevNullPersister",
    "InMemoryPersister",
    "PersistedStateData",
    "PersisterHook",
    "SQLLitePersister",
    "SQLitePersister",
]

SQLLitePersister = SQLitePersister
"""Another spelling that is in use."""
