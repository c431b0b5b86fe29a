"""The command that tries a checkpoint many times: what is tried, how far it has come, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from inspect import signature
from uuid import uuid4

from notebook_agent.application import Application
from notebook_agent.calls import Budget
from notebook_agent.errors import CommandError
from notebook_agent.parallelism import ForkGrid, ForksStopped
from notebook_agent.session.ahead import ahead_line
from notebook_agent.session.board import Bar
from notebook_agent.session.going import next_after
from notebook_agent.session.gridview import GridView
from notebook_agent.session.opening import opened
from notebook_agent.session.place import Place
from notebook_agent.session.references import Where
from notebook_agent.session.starting import check_asked, check_edits
from notebook_agent.session.watching import Question
from notebook_agent.session.words import a_kind
from notebook_agent.session.workspace import Workspace

__all__ = ["Trial", "map_forks"]

_Tried = dict[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What a map tries and how; see `Agent.map`."""

    given: Mapping[str, object] = field(default_factory=dict)
    state: Mapping[str, object] = field(default_factory=dict)
    """Values that all forks begin with."""
    actions: Mapping[str, object] = field(default_factory=dict)
    repeats: int = 1
    jobs: int | None = None
    executor: object = None
    until: Sequence[str] = ()
    before: Sequence[str] = ()
    passes: Question | None = None
    max_steps: int | None = None
    budget: Budget | None = None
    allow_effects: bool = False


def map_forks(ws: Workspace, where: Where, trial: Trial, keep: Callable[[GridView], None]) -> GridView:
    """Fork a checkpoint for everything that is tried, run all forks, and return what they came to.

    `keep` is given the grid, also where a Stop ends it.
    """
    __tracebackhide__ = True
    place = ws.place(where)
    app = opened(ws, place.history.run, ws.in_use().graph)
    ws.set_ledger(app)
    state, inputs = _sorted_out(app, place, trial)
    if isinstance(trial.passes, str):
        check_asked(app.graph, {*place.state(), *state, *_written(app, trial)}, trial.passes)
    label = f"map-{uuid4().hex[:4]}"
    for told in filter(None, (place.left_out("%agent map"), _ahead(app, place, trial))):
        ws.screen.say(told)
    bar = Bar(ws, label, place.name)
    ws.screen.begin()
    try:
        with _executor(ws, trial.executor) as executor:
            grid = app.map_forks(
                ... if place.latest else place.seq,
                state=state,
                inputs=inputs,
                actions={action: _listed(each) for action, each in trial.actions.items()},
                repeats=trial.repeats,
                jobs=trial.jobs,
                executor=executor,
                halt_after=trial.until,
                halt_before=trial.before,
                max_steps=trial.max_steps or ws.settings.max_steps,
                passes=trial.passes,
                budget=trial.budget or ws.settings.budget(),
                allow_effects=trial.allow_effects,
                label=label,
                tell=bar.tell,
                wait=ws.loop.run,
            )
    except ForksStopped as stopped:
        keep(_viewed(ws, app, stopped.grid, bar))
        stopped.add_note(f"agent.grid has what they came to; %agent use {label}.1 opens the first.")
        raise
    finally:
        ws.screen.end()
        ws.rest()
    view = _viewed(ws, app, grid, bar)
    keep(view)
    return view


def _ahead(app: Application, place: Place, trial: Trial) -> str:
    first = next_after(app, place)
    if first is None or first not in app.graph:
        return ""
    return ahead_line(app.graph, first, trial.until, trial.before, leave=trial.allow_effects)


def _viewed(ws: Workspace, app: Application, grid: ForkGrid, bar: Bar) -> GridView:
    for each in grid:
        if each.run is not None:
            ws.replay.inherit(app.key, each.run)
    view = bar.view(grid)
    bar.end(view)
    return view


def _sorted_out(app: Application, place: Place, trial: Trial) -> tuple[_Tried, _Tried]:
    """Part what is tried into keys of the state and inputs.

    What the first action takes as an input is one; then keys of the state come first.
    """
    given, state = trial.given, place.state()
    coming = next_after(app, place)
    if coming is None:
        raise CommandError(f"nothing comes after {place.name}: map an earlier step")
    first = app.graph.get_action(coming) if coming in app.graph else None
    takes = () if first is None else (*first.required, *first.optional)
    known = app.graph.input_names
    inputs = {key: given[key] for key in given if key in takes or (key in known and key not in state)}
    keys = {key: given[key] for key in given if key not in inputs}
    check_edits(app.graph, state, keys)
    fixed = {key: [value] for key, value in trial.state.items()}
    return {**_listed_each(keys), **fixed}, _listed_each(inputs)


def _written(app: Application, trial: Trial) -> Iterator[str]:
    """Yield the keys that functions which are tried write."""
    for action, tried in trial.actions.items():
        for function in _listed(tried):
            yield from app.graph.replace(action, function).get_action(action).writes


def _listed_each(given: Mapping[str, object]) -> _Tried:
    return {key: _listed(value) for key, value in given.items()}


def _listed(value: object) -> Sequence[object]:
    """Return a list of values to try; anything else is the only one."""
    return list(value) if isinstance(value, list | tuple | range) else [value]


@contextmanager
def _executor(ws: Workspace, given: object) -> Iterator[Executor | None]:
    """Give the executor that is meant: an open one, or one made and closed here by what makes it."""
    if given is None:
        yield None
        return
    if isinstance(given, str) and given not in ws.namespace:
        raise CommandError(f"--on {given}: {given!r} is not defined. It names an executor of yours.")
    found = ws.namespace[given] if isinstance(given, str) else given
    made = found() if callable(found) and not isinstance(found, Executor) else found
    if not isinstance(made, Executor):
        raise CommandError(f"--on takes an executor, or what makes one; {given} is {a_kind(found)}")
    if made is found:
        yield made
        return
    try:
        yield made
    finally:
        _close(made)


def _close(executor: Executor) -> None:
    """Let an executor go; those of other libraries need not know how to drop what waits.

    Forks that were paid are worth more than an executor that ends well.
    """
    with suppress(Exception):
        taken = signature(executor.shutdown).parameters.values()
        knows = any(each.name == "cancel_futures" or each.kind is each.VAR_KEYWORD for each in taken)
        executor.shutdown(wait=False, **({"cancel_futures": True} if knows else {}))
