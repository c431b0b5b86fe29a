"""ApplicationBuilder: says what an application is made of, and builds it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from notebook_agent import calls, engine
from notebook_agent import store as stores
from notebook_agent.builder.building import Building
from notebook_agent.builder.plan import Origin, check_role
from notebook_agent.calls.modes import ledger_mode
from notebook_agent.calls.protocol import CallSource, LedgerMode
from notebook_agent.engine import ApplicationContext, Executors
from notebook_agent.errors import ForkError, GraphError, RunError, StateError, did_you_mean
from notebook_agent.given import given_mapping, given_whole
from notebook_agent.graph import Graph
from notebook_agent.lifecycle import Hook, Hooks
from notebook_agent.state import State, TypingSystem
from notebook_agent.state.typed import Data
from notebook_agent.store.protocol import Durability, Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["ApplicationBuilder"]

_Typed = TypeVar("_Typed")


def _parameters(params: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Return the parameters of a tracker besides its project."""
    given = given_mapping("params", params, RunError)
    known = tuple(inspect.signature(LocalTrackingClient).parameters)[1:]
    for name in given:
        if name not in known:
            near = did_you_mean(name, known)
            raise RunError(f"params={{{name!r}: ..}}: a LocalTrackingClient takes {', '.join(known)}.{near}")
    return given


class ApplicationBuilder(Building[Data]):
    """Collects what an application is made of; each method returns the builder.

    Without a tracker or a store the history is kept in memory.
    """

    def with_graph(self, graph: Graph) -> ApplicationBuilder[Data]:
        """Add the actions and transitions of a graph, see `GraphBuilder.with_graph`."""
        self._graph.with_graph(graph)
        return self

    def with_graphs(self, *graphs: Graph) -> ApplicationBuilder[Data]:
        """Add the actions and transitions of several graphs."""
        for graph in graphs:
            self._graph.with_graph(graph)
        return self

    def with_actions(self, *actions: object, **named: object) -> ApplicationBuilder[Data]:
        """Add actions, see `GraphBuilder.with_actions`."""
        self._graph.with_actions(*actions, **named)
        return self

    def with_transitions(self, *transitions: tuple[object, ...]) -> ApplicationBuilder[Data]:
        """Add transitions, see `GraphBuilder.with_transitions`."""
        self._graph.with_transitions(*transitions)
        return self

    def on_error(
        self, target: str, *kinds: type[Exception], sources: Sequence[str] | str | None = None
    ) -> ApplicationBuilder[Data]:
        """Go on with an action when another one raises, see `GraphBuilder.on_error`."""
        self._graph.on_error(target, *kinds, sources=sources)
        return self

    def with_policy(self, *actions: str, **limits: Any) -> ApplicationBuilder[Data]:
        """Try actions again that fail, or limit their time, see `GraphBuilder.with_policy`."""
        self._graph.with_policy(*actions, **limits)
        return self

    def with_entrypoint(self, entrypoint: str) -> ApplicationBuilder[Data]:
        """Name the action to start with.

        Raises:
            GraphError: It is no name.
        """
        if not isinstance(entrypoint, str):
            such = getattr(entrypoint, "__name__", "prompt")
            raise GraphError(
                f"with_entrypoint takes the name of an action: with_entrypoint({such!r}); not {entrypoint!r}."
            )
        self._plan.entrypoint = entrypoint
        return self

    def with_state(self, state: object = None, **values: object) -> ApplicationBuilder[Data]:
        """Give the initial state: a State, values by key, or an object of the type of `with_typing`."""
        if isinstance(state, State):
            self._plan.state = state
        elif state is not None:
            if isinstance(state, str | int | float | list | tuple | dict | type):
                raise StateError(
                    f"with_state takes a State, or values by key: with_state(prompt=..); not {state!r}."
                )
            self._plan.data = state
        self._plan.state = (self._plan.state or State()).update(**values)
        return self

    def with_typing(self, typing_system: TypingSystem[_Typed]) -> ApplicationBuilder[_Typed]:
        """Say what `state.data` is, such as `PydanticTypingSystem(Model)`; keys it lacks are refused."""
        self._plan.typing = State().with_typing_system(typing_system).typing_system
        return cast("ApplicationBuilder[_Typed]", self)

    def with_identifiers(
        self, app_id: str | None = None, partition_key: str | None = None, sequence_id: int | None = None
    ) -> ApplicationBuilder[Data]:
        """Name the run; with `initialize_from` an earlier `sequence_id` makes a fork there.

        Raises:
            RunError: `sequence_id` is no number from 0, or a name is no text.
        """
        for what, name in (("app_id", app_id), ("partition_key", partition_key)):
            if not isinstance(name, str | None):
                raise RunError(f"with_identifiers({what}={name!r}): it is text, such as {str(name)!r}.")
        if sequence_id is not None:
            given_whole("sequence_id", sequence_id, RunError, least=0, means="it is the number of a step")
        self._plan.ids = (app_id, partition_key, sequence_id)
        return self

    def with_tracker(
        self,
        tracker: LocalTrackingClient | str = "local",
        project: str = "default",
        params: Mapping[str, Any] | None = None,
        *,
        use_otel_tracing: bool = False,
    ) -> ApplicationBuilder[Data]:
        """Keep the history with a tracker; `"local"` opens one for `project`, with `params` if given.

        Raises:
            RunError: It is none, `params` names something else than its parameters, or OpenTelemetry is
                asked for here: it is a hook, see `integrations.opentelemetry`.
        """
        if use_otel_tracing:
            raise RunError(
                "with_tracker(use_otel_tracing=True): spans are exported by a hook. "
                "Write with_hooks(OpenTelemetryBridge()), from notebook_agent.integrations.opentelemetry."
            )
        if isinstance(tracker, str):
            if tracker != "local":
                raise RunError(f"with_tracker takes a LocalTrackingClient or 'local'; not {tracker!r}.")
            tracker = LocalTrackingClient(project, **_parameters(params))
        if not isinstance(tracker, LocalTrackingClient):
            raise RunError(
                f"with_tracker takes a LocalTrackingClient, such as LocalTrackingClient('my-project'), or "
                f"'local'; not {tracker!r}. Another saver goes through with_state_persister."
            )
        self._plan.tracker = tracker
        return self

    def with_store(
        self, path: str | Path | Store | None, *, durability: Durability = "full"
    ) -> ApplicationBuilder[Data]:
        """Keep the history in a file or an open store; None keeps none, for bare speed."""
        if not isinstance(path, str | Path | None) and not hasattr(path, "create_run"):
            raise RunError(f"with_store takes a path, an open store, or None for no history; not {path!r}.")
        self._plan.keeps = path is not None
        self._plan.store = (
            stores.open_store(path, durability=durability) if isinstance(path, str | Path) else path
        )
        return self

    def with_hooks(self, *hooks: Hook) -> ApplicationBuilder[Data]:
        """Add hooks, see `lifecycle`."""
        self._hooks = Hooks((*self._hooks.adapters, *hooks))
        return self

    def with_ledger(
        self, mode: LedgerMode, recording: CallSource | str | Path | None = None
    ) -> ApplicationBuilder[Data]:
        """Say which LLM calls may leave, and give a ledger file to serve from.

        Raises:
            CallError: It is no such mode.
        """
        self._ledger = ledger_mode(mode)
        if isinstance(recording, str | Path):
            self._recording = calls.Recording.load(recording)
        else:
            self._recording = recording
        return self

    def with_budget(
        self,
        budget: calls.Budget | None = None,
        *,
        max_calls: int | None = None,
        max_cost: float | None = None,
    ) -> ApplicationBuilder[Data]:
        """Say what live LLM calls may spend, in calls and US dollars; the application's forks share it.

        A `budget` that several applications are given is shared by them.

        Raises:
            RunError: a limit is no number, or below 0.
        """
        self._budget = budget or calls.Budget(max_calls=max_calls, max_cost=max_cost)
        return self

    def with_parallel_executor(self, executor: Executors) -> ApplicationBuilder[Data]:
        """Say what runs the branches of parallel actions that are not async; threads by default.

        Args:
            executor: A function that makes a `concurrent.futures.Executor`, which is shut down after
                each parallel step; or an executor, which is left open and shared with nested ones.

        Raises:
            RunError: It is neither.
        """
        if not callable(executor) and not callable(getattr(executor, "submit", None)):
            raise RunError(
                "with_parallel_executor takes a concurrent.futures.Executor, or a function that makes one, "
                f"such as ThreadPoolExecutor; not {executor!r}."
            )
        self._plan.executor = executor
        return self

    def with_spawning_parent(
        self, app_id: str, sequence_id: int, partition_key: str | None = None
    ) -> ApplicationBuilder[Data]:
        """Link the run to the step whose action starts it, in the same project; see `with_parent_context`."""
        self._plan.spawner = app_id, sequence_id, partition_key
        return self

    def with_parent_context(self, context: ApplicationContext) -> ApplicationBuilder[Data]:
        """Make this a sub-agent of the action that has this `__context`.

        It is linked to that step and kept where its run is, unless a tracker or a store is given; it
        has the ledger mode, the budget and the executor of its parent. When the step is made again,
        or in a fork, it is built anew and served the LLM calls of the one that it replaces.
        """
        self._plan.within = context.step
        given = engine.inherited(context.step)
        self._ledger, self._recording, self._purses = given.ledger, given.recording, given.purses
        self._plan.executor = self._plan.executor or context.parallel_executor_factory
        return self

    def with_state_persister(self, persister: Any, on_every: str = "step") -> ApplicationBuilder[Data]:
        """Give each step to a saver of your own, or keep the history with a persister of ours.

        Args:
            persister: An object of a subclass of `BaseStateSaver`, or of an async one for `abuild`.
            on_every: `"step"`.
        """
        check_role("with_state_persister", persister, "save", "BaseStateSaver")
        if on_every != "step":
            raise RunError(
                f"with_state_persister(on_every={on_every!r}): each 'step' is saved; leave it out."
            )
        self._plan.persister = persister
        return self

    def initialize_from(  # noqa: PLR0913, PLR0917  # Burr's signature
        self,
        initializer: Any,
        resume_at_next_action: bool,  # noqa: FBT001  # Burr's signature
        default_state: Any,
        default_entrypoint: str,
        fork_from_app_id: str | None = None,
        fork_from_partition_key: str | None = None,
        fork_from_sequence_id: int | None = None,
        override_state_values: Mapping[str, object] | None = None,
    ) -> ApplicationBuilder[Data]:
        """Go on with the run that `with_identifiers` names, or fork another; the defaults serve a new run.

        Args:
            initializer: The tracker or persister that has the run, or a loader of your own.
            resume_at_next_action: Go on where the run stands; else start at the entrypoint.
            default_state: The state of a new run.
            default_entrypoint: The action to start with.
            fork_from_app_id: Fork this run.
            fork_from_partition_key: The partition of the run to fork.
            fork_from_sequence_id: Fork after this step; the last one by default.
            override_state_values: Values to start with in place of those of the checkpoint.
        """
        check_role("initialize_from", initializer, "load", "BaseStateLoader")
        if fork_from_app_id is None and (fork_from_partition_key, fork_from_sequence_id) != (None, None):
            raise ForkError("fork_from_sequence_id and fork_from_partition_key need fork_from_app_id.")
        if not isinstance(fork_from_sequence_id, int | None):
            raise ForkError(f"fork_from_sequence_id is the number of a step; not {fork_from_sequence_id!r}.")
        self._plan.origin = Origin(
            initializer,
            resume_at_next_action,
            default_state,
            default_entrypoint,
            given_mapping("override_state_values", override_state_values, StateError),
            None if fork_from_app_id is None else (fork_from_app_id, fork_from_partition_key),
            fork_from_sequence_id,
        )
        return self
