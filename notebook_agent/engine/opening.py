"""How a run comes to be: started, gone on with, or forked."""

from __future__ import annotations

from collections.abc import Mapping

from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import Next
from notebook_agent.errors import ForkError, UnknownStepError
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey, StepRef, notebook_here
from notebook_agent.state import State
from notebook_agent.store.lineage import open_step
from notebook_agent.store.protocol import NewRun, StepRecord, Store

__all__ = ["fork", "resume", "start"]


def start(  # noqa: PLR0913  # the parts of a run, each named at the call
    store: Store | None,
    key: RunKey,
    graph: Graph,
    *,
    entrypoint: str,
    state: State,
    spawned_by: StepRef | None = None,
    label: str | None = None,
) -> Run:
    """Begin a new run; RunExistsError if the store has one of this key."""
    stand = None
    if store is not None:
        new = NewRun(
            key,
            entrypoint,
            graph.describe(),
            state,
            spawned_by=spawned_by,
            label=label,
            notebook=notebook_here(),
        )
        stand = store.create_run(new).stand
    return Run(key, graph, entrypoint, state, store, spawned_by=spawned_by, stand=stand)


def resume(store: Store, key: RunKey, graph: Graph, *, entrypoint: str, at_next: bool = True) -> Run:
    """Go on with a run at its last checkpoint.

    After a completed step its next action comes, after another one the same action again;
    with `at_next` False the entrypoint.

    Where its last step still runs it stands before that one, and can go on only once it is resumed again.

    Raises:
        UnknownRunError: The store has no such run.
    """
    record = store.run(key)
    run = Run(key, graph, entrypoint, store.head_state(key), store, record.ended)
    run.parent, run.spawned_by, run.stand = record.parent, record.spawned_by, record.stand
    if at_next and record.action is not None:
        step = store.step(StepRef(key, record.head))
        _stand_after(run, step, decided=step.ref.run == key and _same_edges(store, key, graph))
    return run


def fork(  # noqa: PLR0913  # the parts of a run, each named at the call
    store: Store,
    source: StepRef,
    key: RunKey,
    graph: Graph,
    *,
    entrypoint: str,
    at_next: bool = True,
    state: State | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Run:
    """Begin a new run at a checkpoint of another, which stays as it is.

    `source` may name a step of the run's ancestors, or None for its initial state: for a fork
    the checkpoint at its fork point, as edited there. `state` takes the place of the checkpoint's, and
    `overrides` are values to start with in place of those.

    Raises:
        UnknownRunError: The store has no such run.
        UnknownStepError: The run has no such step.
        ForkError: The ids are equal, or the step still runs.
    """
    if key == source.run:
        raise ForkError(
            f"A fork of the run {key} needs an id of its own. Leave app_id out to get a new one.",
            run=key.app_id,
        )
    step = _step_at(store, source)
    if step is not None and step.status == "running":
        raise open_step(StepRef(source.run, step.seq), step.action)
    edited = state is not None or bool(overrides)
    state = (store.state(source) if state is None else state).update(**(overrides or {}))
    record = store.create_run(
        NewRun(
            key,
            entrypoint,
            graph.describe(),
            state if edited else None,
            StepRef(source.run, source.seq),
            notebook=notebook_here(),
        )
    )
    run = Run(key, graph, entrypoint, state, store, record.head, parent=source, own=[], stand=record.stand)
    if at_next and step is not None:
        _stand_after(run, step, decided=False)
    return run


def _step_at(store: Store, source: StepRef) -> StepRecord | None:
    if source.seq is None:
        return _fork_point(store, source.run)
    try:
        return store.step(source)
    except UnknownStepError:
        steps = store.steps(source.run)
    has = f"it has {len(steps)} steps, {steps[0].seq} to {steps[-1].seq}" if steps else "it has no steps yet"
    raise UnknownStepError(
        f"The run {source.run} has no step {source.seq}: {has}.", run=source.run.app_id, seq=source.seq
    )


def _fork_point(store: Store, key: RunKey) -> StepRecord | None:
    """Return the last step that a fork has of its ancestors, None for another run."""
    record = store.run(key)
    if record.parent is None or record.head is None or record.head < record.steps:
        return None
    return store.step(StepRef(key, record.head - record.steps))


def _stand_after(run: Run, step: StepRecord, *, decided: bool) -> None:
    if step.status == "completed":
        run.prior = step.action
        if decided and step.next is not None:
            run.pending = Next(step.next.target, step.next)
        return
    if step.next is not None:
        run.prior, run.failure = step.action, step.failure
        run.pending = Next(step.next.target, step.next, caught=True)
        return
    run.prior = None if step.decision is None else step.decision.source
    run.pending = Next(step.action, step.decision, again=True)


def _same_edges(store: Store, key: RunKey, graph: Graph) -> bool:
    kept = store.graph(key)
    return isinstance(kept, Mapping) and kept.get("transitions") == graph.describe_transitions()
