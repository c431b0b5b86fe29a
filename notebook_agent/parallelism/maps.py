"""Maps: the same action over several states, several actions over one state, or all over all."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from typing import Any

from notebook_agent.action import Node
from notebook_agent.action.base import Base
from notebook_agent.engine import ApplicationContext
from notebook_agent.parallelism.action import TaskBasedParallelAction
from notebook_agent.parallelism.asking import agather, ask, gather
from notebook_agent.parallelism.tasks import (
    Behavior,
    RunnableGraph,
    SubGraphTask,
    SubgraphType,
    TrackerBehavior,
)
from notebook_agent.state import State

__all__ = ["MapActions", "MapActionsAndStates", "MapStates", "map_reduce_action"]

Inputs = dict[str, Any]


class MapActionsAndStates(TaskBasedParallelAction):
    """Run each of several actions or graphs over each of several states."""

    @abstractmethod
    def actions(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Yield actions, functions with `@action`, or RunnableGraphs."""

    @abstractmethod
    def states(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Yield states, each made of the given one: `yield state.update(prompt=..)`."""

    def tracker(self, **_: object) -> TrackerBehavior:
        """Return where branches are kept: `"cascade"` beside the parent, a tracker, or None for nowhere."""
        return "cascade"

    def state_persister(self, **_: object) -> Behavior:
        """Return who is given the steps of branches: `"cascade"` the parent's saver, a saver, or None."""
        return "cascade"

    def state_initializer(self, **_: object) -> Behavior:
        """Return `"cascade"` to go on with what an earlier attempt has left, None to start anew."""
        return "cascade"

    def tasks(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Return a task for each pair, in order: all states of the first action come first."""
        if self._waits():
            return self._awaited_tasks(state, context, inputs)
        given = {"state": state, "context": context, "inputs": inputs}
        actions = gather(context.action_name, "actions", _one(ask(self.actions, **given)))
        states = gather(context.action_name, "states", _one(ask(self.states, **given)))
        return self._pairs(actions, states, context, inputs)

    async def _awaited_tasks(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        given = {"state": state, "context": context, "inputs": inputs}
        actions = await agather(_one(ask(self.actions, **given)))
        states = await agather(_one(ask(self.states, **given)))
        return self._pairs(actions, states, context, inputs)

    def _pairs(
        self, actions: Iterable[Any], states: Sequence[Any], context: ApplicationContext, inputs: Inputs
    ) -> list[SubGraphTask]:
        graphs = [RunnableGraph.create(each) for each in actions]
        return [
            SubGraphTask(graph, inputs, state, key=f"{i}-{j}", **self._adapters(context))
            for i, graph in enumerate(graphs)
            for j, state in enumerate(states)
        ]

    def _adapters(self, context: ApplicationContext) -> dict[str, Any]:
        """Return what the methods say that a subclass overrides; they are asked for each branch."""
        return {
            name: ask(getattr(self, name), context=context)
            for name in ("tracker", "state_persister", "state_initializer")
            if getattr(type(self), name) is not getattr(MapActionsAndStates, name)
        }


class MapActions(MapActionsAndStates):
    """Run several actions or graphs over one state."""

    @abstractmethod
    def actions(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Yield actions, functions with `@action`, or RunnableGraphs."""

    def state(self, state: State, inputs: Inputs) -> Any:  # noqa: ARG002  # for those who override it
        """Return the state that they start with; that of the step by default."""
        return state

    def states(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Return the one state."""
        return ask(self.state, state=state, inputs=inputs, context=context)


class MapStates(MapActionsAndStates):
    """Run one action or graph over several states."""

    @abstractmethod
    def action(self, state: State, inputs: Inputs) -> Any:
        """Return the action, function with `@action`, or RunnableGraph."""

    @abstractmethod
    def states(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Yield states, each made of the given one: `yield state.update(prompt=..)`."""

    def actions(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        """Return the one action."""
        return ask(self.action, state=state, inputs=inputs, context=context)


_Many = Generator[Any, None, None] | AsyncGenerator[Any, None] | Sequence[Any]


class _MapReduce(MapActionsAndStates):
    def __init__(
        self,
        action: Any,
        state: Any,
        reducer: Callable[..., Any],
        keys: tuple[Sequence[str], Sequence[str], Sequence[str]],
    ) -> None:
        self._action, self._state, self._reducer = action, state, reducer
        self._reads, self._writes, self._inputs = keys

    @property
    def reads(self) -> Sequence[str]:
        return self._reads

    @property
    def writes(self) -> Sequence[str]:
        return self._writes

    @property
    def inputs(self) -> list[str]:
        return [*self._inputs, *super().inputs]

    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self._reducer)

    def actions(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        if isinstance(self._action, Sequence) or _is_one(self._action):
            return self._action
        return ask(self._action, state=state, context=context, inputs=inputs)

    def states(self, state: State, context: ApplicationContext, inputs: Inputs) -> Any:
        return ask(self._state, state=state, context=context, inputs=inputs)

    def reduce(self, state: State, states: Any) -> Any:
        return self._reducer(state, states)


def map_reduce_action(
    action: SubgraphType | Sequence[SubgraphType] | Callable[..., _Many],
    state: Callable[..., State | _Many],
    reducer: Callable[[State, Any], Any],
    reads: Sequence[str],
    writes: Sequence[str],
    inputs: Sequence[str],
) -> MapActionsAndStates:
    """Make a map of functions.

    Args:
        action: An action or graph, several, or a function of state, context and inputs that yields them.
        state: A function of state, context and inputs that yields states.
        reducer: Makes the new state of the step's state and a generator of the branches' states; where
            it is `async def`, the branches are awaited.
        reads: Keys that it needs.
        writes: Keys that `reducer` sets.
        inputs: Inputs that it takes.
    """
    return _MapReduce(action, state, reducer, (reads, writes, inputs))


def _is_one(given: object) -> bool:
    return isinstance(given, Base | Node | RunnableGraph) or hasattr(given, "action_function")


def _one(given: object) -> object:
    """Return an action or state that stands alone in a list."""
    return [given] if isinstance(given, State) or _is_one(given) else given
