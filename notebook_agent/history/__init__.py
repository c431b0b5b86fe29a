"""Questions to the past of a run; none of them changes anything."""

from __future__ import annotations

from notebook_agent.history.compare import Change, changes, path_of
from notebook_agent.history.history import History, family
from notebook_agent.history.spans import Span, attributes_of, spans_of

__all__ = ["Change", "History", "Span", "attributes_of", "changes", "family", "path_of", "spans_of"]
