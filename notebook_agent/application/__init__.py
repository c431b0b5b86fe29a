"""Application: one run, and what can be done with it."""

from __future__ import annotations

from notebook_agent.application.application import Application, ParentPointer

__all__ = ["Application", "ParentPointer"]
