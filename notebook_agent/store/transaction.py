"""Transactions on one connection: what they hold, when they end, and what their errors mean."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Self

from notebook_agent.errors import AgentError, StoreError, StoreFormatError
from notebook_agent.store.keeper import Keeper
from notebook_agent.store.trouble import meaning

if TYPE_CHECKING:
    import sqlite3

__all__ = ["AgedError", "Lane", "Reading", "Transaction", "age_of", "check_readable", "translate"]

_AGE_AND_NEWEST: Final = "SELECT (SELECT n FROM age), (SELECT coalesce(max(id), 0) FROM node)"


_UNREADABLE: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class AgedError(Exception):
    """Something was removed from the file: numbers noted before may stand for something else now."""


class Lane:
    """A connection, and the lock of the thread that uses it."""

    __slots__ = ("connection", "lock", "synced")

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.lock = threading.RLock()
        self.synced: bool | None = None


class Transaction:
    """See `Database.write`. It takes the file's lock at the first use of `connection`."""

    __slots__ = ("_begun", "_durable", "_keeper", "_known", "_lane", "_location")

    def __init__(self, location: str, lane: Lane, *, durable: bool, keeper: Keeper | None) -> None:
        self._keeper = keeper
        self._location = location
        self._lane = lane
        self._durable = durable
        self._begun = self._known = False

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection, within the transaction."""
        connection = self._lane.connection if self._known else self.hold()
        if not self._known:
            self._known = True
            if self._keeper is not None:
                age, self._keeper.newest = connection.execute(_AGE_AND_NEWEST).fetchone()
                if age != self._keeper.age:
                    raise AgedError
        return connection

    def hold(self) -> sqlite3.Connection:
        """Take the file's lock without a look at its age, where nothing is done before `last` has looked."""
        if not self._begun:
            self._lane.connection.execute("BEGIN IMMEDIATE")
            self._begun = True
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
        connection, keeper = self._lane.connection, self._keeper if self._known else None
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
            translate(self._location, error)


class Reading:
    """See `Database.read`; all is of one moment, and rows that no store writes are StoreFormatError."""

    __slots__ = ("_begun", "_lane", "_location")

    def __init__(self, location: str, lane: Lane) -> None:
        self._location = location
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
            translate(self._location, error)
            raise
        return connection

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        failure = self._end(failed=error is not None)
        check_readable(self._location, error)
        if error is not None:
            translate(self._location, error)
        elif failure is not None:
            translate(self._location, failure)

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


def age_of(connection: sqlite3.Connection) -> int:
    """See `Database.age`."""
    row = connection.execute("SELECT n FROM age").fetchone()
    return row[0] if row is not None and isinstance(row[0], int) else -1


def check_readable(location: str, error: BaseException | None) -> None:
    """Say of what a row, or SQLite's own word for it, does to us that the file is damaged."""
    if isinstance(error, _UNREADABLE) and not isinstance(error, AgentError | UnicodeEncodeError):
        message = f"{location} is damaged: a row cannot be read ({error})."
        raise StoreFormatError(message, path=location) from error


def translate(location: str, error: BaseException) -> None:
    """Raise in our own terms what SQLite reports; let other errors be."""
    import sqlite3

    if isinstance(error, sqlite3.Error):
        raise meaning(error, location) from error
    if isinstance(error, UnicodeEncodeError):
        raise StoreError(
            f"{error.object!r:.80} cannot be kept as a name: it holds half of a character (a lone surrogate)."
            " Give another one.",
            path=location,
        ) from error
