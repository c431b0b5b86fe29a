"""Tracking: the runs of a project, kept in a file."""

from __future__ import annotations

from notebook_agent.tracking.client import Loaded, LocalTrackingClient, default_path

__all__ = ["Loaded", "LocalTrackingClient", "default_path"]
