"""One run, and what can be done with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, Generic, SupportsIndex

from notebook_agent import engine
from notebook_agent.action import Node
from notebook_agent.application.created import tell_created
from notebook_agent.application.forking import Forking
from notebook_agent.application.pricing import Pricing
from notebook_agent.application.running import Running
from notebook_agent.application.steered import Steered
from notebook_agent.calls import Forecast
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.engine import Run
from notebook_agent.errors import RunBusyError, RunError, StateError
from notebook_agent.graph import Graph
from notebook_agent.history import History, fork_point
from notebook_agent.ids import RunKey
from notebook_agent.interrupts import held
from notebook_agent.lifecycle import Listener
from notebook_agent.state import State
from notebook_agent.state.typed import Data
from notebook_agent.store.protocol import StepRecord, Store

__all__ = ["Application", "ParentPointer"]


@dataclass(frozen=True, slots=True)
class ParentPointer:
    """The checkpoint that a run was forked from, or spawned by; `sequence_id` None is the initial state."""

    app_id: str
    partition_key: str | None
    sequence_id: int | None


class Application(Running, Forking, Steered, Generic[Data]):
    """A run that can be gone on with; `ApplicationBuilder` makes one.

    It makes one call at a time; another one meanwhile is a RunBusyError. It cannot be copied or
    pickled, since a run has one head: `fork` starts another run from it.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        run.report = _report
        for listener in run.hooks.listeners:
            run.listeners.add(listener)
        if run.hooks.post_application_create:
            tell_created(self, run.hooks)

    @property
    def key(self) -> RunKey:
        """What names the run: project, id and partition."""
        return self._run.key

    @property
    def uid(self) -> str:
        """The run's id."""
        return self.key.app_id

    @property
    def partition_key(self) -> str | None:
        """The partition that the run is in."""
        return self.key.partition_key

    @property
    def sequence_id(self) -> int | None:
        """Number of the last step begun, those before a fork point included; None before the first."""
        return self._run.head

    @property
    def state(self) -> State[Data]:
        """The state after the last completed step."""
        return self._run.state

    @property
    def graph(self) -> Graph:
        """The graph; `rebind` puts another function into it."""
        return self._run.graph

    @property
    def entrypoint(self) -> str:
        """The action that a run starts with."""
        return self._run.entrypoint

    @property
    def store(self) -> Store | None:
        """Where the history is kept; None where it is not."""
        return self._run.store

    @property
    def history(self) -> History:
        """The run's past; RunError where none is kept."""
        return History(self._kept(), self.key)

    @property
    def parent_pointer(self) -> ParentPointer | None:
        """The checkpoint that the run was forked from."""
        parent = self._run.parent
        if parent is None:
            return None
        return ParentPointer(parent.run.app_id, parent.run.partition_key, parent.seq)

    @property
    def spawning_parent_pointer(self) -> ParentPointer | None:
        """The step whose action started this run."""
        spawner = self._run.spawned_by
        if spawner is None:
            return None
        return ParentPointer(spawner.run.app_id, spawner.run.partition_key, spawner.seq)

    def fork(
        self,
        seq: int | EllipsisType | None = ...,
        state: Mapping[str, object] | None = None,
        actions: Mapping[str, object] | None = None,
        *,
        app_id: str | None = None,
    ) -> Application[Data]:
        """Start a new run at a checkpoint of this one, which stays as it is.

        Args:
            seq: The step to go on after, as it ended, counted from the end if negative; None for the initial
                state, which for a fork is its fork point. Left out, the run as it stands now, with what was
                edited by hand since.
            state: Values to start with in place of those of the checkpoint.
            actions: Functions to put into the graph, by name.
            app_id: The new run's id; a new one by default.

        Raises:
            UnknownStepError: The run has no such step.
        """
        graph = self.graph
        for name, thing in (actions or {}).items():
            graph = graph.replace(name, thing)
        key = RunKey(self.key.project, app_id or str(uuid.uuid4()), self.partition_key)
        source, edited = fork_point(self.history, seq)
        run = engine.fork(
            *(self._kept(), source, key, graph), entrypoint=self.entrypoint, state=edited, overrides=state
        )
        return self._alike(run)

    def price(
        self,
        seq: int | EllipsisType | None = ...,
        state: Mapping[str, object] | None = None,
        actions: Mapping[str, object] | None = None,
    ) -> Forecast:
        """Say what running recorded steps again takes: calls from the ledger, those that may go live, cost.

        Args:
            seq: For a fork after this step, None for the start; left out, for going on: a step that
                did not complete, and what a fork has still to repeat.
            state: Values that the fork starts with in place of those of the checkpoint.
            actions: Functions that it has in its graph, by name.

        Raises:
            UnknownStepError: The run has no such step.
        """
        graph = self.graph
        for name, thing in (actions or {}).items():
            graph = graph.replace(name, thing)
        pricing = Pricing(self._kept(), graph, self.ledger)
        if isinstance(seq, EllipsisType):
            return pricing.go_on(self.key)
        return pricing.fork(self.key, self.history.ref(seq).seq, state or ())

    def reopen(self, key: RunKey | None = None) -> Application[Data]:
        """Return an application that goes on with this run where the store has it now.

        Args:
            key: Another run of the same store, of the same graph.

        Raises:
            UnknownRunError: The store has no such run.
        """
        store, key = self._kept(), key or self.key
        run = engine.resume(store, key, self.graph, entrypoint=store.run(key).entrypoint)
        return self._alike(run)

    def rebind(self, name: str, function: object) -> None:
        """Put another function under an action's name, from the next step on; bound parameters stay."""
        self._run.graph = self.graph.replace(name, function)

    def regraph(self, graph: Graph) -> None:
        """Go on with a graph that was made again, from the next step on; it decides what is next.

        Raises:
            GraphError: It lacks the entrypoint.
        """
        self._run.graph = graph.started_at(self.entrypoint)
        with suppress(RunBusyError), self._run:
            self._run.forget_decision()

    def subscribe(self, listener: Listener, *, passive: bool = False) -> Callable[[], None]:
        """Tell `listener` each event, in the thread that runs; call what is returned to end it.

        One that is `passive` only notes what it is told: it does nothing to the run and does not look it
        up in the store meanwhile. Then a step may be begun in the commit that ends the one before, so
        that a run that is watched is as fast as any other.
        """
        return self._run.listeners.add(listener, passive=passive)

    def get_next_action(self) -> Node | None:
        """Return the action that comes next; None where the graph ends."""
        name = self._run.upcoming().action
        return None if name is None else self.graph.get_action(name)

    def has_next_action(self) -> bool:
        """Return whether an action comes next."""
        return self._run.upcoming().action is not None

    def update_state(self, new_state: State) -> None:
        """Put another state in the place of the present one; what comes next is decided again.

        Raises:
            StateError: It is no State.
        """
        if not isinstance(new_state, State):
            raise StateError(
                f"update_state takes a State, such as app.state.update(key=..); not {new_state!r}."
            )
        with held(), self._run:
            if self.store is not None:
                after = engine.standing(self._run)
                self._run.stand = self.store.edit_state(self.key, new_state, after=after)
            old = self._run.state
            typed = new_state.untyped and not old.untyped
            self._run.state = new_state.with_typing_system(old.typing_system) if typed else new_state
            self._run.forget_decision()

    def reset_to_entrypoint(self) -> None:
        """Make the entrypoint the next action; state and history stay."""
        with held(), self._run:
            self._run.prior = self._run.pending = None

    def visualize(  # Burr's signature
        self,
        output_file_path: str | None = None,
        include_conditions: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        include_state: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        view: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        engine: str = "graphviz",
        write_dot: bool = False,  # noqa: FBT001, FBT002  # Burr's signature
        **engine_kwargs: Any,
    ) -> object:
        """Return a drawing of the graph, see `Graph.visualize`."""
        shown = (include_conditions, include_state, view)
        return self.graph.visualize(output_file_path, *shown, engine, write_dot, **engine_kwargs)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from notebook_agent import view

        return {**view.graph_mimebundle(self.graph), "text/plain": repr(self)}

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[object, ...]:
        raise RunError(
            f"The application {self.uid} cannot be copied or pickled: two would write one run. "
            "Use app.fork(None) for a run of its own, or give another process the run's id.",
            run=self.uid,
        )

    def __repr__(self) -> str:
        at = "no steps yet" if self.sequence_id is None else f"at step {self.sequence_id}"
        return f"<application {self.uid} of {self.key.project!r}, {at}>"

    def _alike(self, run: Run) -> Application[Data]:
        mine = self._run
        run.ledger, run.recording, run.hooks, run.setting = (
            mine.ledger,
            mine.recording,
            mine.hooks,
            mine.setting,
        )
        run.purses = mine.purses
        if not mine.state.untyped:
            run.state = run.state.with_typing_system(mine.state.typing_system)
        return Application(run)

    def _kept(self) -> Store:
        if self.store is None:
            raise RunError(
                f"The application {self.uid} keeps no history, since it was built with_store(None). "
                "Build it with a tracker, or leave with_store out.",
                run=self.uid,
            )
        return self.store


def _report(step: StepRecord, state: State, inputs: Mapping[str, object], calls: Sequence[CallRecord]) -> str:
    from notebook_agent import view

    return view.failure_report(step, state, inputs, calls)
