"""How a run begins from a checkpoint that somebody else keeps: a user's own loader, or another store."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple

from notebook_agent import engine
from notebook_agent.builder.opening import Home, edited, fresh_key
from notebook_agent.builder.plan import Origin, Plan
from notebook_agent.engine import Next, Run
from notebook_agent.errors import ForkError, RunConflictError, RunError, UnknownRunError
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.persistence.checkpoints import keep_checkpoint
from notebook_agent.state import State
from notebook_agent.store.protocol import Status, Store

__all__ = ["Found", "adopt", "asked", "found"]


class Found(NamedTuple):
    """A checkpoint that a loader gave, read; `latest` is the number of the last one that it has."""

    seq: int
    position: str
    state: State
    status: Status
    latest: int


def asked(plan: Plan) -> list[tuple[str | None, str | None, int | None]]:
    """Return what to load: partition, id and number of the wanted checkpoint, then of the latest."""
    partition, app_id, seq = plan.wanted
    if app_id is None:
        return []
    rewinds = seq is not None and plan.origin is not None and plan.origin.fork_from is None
    return [(partition, app_id, seq), *([(partition, app_id, None)] if rewinds else [])]


def found(plan: Plan, loaded: list[Any]) -> Found | None:
    """Read what a loader gave for what was `asked`; None where it has nothing.

    Raises:
        RunError: It is no checkpoint.
        UnknownRunError: The run to fork is not there.
    """
    assert plan.origin is not None
    if not loaded or loaded[0] is None:
        if plan.origin.fork_from is not None or (plan.ids[2] is not None and any(loaded)):
            raise UnknownRunError(
                f"{type(plan.origin.loader).__name__} has no checkpoint of the run {plan.wanted[1]!r}"
                f"{'' if plan.wanted[2] is None else f' after step {plan.wanted[2]}'} to begin from.",
                run=plan.wanted[1],
            )
        return None
    read = [_read(plan.origin.loader, each) for each in loaded if each is not None]
    return read[0]._replace(latest=read[-1].seq)


def _read(loader: object, given: Any) -> Found:
    try:
        seq, position, state, status = (
            given["sequence_id"],
            given["position"],
            given["state"],
            given["status"],
        )
    except (KeyError, TypeError):
        seq = position = state = status = None
    if not (isinstance(seq, int) and isinstance(position, str) and isinstance(state, Mapping)):
        raise RunError(
            f"{type(loader).__name__}.load gave {given!r}, which is no checkpoint. Return a mapping with "
            "sequence_id, position, state and status, see PersistedStateData; or None where there is nothing."
        )
    held = state if isinstance(state, State) else State(state)
    return Found(seq, position, held, "failed" if status == "failed" else "completed", seq)


def adopt(plan: Plan, home: Home, graph: Graph, checkpoint: Found | None) -> Run:
    """Return a run that goes on from a checkpoint; its history begins with that one."""
    origin = plan.origin
    assert origin is not None
    key = RunKey(home.project, plan.ids[0] or str(uuid.uuid4()), plan.ids[1])
    if checkpoint is None:
        state = plan.first_state().update(**origin.overrides)
        return engine.start(home.store, key, graph, entrypoint=origin.entrypoint, state=state)
    parent = _parent(plan, key, checkpoint)
    if parent is not None and parent.run == key:
        key = fresh_key(key, checkpoint.seq)
    run = _taken(origin, home.store, key, graph, checkpoint)
    run.parent = run.parent or parent
    return edited(run, origin)


def _parent(plan: Plan, key: RunKey, checkpoint: Found) -> StepRef | None:
    """Return what the run is a fork of; its own earlier step where it has gone on since."""
    partition, app_id, _ = plan.wanted
    source = RunKey(key.project, str(app_id), partition)
    if plan.origin is not None and plan.origin.fork_from is not None:
        if source == key:
            raise ForkError(f"A fork of the run {key} needs an id of its own: leave with_identifiers out.")
        return StepRef(source, checkpoint.seq)
    return StepRef(source, checkpoint.seq) if checkpoint.seq != checkpoint.latest else None


def _taken(origin: Origin, store: Store | None, key: RunKey, graph: Graph, checkpoint: Found) -> Run:
    seq, position, state, status, _ = checkpoint
    if store is None:
        return _without_history(origin, key, graph, checkpoint)
    head = _head(store, key)
    if head is None:
        keep_checkpoint(
            store,
            key,
            seq,
            position,
            state,
            status,
            graph=graph.describe(),
            entrypoint=origin.entrypoint,
        )
    elif head < seq:
        raise RunConflictError(
            f"{type(origin.loader).__name__} has the run {key} at step {seq}, and {store.location} only to "
            f"step {head}: steps are missing there. Leave the tracker or store out, or take another app_id.",
            run=key.app_id,
            seq=seq,
        )
    run = engine.resume(store, key, graph, entrypoint=origin.entrypoint, at_next=origin.at_next)
    if head == seq and run.state != state:
        run.state = state
        run.stand = store.edit_state(key, state, after=engine.standing(run))
        run.forget_decision()
    return run


def _head(store: Store, key: RunKey) -> int | None:
    try:
        return store.run(key).head
    except UnknownRunError:
        return None


def _without_history(origin: Origin, key: RunKey, graph: Graph, checkpoint: Found) -> Run:
    run = Run(key, graph, origin.entrypoint, checkpoint.state, None, checkpoint.seq)
    if origin.at_next and checkpoint.status == "completed":
        run.prior = checkpoint.position
    elif origin.at_next:
        run.pending = Next(checkpoint.position, again=True)
    return run
