"""The awaited SQLite persister; it is in `notebook_agent.persistence`."""

from __future__ import annotations

from notebook_agent.persistence import AsyncSQLitePersister

__all__ = ["AsyncSQLitePersister"]
