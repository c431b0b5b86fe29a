"""What SQLite's errors mean to a user, and what else can be wrong with a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_agent.errors import StoreError, StoreFormatError, StoreFullError, StoreReadOnlyError

if TYPE_CHECKING:
    import sqlite3

__all__ = ["CANNOT_WRITE", "DAMAGED", "GONE", "REPLACED", "meaning"]

CANNOT_WRITE = "{path} cannot be written ({error}). Choose another path."
DAMAGED = "{path} is damaged ({error}). Restore a copy, or choose another path."
_BUSY = "Another program has held {path} for 30 s ({error}). Try again when it is done."
GONE = (
    "{path} is gone: it was deleted or moved while it was in use, and with it what it kept. Put it back;"
    " or move {path}-wal, if there is one, after it, named as it is now (the newest steps are in it), and"
    " open it there in another kernel; or go on in a new file: restart the kernel, or give another path."
)
REPLACED = (
    "{path} is another file than the one that was opened: it was replaced while in use. Open it again, or"
    " restart the kernel, to go on with the new one."
)
_UNDONE = "Nothing of this was written, and all before it is as it was."
_OTHER = (StoreError, "{path}: {error}.")
_MEANING: dict[int, tuple[type[StoreError], str]] = {
    3: (StoreReadOnlyError, CANNOT_WRITE),
    5: (StoreError, _BUSY),
    6: (StoreError, _BUSY),
    8: (StoreReadOnlyError, CANNOT_WRITE),
    10: (StoreFullError, f"The disk under {{path}} failed ({{error}}). {_UNDONE} Try again."),
    11: (StoreFormatError, DAMAGED),
    13: (StoreFullError, f"The disk under {{path}} is full. {_UNDONE} Free some space and try again."),
    14: (StoreReadOnlyError, "{path} cannot be opened ({error}). Check that it exists and its permissions."),
    26: (StoreFormatError, "{path} is no store of notebook_agent ({error}). Choose another path."),
}
"""What SQLite's primary result codes mean to a user."""


def meaning(error: sqlite3.Error, path: str) -> StoreError:
    """Say in our own terms what SQLite reports."""
    code = getattr(error, "sqlite_errorcode", None)
    kind, text = _MEANING.get((code or 0) & 0xFF, _OTHER)
    if (code is None and "UTF-8" in str(error)) or str(error).startswith("no such "):
        kind, text = _MEANING[11]
    return kind(text.format(path=path, error=error), path=path)
