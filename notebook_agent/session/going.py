"""Commands that run steps: run, step, retry, and fork."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext

from notebook_agent.application import Application
from notebook_agent.calls import Budget
from notebook_agent.engine import Stopped
from notebook_agent.engine.request import inputs_of, read_call, read_halts
from notebook_agent.errors import CommandError, EffectError, MaxStepsError
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.ids import StepRef
from notebook_agent.interrupts import held
from notebook_agent.session.edits import find_edits
from notebook_agent.session.forks import fork, next_after, replaced, seen_by
from notebook_agent.session.pricing import changed_line, price_line
from notebook_agent.session.recorder import Recorder
from notebook_agent.session.references import Where
from notebook_agent.session.results import RunResult, run_name
from notebook_agent.session.screen import Screen
from notebook_agent.session.secrets import name_secrets
from notebook_agent.session.starting import missing_reads
from notebook_agent.session.turn import Plan, Refused, drive
from notebook_agent.session.workspace import Workspace, failed_at
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.escape import plural
from notebook_agent.view.served import guarded_actions

__all__ = [
    "fork",
    "go",
    "goto",
    "head_to_go_on",
    "next_after",
    "retry",
    "retry_plan",
]


def go(
    ws: Workspace, app: Application, plan: Plan, *, note: str | None = None, screen: Screen | None = None
) -> RunResult:
    """Run an application by a plan and return what it came to; `screen` is the session's if not given."""
    __tracebackhide__ = True
    try:
        with held():
            return _go(ws, app, plan, note=note, screen=screen or ws.screen)
    except KeyboardInterrupt as stopped:
        if not hasattr(stopped, "__notes__"):
            stopped.add_note("Nothing was stopped: the run had halted already, and what it did is kept.")
        raise


def _go(ws: Workspace, app: Application, plan: Plan, *, note: str | None, screen: Screen) -> RunResult:
    __tracebackhide__ = True
    if app.get_next_action() is None:
        raise CommandError(f"{ws.label()} is finished: %agent fork @K goes on from an earlier step")
    if told := missing_reads(app):
        screen.say(told)
    recorder = Recorder(screen, app.store, guarded_actions(app.graph))
    unsubscribe = app.subscribe(recorder)
    try:
        _drive(ws, app, plan)
    except (KeyboardInterrupt, Stopped) as stopped:
        stopped.add_note(_stopped(ws, app, recorder))
        raise
    finally:
        unsubscribe()
        recorder.end()
        ws.rest()
        app.allow_effects = False
        if plan.fresh:
            ws.set_ledger(app)
    name_secrets(ws, app.state, (key for step in recorder.steps for key in step.writes))
    return _came_to(app, plan, recorder, note)


def _drive(ws: Workspace, app: Application, plan: Plan) -> None:
    __tracebackhide__ = True
    ws.worker.passes(app.gate)
    ws.set_ledger(app, fresh=plan.fresh)
    app.allow_effects = plan.allow_effects
    budget = plan.budget or ws.settings.budget()
    limited = nullcontext() if budget is None else app.within(budget)
    with limited, _refusal_kept(ws, app, plan), _put_in(app, plan.actions), _most_steps(app, plan):
        drive(app, plan, ws.loop)


def _came_to(app: Application, plan: Plan, recorder: Recorder, note: str | None) -> RunResult:
    following = app.get_next_action()
    return RunResult(
        run=run_name(app.history.run),
        state=app.state,
        steps=tuple(recorder.steps),
        calls=tuple(recorder.calls),
        next=None if following is None else following.name,
        halted=plan.halted,
        note=note,
        served=tuple(recorder.served),
    )


@contextmanager
def _most_steps(app: Application, plan: Plan) -> Iterator[None]:
    """Take the most steps of a command for its end, and no error: the run can go on from there."""
    try:
        yield
    except MaxStepsError as error:
        if error.run != app.key.app_id or failed_at(app) is not None:
            raise
        made = plural(plan.max_steps, "step")
        ends = "--until ACTION names where to stop"
        plan.halted = (
            f"halted after {made}, the most of one command (--max-steps): %agent run goes on, {ends}"
        )


@contextmanager
def _put_in(app: Application, actions: Mapping[str, object]) -> Iterator[None]:
    """Put functions into the graph, and the former ones again where no step came of it."""
    graph, head = app.graph, app.sequence_id
    for name, function in actions.items():
        app.rebind(name, function)
    try:
        yield
    except BaseException:
        if app.sequence_id == head:
            for name in actions:
                app.rebind(name, graph.get_action(name))
        raise


@contextmanager
def _refusal_kept(ws: Workspace, app: Application, plan: Plan) -> Iterator[None]:
    """Keep what is left of a command that is refused, for who gives it leave."""
    ws.refused = None
    try:
        yield
    except EffectError:
        ws.refused = Refused(plan, app.key, app.sequence_id)
        raise


def _stopped(ws: Workspace, app: Application, recorder: Recorder) -> str:
    last = recorder.steps[-1] if recorder.steps else None
    if last is not None and last.status == "interrupted":
        return (
            f"{last.action} interrupted at step @{last.seq} of {ws.label()}\n"
            f"The state is as it was before this step; {last.action} is still next: "
            "%agent retry goes on with it."
        )
    following = app.get_next_action()
    return f"stopped between two steps, next {following.name if following else 'nothing'}: %agent run goes on"


def head_to_go_on(ws: Workspace, plan: Plan) -> Application:
    """Return the application to run: the one in use, or a fork of it where the view stands in the past.

    No fork is made where the plan could not begin.
    """
    app = ws.in_use()
    if ws.past is None:
        return app
    _check_begin(ws, plan)
    made, line = fork(ws, None)
    ws.screen.say(f"{line}; the run it comes from stays as it is")
    return made


def _check_begin(ws: Workspace, plan: Plan) -> None:
    place = ws.place()
    app = seen_by(ws, place)
    coming = next_after(app, place)
    if coming is None:
        raise CommandError(f"nothing comes after @{place.seq}: look at an earlier step, %agent goto @K")
    call = read_call(
        "run", plan.inputs, halt_before=plan.before, halt_after=plan.until, max_steps=plan.max_steps
    )
    read_halts(call, app.graph)
    inputs_of(app.graph.get_action(coming), plan.inputs)


def goto(ws: Workspace, where: Where) -> str:
    """Move the view to a step and say where it stands."""
    place = ws.place(where)
    if place.history.key != ws.in_use().key:
        ws.take(seen_by(ws, place))
    if place.seq == place.history.run.head:
        ws.look(None)
        return f"at {place.name}, the head"
    ws.look(StepRef(place.history.key, place.seq))
    return f"looking at {place.name}; a run from here makes a fork"


def retry_plan(ws: Workspace, *, step: bool = False) -> tuple[Application, Plan, str]:
    """Return what goes on from the failed step of the run in use, and how its code changed."""
    app, last = ws.in_use(), _unfinished(ws)
    history = app.history
    ws.look(None)
    call = history.values(last.seq).call
    plan = Plan(max_steps=ws.settings.max_steps)
    if call is not None:
        plan.inputs, plan.until, plan.before = call.inputs, call.halt_after, call.halt_before
        plan.max_steps = call.max_steps or plan.max_steps
        plan.taken = _taken(history, last)
    if step or (call is not None and call.method in {"step", "astep"}):
        plan.steps = 1
    return app, plan, _changed(last, app.graph)


def _unfinished(ws: Workspace) -> StepRecord:
    """Return the step to go on from; CommandError where all completed."""
    history = ws.in_use().history
    last = history[-1] if len(history) else None
    if last is None or last.status == "completed":
        done = "no step yet" if last is None else f"its last step, @{last.seq} {last.action}, completed"
        raise CommandError(f"nothing failed in {ws.label()}: {done}")
    return last


def _taken(history: History, last: StepRecord) -> set[str]:
    """Return the inputs that completed steps of the same call took before it failed."""
    call = history.values(last.seq).call
    taken: set[str] = set()
    for step in reversed([each for each in history if each.seq < last.seq]):
        values = history.values(step.seq)
        if values.call != call:
            break
        if step.status == "completed":
            taken |= values.inputs.keys()
    return taken


def _changed(last: StepRecord, graph: Graph) -> str:
    now = graph.get_action(last.action).code if last.action in graph.names else None
    if last.code is None or now is None or last.code == now:
        return f"retried {last.action} (code unchanged)"
    return f"retried {last.action} ({last.code[:4]} → {now[:4]})"


def retry(  # noqa: PLR0913  # each an option of `%agent retry`
    ws: Workspace,
    *,
    fresh: bool = False,
    step: bool = False,
    allow_effects: bool = False,
    actions: Mapping[str, object] | None = None,
    screen: Screen | None = None,
    budget: Budget | None = None,
) -> RunResult:
    """Go on from the failed step with the present code, and the inputs and halts of its call."""
    __tracebackhide__ = True
    _unfinished(ws)
    given = actions or {}
    replaced(ws.in_use().graph, given)
    _take_newest(ws, set(given))
    with _put_in(ws.in_use(), given):
        app, plan, note = retry_plan(ws, step=step)
        plan.fresh, plan.budget, plan.allow_effects, plan.actions = fresh, budget, allow_effects, given
        ws.set_ledger(app, fresh=fresh)
        for told in filter(None, (changed_line(ws), price_line(app))):
            (screen or ws.screen).say(told)
        return go(ws, app, plan, note=note, screen=screen)


def _take_newest(ws: Workspace, given: set[str]) -> None:
    """Give the failed step the newest definition of its function, whichever cell has it."""
    app = ws.in_use()
    failed = failed_at(app)
    if failed is None or failed in given or failed not in app.graph.names:
        return
    for edit in find_edits([app.graph.get_action(failed)], ws.namespace, ws.watcher):
        app.rebind(edit.old.name, edit.new)
