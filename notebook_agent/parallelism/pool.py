"""What runs the branches of one step: the caller's thread, threads of their own, or a given executor."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context

from notebook_agent.engine import Executors
from notebook_agent.errors import ActionError
from notebook_agent.parallelism.going import Going
from notebook_agent.parallelism.sending import not_sent
from notebook_agent.parallelism.work import Outcome, Work, working_for

__all__ = ["InContext", "execute", "here"]

_THREADS = 32
_GRACE = 2.0
"""Seconds after a Stop in which branches in other processes, which the Stop reaches too, may come back."""


def execute(works: Sequence[Work], executors: Executors | None, going: Going) -> list[Outcome]:
    """Do all works and return their outcomes in order.

    Raises:
        ActionError: The executor cannot be made, or a work cannot be sent to it.
    """
    if executors is here or (len(works) < 2 and executors is None):  # noqa: PLR2004  # one needs no thread
        return [each() for each in works]
    executor = _executor(executors, len(works))
    if executor in working_for.get():
        return [each() for each in works]
    with nullcontext() if executor is executors else _Closing(executor):
        return _submit(works, executor, going)


def here() -> Executor:
    """Stand for the thread of the caller."""
    raise NotImplementedError


def _executor(executors: Executors | None, works: int) -> Executor:
    if executors is None:
        return ThreadPoolExecutor(min(works, _THREADS), thread_name_prefix="branch")
    made = executors if isinstance(executors, Executor) else executors()
    if not callable(getattr(made, "submit", None)):
        raise ActionError(
            f"with_parallel_executor was given a function that returned {made!r}: it makes a "
            "concurrent.futures.Executor, such as ThreadPoolExecutor(8)."
        )
    return made


class _Closing(AbstractContextManager[None]):
    """Shut an executor down at the end: at once where something has gone wrong."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._executor.shutdown(wait=kind is None)


def _submit(works: Sequence[Work], executor: Executor, going: Going) -> list[Outcome]:
    futures: list[Future[Outcome]] = []
    token = working_for.set((*working_for.get(), executor))
    try:
        futures.extend(_sent(each, executor) for each in works)
        _wait(futures)
        for future, work in _failed_first(futures, works):
            _check(future, work, executor)
        return [future.result() for future in futures]
    except BaseException as error:
        _stop(works, futures, going, error)
        raise
    finally:
        working_for.reset(token)


def _sent(work: Work, executor: Executor) -> Future[Outcome]:
    try:
        return executor.submit(InContext(work))
    except RuntimeError as error:  # it was shut down
        raise not_sent(work, executor, error) from error


def _wait(futures: Sequence[Future[Outcome]]) -> None:
    """Wait until all are done, or one has failed; the library's `wait` never ends where one is dropped."""
    over, left = threading.Event(), iter(range(len(futures) - 1, -1, -1))

    def done(future: Future[Outcome]) -> None:
        if next(left) == 0 or future.cancelled() or future.exception() is not None:
            over.set()

    for each in futures:
        each.add_done_callback(done)
    if futures:
        over.wait()


class InContext:
    """Work in a copy of the context in which it was submitted; in another process there is none."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._context = copy_context()

    def __call__(self) -> Outcome:
        """Do it."""
        return self._context.run(self._work)

    def __reduce__(self) -> tuple[Callable[[Work], Work], tuple[Work]]:
        return _itself, (self._work,)


def _itself(work: Work) -> Work:
    return work


def _failed_first(
    futures: Sequence[Future[Outcome]], works: Sequence[Work]
) -> list[tuple[Future[Outcome], Work]]:
    pairs = list(zip(futures, works, strict=True))
    return sorted(pairs, key=lambda pair: not _has_failed(pair[0]))


def _has_failed(future: Future[Outcome]) -> bool:
    return future.done() and (future.cancelled() or future.exception() is not None)


def _check(future: Future[Outcome], work: Work, executor: Executor) -> None:
    """Raise what stopped a branch: a stop in it, or that its executor could not run it."""
    try:
        future.result()
    except CancelledError as error:
        raise not_sent(work, executor, error) from error
    except Exception as error:
        if work.run is not None:
            raise
        raise not_sent(work, executor, error) from error


def _stop(
    works: Sequence[Work], futures: Sequence[Future[Outcome]], going: Going, error: BaseException
) -> None:
    """Let no branch, nor one within it, begin another step; the present ones are interrupted."""
    for future in futures:
        future.cancel()
    going.stop(error)
    wait([each for each, work in zip(futures, works, strict=False) if work.sent], timeout=_GRACE)
