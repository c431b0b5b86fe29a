"""Branches run side by side: by an executor, or awaited together, and always told of in their order.

All branches run to their end even where one of them raises, plainly and awaited alike: what they
did is kept, and a retry runs those only that did not complete, or did with other code; of these the
calls that are the same are served. The step fails with the exception of the first branch, in the
order of the tasks, that raised. A Stop or a cancelled task ends all:
branches that have not begun are not begun, the present step of each other one is interrupted.
A thread cannot be killed: it ends with its present step, and what that finds out is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from notebook_agent import engine
from notebook_agent.engine import ApplicationContext, Executors, Inherited, Seed
from notebook_agent.errors import ActionError
from notebook_agent.graph import Graph
from notebook_agent.parallelism.going import Going
from notebook_agent.parallelism.journal import write_down
from notebook_agent.parallelism.keeping import home_of, hooks_of
from notebook_agent.parallelism.pool import execute, here
from notebook_agent.parallelism.tasks import RunnableGraph, SubGraphTask, SubgraphType
from notebook_agent.parallelism.work import Outcome, Work
from notebook_agent.state import State

__all__ = ["arun_all", "run_all", "run_here"]


def run_here(task: SubGraphTask, context: ApplicationContext) -> State:
    """Run one task in this thread and return its state."""
    (state,) = run_all([task], context, here)
    return state


def run_all(
    tasks: Sequence[SubGraphTask], context: ApplicationContext, executors: Executors | None
) -> list[State]:
    """Run tasks in an executor and return their states in order.

    Raises:
        ActionError: One is async, cannot be sent to its executor, or two have the same id.
    """
    going = Going()
    try:
        branches = _prepare(tasks, context, going, awaits=False)
        todo = [each for each in branches if isinstance(each, Work)]
        going.works.extend(todo)
        outcomes = iter(execute(todo, executors or context.parallel_executor_factory, going))
        if going.stopped:
            raise KeyboardInterrupt
    finally:
        going.end()
    return _states(
        [next(outcomes) if isinstance(each, Work) else each for each in branches], context, branches
    )


async def arun_all(tasks: Sequence[SubGraphTask], context: ApplicationContext) -> list[State]:
    """Run tasks as `run_all` does, awaited together in the running event loop."""
    import asyncio

    branches = _prepare(tasks, context, Going(), awaits=True)
    running = [asyncio.ensure_future(each.awaited()) for each in branches if isinstance(each, Work)]
    try:
        if running:
            await asyncio.wait(running, return_when=asyncio.FIRST_EXCEPTION)
        first = [each for each in running if each.done() and (each.cancelled() or each.exception())]
        outcomes = iter([each.result() for each in (*first, *running)][len(first) :])
    except BaseException:
        for each in running:
            each.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        raise
    return _states(
        [next(outcomes) if isinstance(each, Work) else each for each in branches], context, branches
    )


def _prepare(
    tasks: Sequence[SubGraphTask], context: ApplicationContext, going: Going, *, awaits: bool
) -> list[Work | State]:
    """Return what is left of each task to be done or, where an earlier attempt has done it, its state."""
    taken: dict[object, str] = {}
    graphs: dict[int, _Shared] = {}
    branches: list[Work | State] = []
    for index, task in enumerate(tasks):
        key = task.key or str(index)
        if id(task.graph) not in graphs:
            graphs[id(task.graph)] = _share(task.graph, context, awaits=awaits)
        given = replace(engine.inherited(context.step), hooks=hooks_of(task, context, awaits=awaits))
        work = _branch(task, graphs[id(task.graph)], key, context, given, going)
        if work.at.key in taken:
            raise ActionError(
                f"The tasks {taken[work.at.key]} and {key} of {context.action_name!r} have the same "
                f"application_id {work.at.key.app_id!r}. Give each its own, or leave it out.",
                action=context.action_name,
            )
        taken[work.at.key] = key
        branches.append(work if work.at.done is None else work.at.done)
    return branches


@dataclass(frozen=True, slots=True)
class _Shared:
    """What all branches of one graph have."""

    graph: Graph
    entrypoint: str
    halt_after: Sequence[str] | str
    inputs: frozenset[str]


def _share(given: SubgraphType, context: ApplicationContext, *, awaits: bool) -> _Shared:
    runnable = RunnableGraph.create(given)
    if not awaits:
        _check_plain(runnable.graph, context.action_name)
    graph = runnable.graph.started_at(runnable.entrypoint)
    return _Shared(graph, runnable.entrypoint, runnable.halt_after, frozenset(graph.input_names))


def _branch(
    task: SubGraphTask,
    shared: _Shared,
    key: str,
    context: ApplicationContext,
    given: Inherited,
    going: Going,
) -> Work:
    call = engine.read_call("run", _inputs(task, context, shared), halt_after=shared.halt_after)
    seed = Seed(shared.graph, shared.entrypoint, task.state.plain(), call)
    store, project = home_of(task, context)
    step, again = context.step, task.state_initializer is not None
    name = f"{context.action_name} {key}"
    at = engine.place(step, name, seed, store, project=project, app_id=task.application_id, again=again)
    return Work(f"branch {key} of {context.action_name!r}", at, seed, store, given, going)


def _inputs(task: SubGraphTask, context: ApplicationContext, shared: _Shared) -> dict[str, object]:
    """Return a task's inputs without those of the parallel action itself that its graph does not take."""
    own, known = context.step.inputs, shared.inputs
    given = {name: value for name, value in task.inputs.items() if not name.startswith("__")}
    return {name: value for name, value in given.items() if name in known or name not in own}


def _check_plain(graph: Graph, parent: str) -> None:
    for each in graph.actions:
        if each.asynchronous:
            raise ActionError(
                f"{parent!r} runs its branches by an executor, and {each.name!r} in them is async. "
                f"Let is_async(self) of {parent!r} return True, and await the run: arun, astep.",
                action=each.name,
            )


def _states(
    outcomes: Sequence[Outcome | State], context: ApplicationContext, branches: Sequence[Work | State]
) -> list[State]:
    """Return the states, or raise what the first branch raised."""
    store = context.step.run.store
    for outcome in outcomes:
        if isinstance(outcome, Outcome) and outcome.journal and store is not None:
            write_down(store, outcome.journal)
    errors = [each.error for each in outcomes if isinstance(each, Outcome) and each.error is not None]
    if errors:
        _note_others(errors, len(branches))
        raise errors[0]
    return [each if isinstance(each, State) else each.state or State() for each in outcomes]


def _note_others(errors: Sequence[Exception], branches: int) -> None:
    if len(errors) > 1:
        others = "; ".join(dict.fromkeys(f"{type(each).__name__}: {each}" for each in errors[1:4]))
        errors[0].add_note(f"{len(errors)} of {branches} branches failed; after this one: {others}")
