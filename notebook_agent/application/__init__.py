"""Application: one run, and what can be done with it; its builder too, for those who look for it here."""

from __future__ import annotations

from notebook_agent.application.application import Application, ParentPointer
from notebook_agent.engine import (
    ApplicationContext,
    AsyncStreamingResultContainer,
    StreamingResultContainer,
)
from notebook_agent.lazy import lazily

__getattr__ = lazily(__name__, {"ApplicationBuilder": "builder"}, "notebook_agent")

__all__ = [
    "Application",
    "ApplicationContext",
    "AsyncStreamingResultContainer",
    "ParentPointer",
    "StreamingResultContainer",
]
