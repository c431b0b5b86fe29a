"""A run as one readable JSON file, and back."""

from __future__ import annotations

from notebook_agent.store.portable.file import export_run, import_run

__all__ = ["export_run", "import_run"]
