"""One SQLite file: how it is opened, and its two connections."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from notebook_agent.errors import (
    StoreError,
    StoreFormatError,
    StoreReadOnlyError,
)
from notebook_agent.store import schema
from notebook_agent.store.keeper import Keeper
from notebook_agent.store.places import MEMORY
from notebook_agent.store.protocol import Durability
from notebook_agent.store.transaction import Lane, Reading, Transaction, age_of, check_readable, translate
from notebook_agent.store.trouble import CANNOT_WRITE, GONE, REPLACED, meaning

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Database"]

_WAIT = 30.0
"""Seconds to wait for another process's transaction."""

_WAIT_TO_SHRINK = 1.0
"""Seconds to wait for readers before a file is left as large as it was."""

_PAUSE = 0.01
_TRUSTED = 0.5
"""Seconds for which a file that was there is taken to be there still, by what promises nothing yet."""


class Database:
    """A SQLite file, or memory where `path` is None.

    Attributes:
        read_only: The file cannot be written, or was opened so.
    """

    def __init__(
        self, path: str | None, *, durability: Durability, read_only: bool, network: bool = False
    ) -> None:
        self.location = path or MEMORY
        self.read_only = self._asked = read_only
        self._network = network
        self._full = durability == "full" or network
        self._mode = "ro"
        self._writer = Lane(self._open())
        self._reader = Lane(self._connect()) if path else self._writer
        self._identity = None if path is None else _identity(path)
        self._seen = 0.0

    def write(self, *, durable: bool = True, keeper: Keeper | None = None) -> Transaction:
        """Begin a transaction that commits at the end of a `with`, and rolls back on any exception.

        Args:
            durable: Sync it to the disk, unless the store's durability is `normal`.
            keeper: Of the nodes that are written in it, which knows the file at one age, see `age`.

        Raises:
            StoreReadOnlyError: nothing can be written here.
            StoreError: the file was deleted; SQLite would go on in what nobody can open.
            AgedError: once the connection is used, the file is of another age.
        """
        if self.read_only:
            raise StoreReadOnlyError(
                f"{self.location} is open for reading only. Choose another path to go on.",
                path=self.location,
            )
        now, durable = time.monotonic(), self._network or (durable and self._full)
        if self._identity is not None and (durable or now > self._seen + _TRUSTED):
            self.check_there()
            self._seen = now
        return Transaction(self.location, self._writer, durable=durable, keeper=keeper)

    def read(self) -> Reading:
        """Hold the reading connection for a `with`."""
        return Reading(self.location, self._reader)

    def check_there(self) -> None:
        """Raise StoreError where the file was deleted, moved or replaced."""
        if not self.is_there:
            text = REPLACED if _identity(self.location) else GONE
            raise StoreError(text.format(path=self.location), path=self.location)

    @property
    def is_there(self) -> bool:
        """Whether the file is still the one at its path."""
        return self._identity is None or _identity(self.location) == self._identity

    def age(self) -> int:
        """How often something was removed from the file; numbers of rows noted at an age count only in it."""
        with self.read() as connection:
            return age_of(connection)

    def grow_older(self, connection: sqlite3.Connection) -> None:
        """Say, within a transaction that removes rows, that numbers noted before count no more."""
        connection.execute("UPDATE age SET n = n + 1")

    def shrink(self) -> None:
        """Give the space of removed rows back to the disk; it takes a while, and room for a second copy."""
        lane = self._writer
        with lane.lock:
            try:
                lane.connection.execute(f"PRAGMA busy_timeout = {_WAIT_TO_SHRINK * 1000:.0f}")
                lane.connection.execute("VACUUM")
                lane.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except BaseException as error:
                translate(self.location, error)
                raise
            finally:
                lane.connection.execute(f"PRAGMA busy_timeout = {_WAIT * 1000:.0f}")

    def close(self) -> None:
        """Close both connections."""
        with self._writer.lock, self._reader.lock:
            self._reader.connection.close()
            self._writer.connection.close()

    def error(self, error: sqlite3.Error) -> StoreError:
        """Say in our own terms what SQLite reports."""
        return meaning(error, self.location)

    def _open(self) -> sqlite3.Connection:
        if self.location != MEMORY and not self.read_only:
            self._touch()
        try:
            return self._opened()
        except StoreReadOnlyError:
            if not self.read_only or not os.path.isfile(self.location):  # noqa: PTH113  # as below
                raise
            self._check_log()
            self._mode = "ro&immutable=1"
            return self._opened()

    def _check_log(self) -> None:
        """Refuse a file whose newest steps are in its log, which only a writable place can read."""
        log = Path(f"{self.location}-wal")
        if log.is_file() and log.stat().st_size:
            raise StoreReadOnlyError(
                f"{self.location} was not closed, and its newest steps in {log.name} can only be read where"
                " both files can be written. Copy both to such a place and open the copy.",
                path=self.location,
            )

    def _opened(self) -> sqlite3.Connection:
        import sqlite3

        try:
            connection = self._connect()
        except sqlite3.Error as error:
            raise self.error(error) from error
        try:
            self._prepare(connection)
        except BaseException as error:
            connection.close()
            check_readable(self.location, error)
            translate(self.location, error)
            raise
        return connection

    def _touch(self) -> None:
        path = Path(self.location)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            if not os.path.isfile(path):  # noqa: PTH113  # it raises nothing where the folder is closed
                raise StoreReadOnlyError(
                    CANNOT_WRITE.format(path=path, error=error.strerror), path=str(path)
                ) from error
            self.read_only = True

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        name = self.location
        if self.read_only:
            from urllib.parse import quote

            name = f"file:{quote(self.location)}?mode={self._mode}"
        connection = sqlite3.connect(
            name, timeout=_WAIT, isolation_level=None, check_same_thread=False, uri=self.read_only
        )
        connection.execute("PRAGMA trusted_schema = OFF")
        _defend(connection)
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = schema.check(connection, self.location)
        if not self.read_only:
            _keep_journal(connection, "DELETE" if self._network else "WAL")
            schema.migrate(connection, self.location)
        elif version < schema.VERSION:
            instead = (
                "Open it once without read_only=True."
                if self._asked
                else "It cannot be written here: copy it to where it can be, and open the copy."
            )
            raise StoreFormatError(
                f"{self.location} is empty or of an older version, and open for reading only. {instead}",
                path=self.location,
            )


def _defend(connection: sqlite3.Connection) -> None:
    """Let a crafted file run nothing: what its schema does is refused at once where Python can ask for it."""
    import sqlite3

    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)


def _keep_journal(connection: sqlite3.Connection, mode: str) -> None:
    """Choose how a file is journaled.

    For that SQLite must have the file alone. Of several connections that read it and want that, it lets none
    wait for the others, since they would wait for ever: all but one are told at once that it is locked,
    whatever the timeout. So the waiting is done here, with nothing held.
    """
    import sqlite3

    until = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from another one at the same path; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 (asked before each write)
    except OSError:
        return None
    return found.st_dev, found.st_ino
