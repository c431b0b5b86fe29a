"""Space that nothing needs any more: found, said, and given back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import StoreError
from notebook_agent.ids import RunKey
from notebook_agent.store import walk
from notebook_agent.store.core import Core
from notebook_agent.store.protocol import Reclaimed
from notebook_agent.store.removal import Removal, check_removable, plan_removal, remove
from notebook_agent.store.restoring import empty, list_removed
from notebook_agent.store.runs import one_run

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["collect", "delete_run", "roots"]

_STRAYS: Final = (
    "DELETE FROM span WHERE step NOT IN (SELECT id FROM step)",
    "DELETE FROM call WHERE step IS NOT NULL AND step NOT IN (SELECT id FROM step)",
)
_OWNER: Final = {"run": "id", "step": "id", "call": "step", "span": "step", "edit": "step"}
"""By table, the column that says whose row it is."""

Kept = Callable[[str, int], bool]
"""Whether a row stays, by its table and owner."""


def _is_there(_: str, owner: int) -> bool:
    """Whether a row belongs to no run that was set aside."""
    return owner > 0


def collect(core: Core, *, dry_run: bool) -> Reclaimed:
    """See `Store.gc`: mark from the rows of the tables, sweep the rest, in one transaction.

    A content id that was cached on a value before counts no more, here and in other processes.
    """
    if dry_run:
        with core.database.read() as connection:
            return replace(_weigh(connection, _dead(connection)), removed=_restorable(connection))
    before = _file_size(core)
    with core.database.write() as transaction:
        connection = transaction.connection
        removed = _restorable(connection)
        empty(connection)
        for statement in _STRAYS:
            connection.execute(statement)
        dead = _dead(connection)
        found = _weigh(connection, dead)
        walk.drop(connection, dead)
        core.database.grow_older(connection)
    core.forget()
    core.claims.sweep_dead()
    with contextlib.suppress(StoreError):
        core.database.shrink()
    return replace(found, file=max(0, before - _file_size(core)), removed=removed)


def delete_run(core: Core, key: RunKey, *, dry_run: bool) -> Reclaimed:
    """See `Store.delete_run`."""
    if dry_run:
        with core.database.read() as connection:
            check_removable(one_run(core, connection, key))
            return _weigh_removal(connection, plan_removal(connection, key))
    with core.database.write() as transaction:
        connection = transaction.connection
        check_removable(one_run(core, connection, key))
        removal = plan_removal(connection, key)
        steps = _steps(connection, removal)
        remove(core, connection, removal)
    core.forget()
    return _told(Reclaimed(), removal, steps)


def roots(connection: Connection, kept: Kept = _is_there) -> Iterator[int]:
    """Numbers of the nodes that rows of the tables name; what was set aside holds none."""
    for table, owner in _OWNER.items():
        numbers, texts = walk.NODES.get(table, ()), walk.TEXTS.get(table, ())
        sql = f"SELECT {', '.join((owner, *numbers, *texts))} FROM {table}"  # noqa: S608 (constants)
        for row in connection.execute(sql):
            if row[0] is None or kept(table, row[0]):
                yield from _named(row[1 : 1 + len(numbers)], row[1 + len(numbers) :])


def _named(numbers: Iterable[int | None], texts: Iterable[str | None]) -> Iterator[int]:
    yield from (number for number in numbers if number is not None)
    for text in texts:
        if text is not None and '"$"' in text:
            yield from walk.pointers(text)


def _restorable(connection: Connection) -> int:
    return len(list_removed(connection, None))


def _dead(connection: Connection) -> set[int]:
    return walk.nodes(connection) - walk.reachable(connection, set(roots(connection)))


def _weigh(connection: Connection, nodes: set[int]) -> Reclaimed:
    return Reclaimed(len(nodes), sum(walk.sizes(connection, nodes).values()))


def _weigh_removal(connection: Connection, removal: Removal) -> Reclaimed:
    """What a garbage collection after it would give back, beyond what one now would."""
    gone, bounds = {*removal.runs, *removal.branches}, removal.all_steps

    def kept(table: str, owner: int) -> bool:
        if table == "run" or owner < 0:
            return owner > 0 and owner not in gone
        return not any(low <= owner <= high for low, high in bounds)

    live = walk.reachable(connection, set(roots(connection)))
    freed = live - walk.reachable(connection, set(roots(connection, kept)))
    return _told(_weigh(connection, freed), removal, _steps(connection, removal))


def _told(found: Reclaimed, removal: Removal, steps: int) -> Reclaimed:
    branches, spared = len(removal.branches), len(removal.spared)
    return replace(found, steps=steps, hidden=removal.hidden is not None, branches=branches, spared=spared)


def _steps(connection: Connection, removal: Removal) -> int:
    sql = "SELECT count(*) FROM step WHERE id BETWEEN ? AND ?"
    return sum(connection.execute(sql, bounds).fetchone()[0] for bounds in removal.steps)


def _file_size(core: Core) -> int:
    """Bytes of the file and its log."""
    files = Path(core.location), Path(f"{core.location}-wal")
    return sum(file.stat().st_size for file in files if file.is_file())
