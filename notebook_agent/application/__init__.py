"""Application: one run, and what can be done with it."""

from __future__ import annotations

from notebook_agent.application.application import Application, ParentPointer
from notebook_agent.engine import (
    ApplicationContext,
    AsyncStreamingResultContainer,
    StreamingResultContainer,
)

__all__ = [
    "Application",
    "ApplicationContext",
    "AsyncStreamingResultContainer",
    "ParentPointer",
    "StreamingResultContainer",
]
