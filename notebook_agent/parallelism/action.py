"""Parallel actions: one step whose branches are runs of their own, and whose result is what they come to."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Coroutine, Generator, Iterator, Sequence
from typing import Any, Self, cast

from notebook_agent.action import SingleStepAction
from notebook_agent.engine import ApplicationContext, Executors
from notebook_agent.errors import ActionError
from notebook_agent.parallelism.asking import agather, ask, gather
from notebook_agent.parallelism.running import arun_all, run_all
from notebook_agent.parallelism.tasks import SubGraphTask
from notebook_agent.state import State

__all__ = ["TaskBasedParallelAction"]

Result = tuple[dict[str, object], State]


class TaskBasedParallelAction(SingleStepAction):
    """Run tasks side by side and make one state of theirs: override `tasks`, `reduce`, `reads`, `writes`.

    Branches are run by an executor (threads by default) or, where `is_async` returns True,
    awaited together; then all methods may be async. They come to `reduce` in the order of the
    tasks. All of them run to their end even where one raises; the step then fails with the
    exception of the first that did, and a retry runs only those that did not complete.
    """

    @property
    def inputs(self) -> Any:
        """The context; inputs of your own come before: `["prompts"] + super().inputs`."""
        return ["__context"]

    def is_async(self) -> bool:
        """Return whether the branches are awaited."""
        return False

    def executor(self) -> Executors | None:
        """Return what runs the branches; None for what `with_parallel_executor` was given."""
        return None

    @abstractmethod
    def tasks(self, state: State, context: ApplicationContext, inputs: dict[str, Any]) -> Any:
        """Yield a SubGraphTask for each branch."""

    @abstractmethod
    def reduce(self, state: State, states: Any) -> Any:
        """Return the new state, given a generator of the branches' states."""

    def run_and_update(self, state: State, **inputs: Any) -> Result | Coroutine[object, object, Result]:
        """Run the tasks and reduce what they come to."""
        __tracebackhide__ = True
        context = self._context(inputs)
        given = ask(self.tasks, state=state, context=context, inputs=inputs)
        if self._waits():
            return self._awaited(state, context, given)
        tasks = _checked(context, gather(context.action_name, "tasks", given))
        states = run_all(tasks, context, self.executor())
        return {}, self.reduce(state, _each(states))

    async def _awaited(self, state: State, context: ApplicationContext, given: object) -> Result:
        __tracebackhide__ = True
        states = await arun_all(_checked(context, await agather(given)), context)
        reduced = self.reduce(state, _Either(states))
        return {}, (await reduced if inspect.isawaitable(reduced) else reduced)

    def _waits(self) -> bool:
        """Return what `is_async` says, which Burr's documentation shows as a property too."""
        return self.is_async() if callable(self.is_async) else bool(self.is_async)

    def _context(self, inputs: dict[str, Any]) -> ApplicationContext:
        context = inputs.get("__context") or ApplicationContext.get()
        if context is None:
            raise ActionError(
                f"{type(self).__name__} is run by an application only: its branches belong to a step."
            )
        return cast("ApplicationContext", context)


def _checked(context: ApplicationContext, given: list[object]) -> Sequence[SubGraphTask]:
    for each in given:
        if not isinstance(each, SubGraphTask):
            raise ActionError(
                f"{context.action_name}.tasks gave a {type(each).__name__}. Yield SubGraphTask(graph=.., "
                "inputs={..}, state=..).",
                action=context.action_name,
            )
    return cast("list[SubGraphTask]", given)


def _each(states: Sequence[State]) -> Generator[State, None, None]:
    yield from states


class _Either:
    """The states one after another, for a `for` and for an `async for`."""

    def __init__(self, states: Sequence[State]) -> None:
        self._states = iter(states)

    def __iter__(self) -> Iterator[State]:
        return self._states

    def __next__(self) -> State:
        return next(self._states)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> State:
        for each in self._states:
            return each
        raise StopAsyncIteration
