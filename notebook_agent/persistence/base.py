"""What a saver and a loader of state must be able to do, plainly and awaited."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Literal, TypedDict

from notebook_agent.state import State

__all__ = [
    "AsyncBaseStateLoader",
    "AsyncBaseStatePersister",
    "AsyncBaseStateSaver",
    "BaseStateLoader",
    "BaseStatePersister",
    "BaseStateSaver",
    "PersistedStateData",
    "SavedStatus",
    "is_awaited",
]

SavedStatus = Literal["completed", "failed"]
"""How a step ended; one that was interrupted counts as failed."""


class PersistedStateData(TypedDict):
    """A checkpoint as a loader gives it: the state after step `sequence_id`, made by action `position`."""

    partition_key: str | None
    app_id: str
    sequence_id: int
    position: str
    state: State
    created_at: str
    """ISO 8601, UTC."""
    status: SavedStatus


class BaseStateLoader(ABC):
    """Gives checkpoints back: derive from it and give the object to `initialize_from`."""

    @abstractmethod
    def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None, **kwargs: Any
    ) -> PersistedStateData | None:
        """Return a checkpoint, the latest where no number is given; None where there is none."""

    @abstractmethod
    def list_app_ids(self, partition_key: str | None, **kwargs: Any) -> list[str]:
        """Return the ids of the runs in a partition."""

    def is_async(self) -> bool:
        """Return whether its methods are awaited."""
        return False


class BaseStateSaver(ABC):
    """Keeps checkpoints: derive from it and give the object to `with_state_persister`."""

    def initialize(self) -> None:  # noqa: B027  # there may be nothing to prepare
        """Prepare what must be there before the first `save`, such as a table."""

    def is_initialized(self) -> bool:
        """Return whether it can save."""
        return True

    @abstractmethod
    def save(  # Burr's signature
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SavedStatus,
        **kwargs: Any,
    ) -> None:
        """Keep the state after a step; after one that failed it is the state before."""

    def is_async(self) -> bool:
        """Return whether its methods are awaited."""
        return False


class BaseStatePersister(BaseStateLoader, BaseStateSaver):
    """A loader and saver in one."""


class AsyncBaseStateLoader(ABC):
    """As BaseStateLoader, awaited; for applications that are built with `abuild`."""

    @abstractmethod
    async def load(
        self, partition_key: str | None, app_id: str | None, sequence_id: int | None = None, **kwargs: Any
    ) -> PersistedStateData | None:
        """Return a checkpoint, the latest where no number is given; None where there is none."""

    @abstractmethod
    async def list_app_ids(self, partition_key: str | None, **kwargs: Any) -> list[str]:
        """Return the ids of the runs in a partition."""

    def is_async(self) -> bool:
        """Return whether its methods are awaited."""
        return True


class AsyncBaseStateSaver(ABC):
    """As BaseStateSaver, awaited; for applications that are built with `abuild`."""

    async def initialize(self) -> None:  # noqa: B027  # there may be nothing to prepare
        """Prepare what must be there before the first `save`, such as a table."""

    async def is_initialized(self) -> bool:
        """Return whether it can save."""
        return True

    @abstractmethod
    async def save(  # Burr's signature
        self,
        partition_key: str | None,
        app_id: str,
        sequence_id: int,
        position: str,
        state: State,
        status: SavedStatus,
        **kwargs: Any,
    ) -> None:
        """Keep the state after a step; after one that failed it is the state before."""

    def is_async(self) -> bool:
        """Return whether its methods are awaited."""
        return True


class AsyncBaseStatePersister(AsyncBaseStateLoader, AsyncBaseStateSaver):
    """A loader and saver in one, awaited."""


def is_awaited(thing: object) -> bool:
    """Return whether the methods of a loader or saver are awaited."""
    asks = getattr(thing, "is_async", None)
    return bool(asks()) if callable(asks) else False
