"""ApplicationBuilder: says what an application is made of, and builds it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notebook_agent import calls, engine
from notebook_agent import store as stores
from notebook_agent.application import Application
from notebook_agent.calls.protocol import CallSource, LedgerMode
from notebook_agent.engine import Run
from notebook_agent.errors import ForkError, GraphError, RunError, StateError, UnknownRunError
from notebook_agent.graph import Graph, GraphBuilder
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.lifecycle import NO_HOOKS, Hook, Hooks
from notebook_agent.state import State
from notebook_agent.store.protocol import Durability, Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["ApplicationBuilder"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Origin:
    """What `initialize_from` was told."""

    tracker: LocalTrackingClient
    at_next: bool
    state: Mapping[str, object]
    entrypoint: str
    overrides: Mapping[str, object]
    fork_from: RunKey | None
    fork_seq: int | None


class ApplicationBuilder:
    """Collects what an application is made of; each method returns the builder.

    Without a tracker or a store the history is kept in memory.
    """

    def __init__(self) -> None:
        self._graph = GraphBuilder()
        self._entrypoint: str | None = None
        self._state: State | None = None
        self._ids: tuple[str | None, str | None, int | None] = (None, None, None)
        self._tracker: LocalTrackingClient | None = None
        self._store: Store | None = None
        self._keeps = True
        self._origin: _Origin | None = None
        self._hooks: Hooks = NO_HOOKS
        self._ledger: LedgerMode = "auto"
        self._recording: CallSource | None = None

    def with_graph(self, graph: Graph) -> ApplicationBuilder:
        """Add the actions and transitions of a graph."""
        self._graph.with_graph(graph)
        return self

    def with_graphs(self, *graphs: Graph) -> ApplicationBuilder:
        """Add the actions and transitions of several graphs."""
        for graph in graphs:
            self._graph.with_graph(graph)
        return self

    def with_actions(self, *actions: object, **named: object) -> ApplicationBuilder:
        """Add actions, see `GraphBuilder.with_actions`."""
        self._graph.with_actions(*actions, **named)
        return self

    def with_transitions(self, *transitions: tuple[object, ...]) -> ApplicationBuilder:
        """Add transitions, see `GraphBuilder.with_transitions`."""
        self._graph.with_transitions(*transitions)
        return self

    def on_error(
        self, target: str, *kinds: type[Exception], sources: Sequence[str] | str | None = None
    ) -> ApplicationBuilder:
        """Go on with an action when another one raises, see `GraphBuilder.on_error`."""
        self._graph.on_error(target, *kinds, sources=sources)
        return self

    def with_policy(self, *actions: str, **limits: Any) -> ApplicationBuilder:
        """Try actions again that fail, or limit their time, see `GraphBuilder.with_policy`."""
        self._graph.with_policy(*actions, **limits)
        return self

    def with_entrypoint(self, entrypoint: str) -> ApplicationBuilder:
        """Name the action to start with."""
        self._entrypoint = entrypoint
        return self

    def with_state(self, state: State | None = None, **values: object) -> ApplicationBuilder:
        """Give the initial state, as a State or by key."""
        if state is not None and not isinstance(state, State):
            raise StateError(
                f"with_state takes a State, or values by key: with_state(prompt=..); not {state!r}."
            )
        self._state = (state or self._state or State()).update(**values)
        return self

    def with_identifiers(
        self, app_id: str | None = None, partition_key: str | None = None, sequence_id: int | None = None
    ) -> ApplicationBuilder:
        """Name the run; with `initialize_from` an earlier `sequence_id` makes a fork there."""
        self._ids = (app_id, partition_key, sequence_id)
        return self

    def with_tracker(
        self, tracker: LocalTrackingClient | str = "local", project: str = "default"
    ) -> ApplicationBuilder:
        """Keep the history with a tracker; `"local"` opens the default one for `project`."""
        if isinstance(tracker, str):
            if tracker != "local":
                raise RunError(f"with_tracker takes a LocalTrackingClient or 'local'; not {tracker!r}.")
            tracker = LocalTrackingClient(project)
        self._tracker = tracker
        return self

    def with_store(
        self, path: str | Path | Store | None, *, durability: Durability = "full"
    ) -> ApplicationBuilder:
        """Keep the history in a file or an open store; None keeps none, for bare speed."""
        self._keeps = path is not None
        self._store = stores.open_store(path, durability=durability) if isinstance(path, str | Path) else path
        return self

    def with_hooks(self, *hooks: Hook) -> ApplicationBuilder:
        """Add hooks, see `lifecycle`."""
        self._hooks = Hooks((*self._hooks.adapters, *hooks))
        return self

    def with_ledger(
        self, mode: LedgerMode, recording: CallSource | str | Path | None = None
    ) -> ApplicationBuilder:
        """Say which LLM calls may leave, and give a ledger file to serve from."""
        self._ledger = mode
        if isinstance(recording, str | Path):
            self._recording = calls.Recording.load(recording)
        else:
            self._recording = recording
        return self

    def initialize_from(  # noqa: PLR0913, PLR0917  # Burr's signature
        self,
        initializer: LocalTrackingClient,
        resume_at_next_action: bool,  # noqa: FBT001  # Burr's signature
        default_state: Mapping[str, object],
        default_entrypoint: str,
        fork_from_app_id: str | None = None,
        fork_from_partition_key: str | None = None,
        fork_from_sequence_id: int | None = None,
        override_state_values: Mapping[str, object] | None = None,
    ) -> ApplicationBuilder:
        """Go on with the run that `with_identifiers` names, or fork another; the defaults serve a new run.

        Args:
            initializer: The tracker that has the run.
            resume_at_next_action: Go on where the run stands; else start at the entrypoint.
            default_state: The state of a new run.
            default_entrypoint: The action to start with.
            fork_from_app_id: Fork this run.
            fork_from_partition_key: The partition of the run to fork.
            fork_from_sequence_id: Fork after this step; the last one by default.
            override_state_values: Values to start with in place of those of the checkpoint.
        """
        if not isinstance(initializer, LocalTrackingClient):
            raise RunError(
                f"initialize_from takes a LocalTrackingClient; not a {type(initializer).__name__}."
            )
        if fork_from_app_id is None and (fork_from_partition_key, fork_from_sequence_id) != (None, None):
            raise ForkError("fork_from_sequence_id and fork_from_partition_key need fork_from_app_id.")
        source = None
        if fork_from_app_id is not None:
            source = RunKey(initializer.project, fork_from_app_id, fork_from_partition_key)
        self._origin = _Origin(
            initializer,
            resume_at_next_action,
            default_state,
            default_entrypoint,
            override_state_values or {},
            source,
            fork_from_sequence_id,
        )
        return self

    def build(self) -> Application:
        """Return the application.

        Raises:
            GraphError: The graph or its entrypoint is not right.
            RunError: The run to go on with, or to fork, does not exist, or a new one would take its id.
        """
        graph = self._graph.build()
        graph = graph.started_at(self._checked_entrypoint(graph))
        store, project = self._place()
        run = self._open(store, project, graph, graph.entrypoint or "")
        run.hooks, run.ledger, run.recording = self._hooks, self._ledger, self._recording
        if store is not None:
            calls.install()
        return Application(run)

    def _checked_entrypoint(self, graph: Graph) -> str:
        origin = self._origin
        if origin is not None and (self._entrypoint is not None or self._state is not None):
            raise RunError(
                "initialize_from has its own default_entrypoint and default_state: "
                "leave with_entrypoint and with_state out."
            )
        entrypoint = self._entrypoint if origin is None else origin.entrypoint
        if entrypoint is None:
            raise GraphError(f"Name the action to start with: with_entrypoint({graph.names[0]!r}).")
        return entrypoint

    def _place(self) -> tuple[Store | None, str]:
        tracker = self._tracker or (self._origin.tracker if self._origin and self._store is None else None)
        if self._tracker is not None and (self._store is not None or not self._keeps):
            raise RunError("with_tracker and with_store both say where the history is kept: use one of them.")
        if not self._keeps:
            return None, "default"
        if tracker is not None:
            return tracker.store, tracker.project
        return self._store or stores.open_store(None), "default"

    def _open(self, store: Store | None, project: str, graph: Graph, entrypoint: str) -> Run:
        app_id, partition, _ = self._ids
        key = RunKey(project, app_id or str(uuid.uuid4()), partition)
        origin = self._origin
        if origin is None:
            return engine.start(store, key, graph, entrypoint=entrypoint, state=self._state or State())
        if store is None or not _same_store(store, origin.tracker.store):
            raise RunError(
                "initialize_from and with_tracker name different stores: a run goes on where it is kept. "
                "Give both the same tracker."
            )
        source = self._source(origin, store, key)
        if source is not None:
            key = self._fresh(key, source)
            return engine.fork(
                store,
                source,
                key,
                graph,
                entrypoint=entrypoint,
                at_next=origin.at_next,
                overrides=origin.overrides,
            )
        return self._resume_or_start(origin, store, key, graph)

    def _source(self, origin: _Origin, store: Store, key: RunKey) -> StepRef | None:
        wanted = self._ids[2]
        if origin.fork_from is not None:
            head = store.run(origin.fork_from).head
            return StepRef(origin.fork_from, head if origin.fork_seq is None else origin.fork_seq)
        if wanted is None or store.run(key).head == wanted:
            return None
        return StepRef(key, wanted)

    def _fresh(self, key: RunKey, source: StepRef) -> RunKey:
        if self._origin is not None and self._origin.fork_from is not None:
            return key
        fresh = RunKey(key.project, str(uuid.uuid4()), key.partition_key)
        _log.warning("The run %s has gone on after step %s: %s is a fork there.", key, source.seq, fresh)
        return fresh

    @staticmethod
    def _resume_or_start(origin: _Origin, store: Store, key: RunKey, graph: Graph) -> Run:
        try:
            run = engine.resume(store, key, graph, entrypoint=origin.entrypoint, at_next=origin.at_next)
        except UnknownRunError:
            state = State(origin.state).update(**origin.overrides)
            return engine.start(store, key, graph, entrypoint=origin.entrypoint, state=state)
        if origin.overrides:
            run.state = run.state.update(**origin.overrides)
            store.edit_state(key, run.state, after=run.head)
            run.forget_decision()
        return run


def _same_store(one: Store, other: Store) -> bool:
    return one is other or (one.location == other.location and one.location != ":memory:")
