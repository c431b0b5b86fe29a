"""ApplicationBuilder: says what an application is made of, and builds it."""

from __future__ import annotations

from notebook_agent.builder.builder import ApplicationBuilder

__all__ = ["ApplicationBuilder"]
