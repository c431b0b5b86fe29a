"""How a saver is told of each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notebook_agent.lifecycle import PostRunStepHook, PostRunStepHookAsync
from notebook_agent.persistence.base import AsyncBaseStateSaver, BaseStateSaver, SavedStatus

__all__ = ["AsyncPersisterHook", "PersisterHook"]


class PersisterHook(PostRunStepHook):
    """Gives each step to a saver, once the step is kept in the run's own history."""

    def __init__(self, persister: BaseStateSaver) -> None:
        self.persister = persister

    def post_run_step(self, **event: Any) -> None:
        """Save the step."""
        self.persister.save(*_checkpoint(event))


class AsyncPersisterHook(PostRunStepHookAsync):
    """As PersisterHook, awaited."""

    def __init__(self, persister: AsyncBaseStateSaver) -> None:
        self.persister = persister

    async def post_run_step(self, **event: Any) -> None:
        """Save the step."""
        await self.persister.save(*_checkpoint(event))


def _checkpoint(event: Mapping[str, Any]) -> tuple[str | None, str, int, str, Any, SavedStatus]:
    return (
        event["partition_key"],
        event["app_id"],
        event["sequence_id"],
        event["action"].name,
        event["state"],
        "completed" if event["exception"] is None else "failed",
    )
