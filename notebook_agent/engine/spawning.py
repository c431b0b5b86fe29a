"""Runs that an action starts, and which id each has, so that it is found again where it should be.

The id of a child follows from the step that started it (the first of several attempts at that
step) and from its task in that step. So a second visit of the same action has children of its
own, and a retry finds those of the attempt before: one that completed, or stands in the middle,
is gone on with if it began with the same state and inputs and its completed steps ran the
present code; else another one takes its place, under an id of its own. In a fork of the parent
all children are new. Whatever is run anew is served the LLM calls of its kin: the children of
the same task in the steps that the parent's step is paired with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count

from notebook_agent.calls.protocol import CallSource, LedgerMode, Purse, Task
from notebook_agent.calls.ways import Way
from notebook_agent.engine.context import Setting
from notebook_agent.engine.gate import Gate
from notebook_agent.engine.opening import resume, start
from notebook_agent.engine.request import read_halts
from notebook_agent.engine.runs import Run
from notebook_agent.engine.step import OpenStep
from notebook_agent.errors import UnknownRunError, UnknownStepError
from notebook_agent.graph import Graph
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.lifecycle import NO_HOOKS, Hooks
from notebook_agent.state import State, same
from notebook_agent.store.protocol import RunCall, RunRecord, StepRecord, Store

__all__ = ["Inherited", "Place", "Seed", "enter", "inherited", "place"]


@dataclass(frozen=True, slots=True)
class Seed:
    """What a child run begins with; `call` has its inputs and says where it halts."""

    graph: Graph
    entrypoint: str
    state: State
    call: RunCall


@dataclass(frozen=True, slots=True)
class Place:
    """Which run a task is.

    Attributes:
        key: What names it.
        task: The task's name within its step.
        spawned_by: The step that starts it; None where it is kept in another store.
        exists: Whether it is there already.
        done: Its state where it is complete; None where something is left to do.
        kin: Runs that were started in its place before, the nearest first.
        branch: The tasks that lead to it, where a ledger file is to serve it.
    """

    key: RunKey
    task: str
    spawned_by: StepRef | None = None
    exists: bool = False
    done: State | None = None
    kin: tuple[RunKey, ...] = ()
    branch: tuple[Task, ...] = ()


@dataclass(frozen=True, slots=True)
class Inherited:
    """What a child has of its parent, and the hooks that are its own."""

    ledger: LedgerMode
    recording: CallSource | None
    setting: Setting
    purses: tuple[Purse, ...] = ()
    allow_effects: bool = False
    hooks: Hooks = NO_HOOKS
    gate: Gate | None = None


def inherited(step: OpenStep) -> Inherited:
    """Return what runs that a step starts have of its run; attempts of a retry policy are live."""
    run = step.run
    mode = "fresh" if run.ledger == "auto" and step.attempt > 0 else run.ledger
    gate = None if run.gate is None else run.gate.led()
    return Inherited(mode, run.recording, run.setting, run.purses, run.allow_effects, gate=gate)


def place(  # noqa: PLR0913  # each named at the call
    step: OpenStep,
    task: str,
    seed: Seed,
    store: Store | None,
    *,
    project: str | None = None,
    app_id: str | None = None,
    again: bool = True,
) -> Place:
    """Find the run that a task of a step is.

    Args:
        step: The running step.
        task: The task's name within it.
        seed: What the run begins with.
        store: Where it is kept.
        project: In which project; that of the step's run by default.
        app_id: An id that the user wants for it; it is taken if nobody else has it.
        again: Go on with one that an earlier attempt at the step has left.
    """
    parent = step.key
    first = _first_attempt(step)
    keys = (
        RunKey(project or parent.project, each, parent.partition_key)
        for each in _ids(parent, first, task, app_id)
    )
    branch = _branch(step, first, task)
    if store is None:
        return Place(next(keys), task)
    spawned_by = step.ref if step.run.store is not None and _is_same(store, step.run.store) else None
    mine = {None if spawned_by is None else StepRef(parent, seq) for seq in range(first, step.seq + 1)}
    before: list[RunKey] = []
    for key in keys:
        record = _find(store, key)
        if record is None:
            break
        if record.spawned_by not in mine:
            continue
        if again and _goes_on(store, record, seed):
            kin = _kin(step, store, task, before)
            done = _done(store, record, seed)
            return Place(key, task, spawned_by, exists=True, done=done, kin=kin, branch=branch)
        before.insert(0, key)
    if app_id is not None:
        step.events.append({"task": task, "child": key.app_id})
    return Place(key, task, spawned_by, kin=_kin(step, store, task, before), branch=branch)


def enter(at: Place, seed: Seed, store: Store | None, given: Inherited) -> Run:
    """Begin the run of a task, or go on with it."""
    if at.exists and store is not None:
        run = resume(store, at.key, seed.graph, entrypoint=seed.entrypoint)
    else:
        run = start(
            store,
            at.key,
            seed.graph,
            entrypoint=seed.entrypoint,
            state=seed.state,
            spawned_by=at.spawned_by,
            label=at.task,
        )
    run.kin, run.branch = at.kin, at.branch
    run.ledger, run.recording, run.setting = given.ledger, given.recording, given.setting
    run.purses, run.allow_effects, run.hooks = given.purses, given.allow_effects, given.hooks
    run.gate = given.gate
    for listener in run.hooks.listeners:
        run.listeners.add(listener)
    return run


def _branch(step: OpenStep, first: int, task: str) -> tuple[Task, ...]:
    """Return the tasks that lead to a task of a step; none where no ledger file is served."""
    run, action = step.run, step.action.name
    if run.recording is None or run.store is None:
        return ()
    if step.occurrence is None:
        way = Way(run.store.steps(run.key, last=first - 1) if first else ())
        step.occurrence = way.count(action) - way.is_open(action)
    return (*run.branch, Task(action, step.occurrence, task))


def _ids(parent: RunKey, first: int, task: str, app_id: str | None = None) -> Iterator[str]:
    """Yield the ids that a task may have, in the order in which they are tried."""
    if app_id is not None:
        yield app_id
    for variant in count():
        parts = (parent.project, parent.partition_key or "", parent.app_id, str(first), task, str(variant))
        told = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        yield f"{told[:8]}-{told[8:12]}-{told[12:16]}-{told[16:20]}-{told[20:]}"


def _first_attempt(step: OpenStep) -> int:
    """Return the number of the run's own first attempt at a step."""
    if not step.next.again or step.run.store is None:
        return step.seq
    return _first(step.run.store, step.ref, step.action.name)


def _first(store: Store, ref: StepRef, action: str) -> int:
    seq = ref.seq or 0
    while seq > 0 and _is_attempt(_step(store, StepRef(ref.run, seq - 1)), ref.run, action):
        seq -= 1
    return seq


def _is_attempt(record: StepRecord | None, run: RunKey, action: str) -> bool:
    """Return whether the step after this one, of the same action, tries it again."""
    return (
        record is not None
        and record.ref.run == run
        and record.action == action
        and record.status != "completed"
        and record.next is None
    )


def _step(store: Store, ref: StepRef) -> StepRecord | None:
    try:
        return store.step(ref)
    except UnknownStepError:
        return None


def _find(store: Store, key: RunKey) -> RunRecord | None:
    try:
        return store.run(key)
    except UnknownRunError:
        return None


def _is_same(one: Store, other: Store) -> bool:
    return one is other or (one.location == other.location and one.location != ":memory:")


def _goes_on(store: Store, record: RunRecord, seed: Seed) -> bool:
    """Return whether a child began as `seed` says, and what it has done is what it would do now."""
    if record.entrypoint != seed.entrypoint or not same(store.state(StepRef(record.key, None)), seed.state):
        return False
    kept = store.graph(record.key)
    if not isinstance(kept, Mapping) or kept.get("transitions") != seed.graph.describe_transitions():
        return False
    steps = store.steps(record.key)
    return (not steps or _is_asked(store, steps[0], seed)) and all(_is_present(each, seed) for each in steps)


def _is_asked(store: Store, first: StepRecord, seed: Seed) -> bool:
    call = store.values(first.ref).call
    return (
        call is not None
        and same(dict(call.inputs), dict(seed.call.inputs))
        and call.halt_after == seed.call.halt_after
    )


def _is_present(step: StepRecord, seed: Seed) -> bool:
    if step.status != "completed":
        return True
    return step.action in seed.graph and seed.graph.get_action(step.action).code == step.code


def _done(store: Store, record: RunRecord, seed: Seed) -> State | None:
    if record.head is None or record.status != "completed":
        return None
    last = store.step(StepRef(record.key, record.head))
    over = last.next is not None and last.next.target is None
    if over or last.action in read_halts(seed.call, seed.graph).after:
        return store.head_state(record.key)
    return None


def _kin(step: OpenStep, store: Store, task: str, before: list[RunKey]) -> tuple[RunKey, ...]:
    """Return the runs in the place of a task: of this step's attempts, then of those it is paired with."""
    found = list(before)
    for partner in step.partners:
        if partner.run != step.key:
            found += _children(store, partner, step.action.name, task)
    return tuple(dict.fromkeys(found))


def _children(store: Store, partner: StepRef, action: str, task: str) -> list[RunKey]:
    parent = partner.run
    noted = [
        each["child"] for each in _events(store, partner) if each.get("task") == task and "child" in each
    ]
    found = [RunKey(parent.project, str(each), parent.partition_key) for each in noted]
    for each in _ids(parent, _first(store, partner, action), task):
        key = RunKey(parent.project, each, parent.partition_key)
        if _find(store, key) is None:
            return found
        found.insert(0, key)
    return found


def _events(store: Store, ref: StepRef) -> list[Mapping[str, object]]:
    events = store.values(ref).events
    return [each for each in events if isinstance(each, Mapping)] if isinstance(events, list | tuple) else []
