"""Where an application's history is kept, and how its run begins there: new, gone on with, or forked."""

from __future__ import annotations

import logging
import uuid
from typing import NamedTuple

from notebook_agent import engine
from notebook_agent import store as stores
from notebook_agent.builder.plan import Origin, Plan
from notebook_agent.calls.protocol import Task
from notebook_agent.engine import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.errors import ForkError, RunError, UnknownRunError
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.persistence.ready import Kept
from notebook_agent.store.protocol import Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = ["Home", "edited", "fresh_key", "home_of", "is_home", "open_run"]

_log = logging.getLogger(__name__)


class Home(NamedTuple):
    """The store and the project that a run is kept in."""

    store: Store | None
    project: str


def home_of(plan: Plan) -> Home:
    """Return where the history is kept: what was named for it, else where it comes from, else memory."""
    if plan.tracker is not None and (plan.store is not None or not plan.keeps):
        raise RunError("with_tracker and with_store both say where the history is kept: use one of them.")
    if not plan.keeps:
        return Home(None, "default")
    loader = None if plan.origin is None else plan.origin.loader
    for given in (plan.tracker, plan.store, plan.persister, loader):
        if isinstance(given, LocalTrackingClient | Kept):
            return Home(given.store, given.project)
        if given is not None and given is plan.store:
            return Home(given, "default")
    if plan.within is not None:
        return Home(plan.within.run.store, plan.within.key.project)
    return Home(stores.open_store(None), "default")


def is_home(given: object, home: Home) -> bool:
    """Return whether a tracker or persister is where the history is kept.

    Raises:
        RunError: A tracker that a run is to come from is another one than it is kept by.
    """
    if not isinstance(given, LocalTrackingClient | Kept):
        return False
    same = home.store is not None and _same_store(home.store, given.store)
    if isinstance(given, Kept):
        return same and given.project == home.project
    if not same:
        raise RunError(
            "initialize_from and with_tracker name different stores: a run goes on where it is kept. "
            "Give both the same tracker."
        )
    return True


def open_run(plan: Plan, home: Home, graph: Graph) -> Run:
    """Return the run as its own store has it: new, gone on with, or forked."""
    app_id, partition, _ = plan.ids
    key = RunKey(home.project, app_id or str(uuid.uuid4()), partition)
    origin = plan.origin
    if origin is None:
        return _start(plan, home.store, key, graph)
    assert home.store is not None
    source = _source(plan, origin, home.store, key)
    if source is None:
        return _resume_or_start(plan, origin, home.store, key, graph)
    if origin.fork_from is None:
        key = fresh_key(key, source.seq)
    return engine.fork(
        home.store,
        source,
        key,
        graph,
        entrypoint=origin.entrypoint,
        at_next=origin.at_next,
        overrides=origin.overrides,
    )


def fresh_key(key: RunKey, seq: int | None) -> RunKey:
    """Return the name of a fork that is made because its run has gone on, and say so."""
    fresh = RunKey(key.project, str(uuid.uuid4()), key.partition_key)
    _log.warning("The run %s has gone on after step %s: %s is a fork there.", key.short, seq, fresh.short)
    return fresh


def edited(run: Run, origin: Origin) -> Run:
    """Return a run whose state has the values of `override_state_values`."""
    if origin.overrides:
        run.state = run.state.update(**origin.overrides)
        if run.store is not None:
            run.stand = run.store.edit_state(run.key, run.state, after=engine.standing(run))
        run.forget_decision()
    return run


def _start(plan: Plan, store: Store | None, key: RunKey, graph: Graph) -> Run:
    state, spawner, entrypoint = plan.first_state(), _spawned_by(plan, key.project), graph.entrypoint or ""
    kin: tuple[RunKey, ...] = ()
    branch: tuple[Task, ...] = ()
    if plan.within is not None:
        seed = engine.Seed(graph, entrypoint, state, engine.read_call("run"))
        at = _task(plan.within, store, seed)
        branch = at.branch
        if plan.ids[0] is None:
            key, spawner, kin = at.key, at.spawned_by, at.kin
    run = engine.start(store, key, graph, entrypoint=entrypoint, state=state, spawned_by=spawner)
    run.kin, run.branch = kin, branch
    if plan.within is not None:
        above = plan.within.run
        run.purses, run.allow_effects = above.purses, above.allow_effects
    return run


def _task(step: OpenStep, store: Store | None, seed: engine.Seed) -> engine.Place:
    step.spawned += 1
    return engine.place(step, f"{step.action.name} {step.spawned}", seed, store, again=False)


def _spawned_by(plan: Plan, project: str) -> StepRef | None:
    if plan.spawner is not None:
        app_id, seq, partition = plan.spawner
        return StepRef(RunKey(project, app_id, partition), seq)
    return None if plan.within is None else plan.within.ref


def _source(plan: Plan, origin: Origin, store: Store, key: RunKey) -> StepRef | None:
    partition, app_id, wanted = plan.wanted
    if origin.fork_from is not None:
        parent = RunKey(origin.loader.project, str(app_id), partition)
        if parent == key:
            raise ForkError(f"A fork of the run {key} needs an id of its own: leave with_identifiers out.")
        ended = store.run(parent).ended
        return StepRef(parent, ended if wanted is None else wanted)
    if wanted is None or store.run(key).head == wanted:
        return None
    return StepRef(key, wanted)


def _resume_or_start(plan: Plan, origin: Origin, store: Store, key: RunKey, graph: Graph) -> Run:
    try:
        run = engine.resume(store, key, graph, entrypoint=origin.entrypoint, at_next=origin.at_next)
    except UnknownRunError:
        state = plan.first_state().update(**origin.overrides)
        return engine.start(store, key, graph, entrypoint=origin.entrypoint, state=state)
    return edited(run, origin)


def _same_store(one: Store, other: Store) -> bool:
    return one is other or (one.location == other.location and one.location != ":memory:")
