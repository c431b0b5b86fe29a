"""One SQLite file: its connections, its transactions, and what its errors mean."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from notebook_agent.errors import (
    AgentError,
    StoreError,
    StoreFormatError,
    StoreReadOnlyError,
)
from notebook_agent.store import schema
from notebook_agent.store.keeper import Keeper
from notebook_agent.store.protocol import Durability
from notebook_agent.store.trouble import CANNOT_WRITE, GONE, REPLACED, meaning

if TYPE_CHECKING:
    import sqlite3

__all__ = ["MEMORY", "AgedError", "Database", "Transaction", "age_of"]

MEMORY = ":memory:"

_WAIT = 30.0
"""Seconds to wait for another process's transaction."""

_OLDEST = 0x7FFFFFFF
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class AgedError(Exception):
    """Something was removed from the file: numbers noted before may stand for something else now."""


class Lane:
    """A connection, and the lock of the thread that uses it."""

    __slots__ = ("connection", "lock", "synced")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        self.synced: bool | None = None


class Database:
    """A SQLite file, or memory where `path` is None.

    Attributes:
        read_only: The file cannot be written, or was opened so.
    """

    def __init__(
        self, path: str | None, *, durability: Durability, read_only: bool, network: bool = False
    ) -> None:
        self.location = path or MEMORY
        self.read_only = read_only
        self._network = network
        self._full = durability == "full" or network
        self._mode = "ro"
        self._writer = Lane(self._open())
        self._reader = Lane(self._connect()) if path else self._writer
        self._identity = None if path is None else _identity(path)

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
        if self._identity is not None and _identity(self.location) != self._identity:
            raise StoreError(self._missed(), path=self.location)
        durable = self._network or (durable and self._full)
        return Transaction(self, self._writer, durable=durable, keeper=keeper)

    def read(self) -> Reading:
        """Hold the reading connection for a `with`."""
        return Reading(self, self._reader)

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
        connection.execute(f"PRAGMA user_version = {(age_of(connection) + 1) & _OLDEST}")

    def shrink(self) -> None:
        """Give the space of removed rows back to the disk; it takes a while, and room for a second copy."""
        lane = self._writer
        with lane.lock:
            try:
                lane.connection.execute("VACUUM")
                lane.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except BaseException as error:
                _translate(self, error)
                raise

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
            if not self.read_only or not Path(self.location).is_file():
                raise
            self._check_log()
            self._mode = "ro&immutable=1"
            return self._opened()

    def _missed(self) -> str:
        text = REPLACED if Path(self.location).exists() else GONE
        return text.format(path=self.location)

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
            _check_readable(self, error)
            _translate(self, error)
            raise
        return connection

    def _touch(self) -> None:
        path = Path(self.location)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            if not path.is_file():
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
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = schema.check(connection, self.location)
        if not self.read_only:
            connection.execute(f"PRAGMA journal_mode = {'DELETE' if self._network else 'WAL'}")
            schema.migrate(connection, self.location)
        elif version < schema.VERSION:
            raise StoreFormatError(
                f"{self.location} is empty or of an older version, and open for reading only."
                " Open it once without read_only=True.",
                path=self.location,
            )


class Transaction:
    """See `Database.write`. It takes the file's lock at the first use of `connection`."""

    __slots__ = ("_begun", "_database", "_durable", "_keeper", "_lane")

    def __init__(self, database: Database, lane: Lane, *, durable: bool, keeper: Keeper | None) -> None:
        self._keeper = keeper
        self._database = database
        self._lane = lane
        self._durable = durable
        self._begun = False

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, within the transaction."""
        if not self._begun:
            self._lane.connection.execute("BEGIN IMMEDIATE")
            self._begun = True
            self.check_age()
        return self._lane.connection

    def check_age(self) -> None:
        """Raise AgedError where the file is of another age than this transaction asks for."""
        if self._keeper is not None and age_of(self._lane.connection) != self._keeper.age:
            raise AgedError

    def last(self, statement: str, values: Sequence[object]) -> int:
        """Execute the last statement, which is a transaction of its own if it is the only one.

        It must do nothing where the file's age is another than its last value.

        Returns:
            How many rows it changed.
        """
        age = None if self._keeper is None else self._keeper.age
        return self._lane.connection.execute(statement, (*values, age)).rowcount

    def __enter__(self) -> Self:
        lane = self._lane
        lane.lock.acquire()
        if lane.synced is not self._durable:
            try:
                lane.connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            except BaseException as error:
                self._leave(error)
                raise
            lane.synced = self._durable
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is None and self._begun:
            try:
                self._commit()
            except BaseException as failure:
                self._leave(failure)
                raise
        self._leave(error)

    def _commit(self) -> None:
        connection, keeper = self._lane.connection, self._keeper
        if keeper is None:
            connection.execute("COMMIT")
            return
        keeper.flush(connection)
        connection.execute("COMMIT")
        keeper.settle()

    def _leave(self, error: BaseException | None) -> None:
        try:
            if error is not None and self._begun and self._keeper is not None:
                self._keeper.reset()
            if error is not None and self._lane.connection.in_transaction:
                self._lane.connection.execute("ROLLBACK")
        finally:
            self._lane.lock.release()
        if error is not None:
            _translate(self._database, error)


class Reading:
    """See `Database.read`; all that is read in it is of one moment, a row that no store writes an error."""

    __slots__ = ("_begun", "_database", "_lane")

    def __init__(self, database: Database, lane: Lane) -> None:
        self._database = database
        self._lane = lane
        self._begun = False

    def __enter__(self) -> sqlite3.Connection:
        self._lane.lock.acquire()
        connection = self._lane.connection
        try:
            if not connection.in_transaction:
                connection.execute("BEGIN")
                self._begun = True
        except BaseException as error:
            self._lane.lock.release()
            _translate(self._database, error)
            raise
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        failure = self._end(failed=error is not None)
        _check_readable(self._database, error)
        if error is not None:
            _translate(self._database, error)
        elif failure is not None:
            raise self._database.error(failure) from failure

    def _end(self, *, failed: bool) -> sqlite3.Error | None:
        """Leave the moment that was read; on a damaged file that fails too, and says nothing new."""
        import sqlite3

        try:
            if self._begun and self._lane.connection.in_transaction:
                self._lane.connection.execute("ROLLBACK" if failed else "COMMIT")
        except sqlite3.Error as failure:
            return failure
        finally:
            self._lane.lock.release()
        return None


def _identity(path: str) -> tuple[int, int] | None:
    """What tells a file from another one at the same path; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 (asked before each write)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def age_of(connection: sqlite3.Connection) -> int:
    """See `Database.age`."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _check_readable(database: Database, error: BaseException | None) -> None:
    """Say of what a row, or SQLite's own word for it, does to us that the file is damaged."""
    if isinstance(error, _UNREADABLE) and not isinstance(error, AgentError):
        message = f"{database.location} is damaged: a row cannot be read ({error})."
        raise StoreFormatError(message, path=database.location) from error


def _translate(database: Database, error: BaseException) -> None:
    import sqlite3

    if isinstance(error, sqlite3.Error):
        raise database.error(error) from error
