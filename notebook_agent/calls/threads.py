"""Whose code runs in a thread that carries no step's context: a step's, another's, or it is not known.

A thread that a step's code starts is that step's, also when the step has ended, and so is what it
starts in turn. Code in the main thread, in an event loop or in a `ThreadPoolExecutor` would carry the
step's context if it were the step's, so it is another's. A thread that other code starts while a run is
at a step is none of that run's. Of a thread that was there before, such as one that works off a queue,
nothing is known; nor of a worker of `multiprocessing.pool.ThreadPool` that outlives the step that made
it, for it works for whoever gives it work.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from concurrent.futures import thread as pools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_agent.ids import RunKey

if TYPE_CHECKING:
    from notebook_agent.calls.running import Running

__all__ = ["is_of_pool", "started", "whose"]

_MARK = "_notebook_agent_origin"


@dataclass(frozen=True, slots=True)
class _Origin:
    """The step whose code started a thread, or the runs that it is none of."""

    step: Running | None = None
    beside: frozenset[RunKey] = frozenset()


_UNKNOWN = _Origin()


def started(thread: threading.Thread, by: Running | None, steps: Sequence[Running]) -> None:
    """Note that a thread is started by a step's code, or by other code while these steps are open."""
    beside = frozenset() if by else frozenset(step.scope.step.run for step in steps)
    setattr(thread, _MARK, _Origin(by, beside))


def whose(thread: threading.Thread, steps: Sequence[Running]) -> Sequence[Running]:
    """Choose the steps that a call from this thread, without a step's context, may belong to.

    Of the open ones, or the one that started the thread.
    """
    if is_of_pool(thread):
        return ()
    origin: _Origin = getattr(thread, _MARK, _UNKNOWN)
    if origin.step is not None and (origin.step in steps or not _is_lent(thread)):
        return (origin.step,)
    if thread is threading.main_thread() or _in_loop():
        return ()
    return [step for step in steps if step.scope.step.run not in origin.beside]


def _is_lent(thread: threading.Thread) -> bool:
    """Tell a worker of a `ThreadPool`."""
    dummy = sys.modules.get("multiprocessing.dummy")
    return dummy is not None and isinstance(thread, dummy.DummyProcess)


def is_of_pool(thread: threading.Thread) -> bool:
    """Tell a worker of `concurrent.futures` by the list in which these are joined at exit."""
    return thread in getattr(pools, "_threads_queues", ())


def _in_loop() -> bool:
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
