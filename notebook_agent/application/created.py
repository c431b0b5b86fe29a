"""An application that has just been made: those who hook into that are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from notebook_agent import engine
from notebook_agent.engine.calling import tell
from notebook_agent.lifecycle import Hooks

if TYPE_CHECKING:
    from notebook_agent.application.application import Application

__all__ = ["atell_created", "tell_created"]


def tell_created(app: Application, hooks: Hooks) -> None:
    """Tell the hooks of a new application that are not awaited."""
    told = tuple(hook for hook in hooks.post_application_create if not hook.awaited)
    engine.run(tell(told, _event(app), awaits=False))  # type: ignore[arg-type]  # a loop without an outcome


async def atell_created(app: Application, hooks: Hooks) -> None:
    """Tell those that are."""
    told = tuple(hook for hook in hooks.post_application_create if hook.awaited)
    await engine.arun(tell(told, _event(app), awaits=True))  # type: ignore[arg-type]  # as above


def _event(app: Application) -> dict[str, object]:
    return {
        "app_id": app.uid,
        "partition_key": app.partition_key,
        "state": app.state,
        "application_graph": app.graph,
        "parent_pointer": app.parent_pointer,
        "spawning_parent_pointer": app.spawning_parent_pointer,
    }
