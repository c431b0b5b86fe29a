"""Time limits of actions, and pauses between their attempts."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable

from notebook_agent.action import Node
from notebook_agent.engine.calling import Call
from notebook_agent.engine.step import OpenStep
from notebook_agent.errors import ActionTimeoutError

__all__ = ["deadline_of", "note_overrun", "pause", "within"]

_log = logging.getLogger(__name__)


def deadline_of(node: Node) -> float | None:
    """Return when an attempt that begins now must be over, on the clock `time.monotonic`."""
    if node.policy is None or node.policy.timeout is None:
        return None
    return time.monotonic() + node.policy.timeout


async def within(answer: Awaitable[object], deadline: float) -> object:
    """Await something until a deadline, then cancel it.

    Raises:
        ActionTimeoutError: It was not there in time.
    """
    import asyncio

    limit = asyncio.timeout(deadline - time.monotonic())
    try:
        async with limit:
            return await answer
    except TimeoutError:
        if not limit.expired():
            raise
    raise ActionTimeoutError("It took longer than its timeout and was cancelled.")


def pause(seconds: float, *, awaits: bool) -> Call:
    """Return the call that waits between two attempts."""
    if not awaits:
        return Call(time.sleep, (seconds,), {})
    import asyncio

    return Call(asyncio.sleep, (seconds,), {})


_WHY_NOT = {
    False: "An action that is not async cannot be stopped from outside.",
    True: "It was cancelled, caught that, and went on.",
}


def note_overrun(step: OpenStep, deadline: float) -> None:
    """Say, of an action that could not be cancelled, that it took longer than it may."""
    if time.monotonic() <= deadline:
        return
    assert step.action.policy is not None
    limit = step.action.policy.timeout or 0
    note = (
        f"The action {step.action.name!r} took {time.monotonic() - deadline + limit:.1f} s, longer than its "
        f"timeout of {limit:g} s. {_WHY_NOT[step.action.asynchronous]}"
    )
    _log.warning("%s@%s: %s", step.ref.run.short, step.ref.seq, note)
    step.events.append({"note": note})
