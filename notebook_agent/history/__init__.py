"""Questions to the past of a run; none of them changes anything."""

from __future__ import annotations

from notebook_agent.history.compare import Change, changes, path_of
from notebook_agent.history.history import History, family

__all__ = ["Change", "History", "changes", "family", "path_of"]
