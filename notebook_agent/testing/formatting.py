"""A test file as the project's own formatter leaves it, where ruff is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["formatted"]

_SECONDS = 10


def formatted(text: str, path: Path) -> str:
    """Return the source as ruff formats it for a file at `path`; as it is where there is no ruff."""
    ruff = Path(sys.executable).parent / "ruff"
    found = str(ruff) if ruff.exists() else shutil.which("ruff")
    if found is None:
        return text
    command = [found, "format", "--quiet", "--stdin-filename", str(path), "-"]
    try:
        done = subprocess.run(  # noqa: S603 - the person's own formatter, with our text
            command, input=text.encode(), capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return text
    return done.stdout.decode() or text
