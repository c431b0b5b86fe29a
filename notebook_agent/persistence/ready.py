"""Persisters over the store. An application that is given one keeps its whole history there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

from notebook_agent import store as stores
from notebook_agent.errors import StateError
from notebook_agent.ids import RunKey
from notebook_agent.persistence.base import (
    AsyncBaseStatePersister,
    BaseStatePersister,
    PersistedStateData,
    SavedStatus,
)
from notebook_agent.persistence.checkpoints import keep_checkpoint, read_checkpoint
from notebook_agent.state import State
from notebook_agent.store.protocol import Store

__all__ = [
    "AsyncInMemoryPersister",
    "AsyncSQLitePersister",
    "DevNullPersister",
    "InMemoryPersister",
    "Kept",
    "SQLitePersister",
]

_PROJECT: Final = "state"


class Kept:
    """What the persisters over a store share.

    Attributes:
        store: The open store.
        project: The name under which it keeps the runs.
    """

    def __init__(self, path: str | os.PathLike[str] | None, project: str) -> None:
        self.store: Store = stores.open_store(None if path is None else Path(path).expanduser())
        self.project = project

    def copy(self) -> Self:
        """Return this persister: one can serve any number of applications."""
        return self

    def _keep(self, key: tuple[str | None, str], seq: int, position: str, state: State, status: str) -> None:
        if status not in {"completed", "failed"}:
            raise StateError(f"A step is saved as 'completed' or 'failed'; not as {status!r}.")
        run = RunKey(self.project, key[1], key[0])
        keep_checkpoint(
            self.store, run, seq, position, state, "completed" if status == "completed" else "failed"
        )

    def _read(self, partition: str | None, app_id: str | None, seq: int | None) -> PersistedStateData | None:
        return (
            None
            if app_id is None
            else read_checkpoint(self.store, RunKey(self.project, app_id, partition), seq)
        )

    def _ids(self, partition: str | None) -> list[str]:
        keys = (record.key for record in self.store.runs(self.project))
        return [key.app_id for key in keys if key.partition_key == partition]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.project!r} in {self.store.location}>"


class _Plain(Kept, BaseStatePersister):
    def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None, **_: Any
    ) -> PersistedStateData | None:
        """Return a checkpoint, the latest where no number is given; None where there is none."""
        return self._read(partition_key, app_id, sequence_id)

    def list_app_ids(self, partition_key: str | None = None, **_: Any) -> list[str]:
        """Return the ids of the runs in a partition, newest first."""
        return self._ids(partition_key)

    def save(  # Burr's signature
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SavedStatus,
        **_: Any,
    ) -> None:
        """Keep the state after a step; RunConflictError where it is not the next one of its run."""
        self._keep((partition_key, app_id), sequence_id, position, state, status)

    def cleanup(self) -> None:
        """Let go of the file."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()


class _Awaited(Kept, AsyncBaseStatePersister):
    async def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None, **_: Any
    ) -> PersistedStateData | None:
        """Return a checkpoint, the latest where no number is given; None where there is none."""
        return self._read(partition_key, app_id, sequence_id)

    async def list_app_ids(self, partition_key: str | None = None, **_: Any) -> list[str]:
        """Return the ids of the runs in a partition, newest first."""
        return self._ids(partition_key)

    async def save(  # Burr's signature
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SavedStatus,
        **_: Any,
    ) -> None:
        """Keep the state after a step; RunConflictError where it is not the next one of its run."""
        self._keep((partition_key, app_id), sequence_id, position, state, status)

    async def cleanup(self) -> None:
        """Let go of the file."""
        self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cleanup()


class SQLitePersister(_Plain):
    """Keeps runs in a SQLite file; any number of applications and processes may share it.

    Args:
        db_path: The file; it is made where there is none.
        table_name: A name for the runs in it, so that several kinds can share the file.
        serde_kwargs: Not needed: values are kept exactly. It is in Burr's signature.
        connect_kwargs: Not needed either.
    """

    def __init__(
        self,
        db_path: str | os.PathLike[str],
        table_name: str = _PROJECT,
        serde_kwargs: Mapping[str, Any] | None = None,  # noqa: ARG002  # Burr's signature
        connect_kwargs: Mapping[str, Any] | None = None,  # noqa: ARG002  # Burr's signature
    ) -> None:
        super().__init__(db_path, table_name)

    @classmethod
    def from_values(cls, db_path: str | os.PathLike[str], table_name: str = _PROJECT, **_: Any) -> Self:
        """Return a persister; the same as calling the class."""
        return cls(db_path, table_name)


class InMemoryPersister(_Plain):
    """Keeps runs in memory, as long as it lives."""

    def __init__(self) -> None:
        super().__init__(None, _PROJECT)


class AsyncSQLitePersister(_Awaited):
    """As SQLitePersister, awaited; for applications that are built with `abuild`."""

    def __init__(
        self,
        db_path: str | os.PathLike[str],
        table_name: str = _PROJECT,
        serde_kwargs: Mapping[str, Any] | None = None,  # noqa: ARG002  # Burr's signature
    ) -> None:
        super().__init__(db_path, table_name)

    @classmethod
    async def from_values(cls, db_path: str | os.PathLike[str], table_name: str = _PROJECT, **_: Any) -> Self:
        """Return a persister; the same as calling the class."""
        return cls(db_path, table_name)


class AsyncInMemoryPersister(_Awaited):
    """As InMemoryPersister, awaited; for applications that are built with `abuild`."""

    def __init__(self) -> None:
        super().__init__(None, _PROJECT)


class DevNullPersister(BaseStatePersister):
    """Keeps nothing and finds nothing."""

    def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None, **_: Any
    ) -> None:
        """Return None."""

    def list_app_ids(self, partition_key: str | None, **_: Any) -> list[str]:  # noqa: ARG002  # the base's
        """Return no ids."""
        return []

    def save(self, *_: Any, **__: Any) -> None:
        """Do nothing."""
