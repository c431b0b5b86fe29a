"""Where a branch is kept: beside its parent, by a tracker or a persister of its own, or nowhere."""

from __future__ import annotations

from typing import Any, cast

from notebook_agent.engine import ApplicationContext
from notebook_agent.errors import ActionError
from notebook_agent.lifecycle import NO_HOOKS, Hook, Hooks
from notebook_agent.parallelism.tasks import SubGraphTask
from notebook_agent.persistence import AsyncPersisterHook, PersisterHook
from notebook_agent.persistence.base import is_awaited
from notebook_agent.persistence.ready import Kept
from notebook_agent.store.protocol import Store

__all__ = ["home_of", "hooks_of"]


def home_of(task: SubGraphTask, context: ApplicationContext) -> tuple[Store | None, str | None]:
    """Return the store and the project of a task's run; no project stands for its parent's."""
    given = task.tracker
    if given == "cascade" and isinstance(task.state_persister, Kept):
        return task.state_persister.store, task.state_persister.project
    if given == "cascade":
        return context.step.run.store, None
    if given is None:
        return None, None
    if not hasattr(given, "store"):
        raise ActionError(
            f"The branches of {context.action_name!r} are to be tracked by {given!r}. Give a "
            "LocalTrackingClient, 'cascade' to keep them beside their parent, or None.",
            action=context.action_name,
        )
    return given.store, given.project


def hooks_of(task: SubGraphTask, context: ApplicationContext, *, awaits: bool) -> Hooks:
    """Return a branch's hooks: those of its parent that cascade, and one for a saver of the user's own.

    Raises:
        ActionError: The saver is async and the branches are not awaited.
    """
    saver = _saver(task, context, awaits=awaits)
    hooks = tuple(each for each in context.step.hooks.adapters if getattr(each, "cascades", False))
    return Hooks((*hooks, *saver)) if hooks or saver else NO_HOOKS


def _saver(task: SubGraphTask, context: ApplicationContext, *, awaits: bool) -> tuple[Hook, ...]:
    cascades = task.state_persister == "cascade"
    saver = context.state_persister if cascades else task.state_persister
    if saver is None or isinstance(saver, Kept):
        return ()
    if is_awaited(saver) and not awaits:
        raise ActionError(
            f"The branches of {context.action_name!r} are not awaited, and their saver, a "
            f"{type(saver).__name__}, is async. Let is_async() return True, or state_persister() None.",
            action=context.action_name,
        )
    if cascades and hasattr(saver, "copy"):
        saver = saver.copy()
    kind = AsyncPersisterHook if is_awaited(saver) else PersisterHook
    return (kind(cast("Any", saver)),)
