"""Where a store may lie: what a user names, as the path of a file."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from notebook_agent.errors import AgentError, StoreError, StoreReadOnlyError
from notebook_agent.redact import redact_text

__all__ = ["MEMORY", "NAME", "check_project", "is_address", "locate_file"]

MEMORY: Final = ":memory:"
NAME: Final = "store.db"
"""Of the file in a folder that is named in its place."""


_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PROJECT: Final = re.compile(r"[A-Za-z0-9_:.-]+")


def check_project(name: object) -> None:
    """Raise AgentError where this is no name of a project: letters, digits and `_ - . :`, and no secret."""
    if not isinstance(name, str) or not _PROJECT.fullmatch(name):
        raise AgentError(f"A project's name has letters, digits and _ - . : only; not {name!r}.")
    if (masked := redact_text(name)) != name:
        raise AgentError(
            f"A project's name is shown wherever its runs are, and this one holds a secret ({masked})."
            " Take another."
        )


def is_address(named: object) -> bool:
    """Tell `s3://bucket/x.db` from the path of a file, on any system."""
    return isinstance(named, str) and _ADDRESS.match(named) is not None


def locate_file(named: object) -> str | None:
    """Return the whole path of the file that is meant; of a folder, of `store.db` in it; None for memory.

    Raises:
        StoreError: it is no path.
        StoreReadOnlyError: there can be no file, or there is something else.
    """
    if named is None or named == MEMORY:
        return None
    if not isinstance(named, str | os.PathLike) or not str(named) or "\0" in str(named):
        raise StoreError(
            f"{named!r} is no path of a file to keep the history in. Give one, or None to keep it in memory."
        )
    if is_address(named):
        raise StoreError(
            f"{named!r} is an address, and a store is a file on this machine."
            " Give its path, such as 'runs.db'.",
            path=str(named),
        )
    try:
        path = Path(str(named)).expanduser().resolve()
        path = path / NAME if path.is_dir() else path
        other = path.exists() and not path.is_file()
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreReadOnlyError(
            f"{named} cannot be opened ({reason}). Choose another path.", path=str(named)
        ) from error
    if other:
        raise StoreReadOnlyError(
            f"{path} is a device, a pipe or a socket, and no file. Choose another path.", path=str(path)
        )
    return str(path)
