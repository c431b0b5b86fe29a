"""What a branch runs: an action or a graph, and one task of a parallel action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from notebook_agent.action import Action, Node
from notebook_agent.engine import ApplicationContext
from notebook_agent.errors import ActionError
from notebook_agent.graph import Graph, GraphBuilder
from notebook_agent.state import State
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["Behavior", "RunnableGraph", "SubGraphTask", "SubgraphType", "TrackerBehavior"]


@dataclass(frozen=True)
class RunnableGraph:
    """A graph with where it starts and after which actions it is done."""

    graph: Graph
    entrypoint: str
    halt_after: Sequence[str] | str

    @staticmethod
    def create(from_: SubgraphType) -> RunnableGraph:
        """Return the graph of one action; a RunnableGraph as it is.

        Raises:
            GraphError: It is neither.
        """
        if isinstance(from_, RunnableGraph):
            return from_
        graph = GraphBuilder().with_actions(from_).build()
        (name,) = graph.names
        return RunnableGraph(graph, name, [name])


SubgraphType = Action | Node | Callable[..., object] | RunnableGraph
TrackerBehavior = Literal["cascade"] | LocalTrackingClient | None
Behavior = Literal["cascade"] | object | None


@dataclass(frozen=True)
class SubGraphTask:
    """One branch of a parallel action.

    Attributes:
        graph: What it runs.
        inputs: Inputs for it; those of the parallel action that it does not take are left out.
        state: What it starts with.
        application_id: An id for its run, if nobody else has it; by default one that follows from
            the step and the place among its tasks, which a retry finds again.
        tracker: `"cascade"` keeps its run beside the parent's, a tracker keeps it there, None nowhere.
        state_persister: `"cascade"` gives its steps to the parent's saver, if that is not where the
            history is kept already; or a saver of its own, or None.
        state_initializer: None starts anew what an earlier attempt at the step has left. Branches are
            found in the history: a loader is not asked.
        key: What names the task within its step; its place by default.
    """

    graph: SubgraphType
    inputs: Mapping[str, object] = field(default_factory=dict)
    state: State = field(default_factory=State)
    application_id: str | None = None
    tracker: TrackerBehavior = "cascade"
    state_persister: Behavior = "cascade"
    state_initializer: Behavior = "cascade"
    key: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.state, State):
            raise ActionError(
                f"A branch starts with a State, such as state.update(prompt=..); not {self.state!r}."
            )

    def run(self, parent_context: ApplicationContext) -> State:
        """Run it alone, here, as a child of the step that has this context; return its state."""
        from notebook_agent.parallelism.running import run_here

        return run_here(self._named(parent_context), parent_context)

    async def arun(self, parent_context: ApplicationContext) -> State:
        """Run it as `run` does, awaiting what is async."""
        from notebook_agent.parallelism.running import arun_all

        (state,) = await arun_all([self._named(parent_context)], parent_context)
        return state

    def _named(self, context: ApplicationContext) -> SubGraphTask:
        """Name it by its place among what the step has started, where it has no name."""
        context.step.spawned += 1
        return replace(self, key=self.key or f"task {context.step.spawned}")
