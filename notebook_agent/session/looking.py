"""Commands that look and change nothing: state, log, diff, why, calls, runs, graph, info."""

from __future__ import annotations

from notebook_agent._version import __version__
from notebook_agent.errors import MissingKeyError
from notebook_agent.history import Flip, History, changes, made
from notebook_agent.session.branches import forks_and_branches, nested, only_branches
from notebook_agent.session.comparing import diff
from notebook_agent.session.counterpart import compared
from notebook_agent.session.exchange import Exchange
from notebook_agent.session.keeping import file_size, size_line
from notebook_agent.session.picturing import GraphPicture, graph, picture
from notebook_agent.session.references import Where
from notebook_agent.session.results import StateView, StepResult, Why, run_name
from notebook_agent.session.shown import Said, StepsTable, Table
from notebook_agent.session.standing import coming, status
from notebook_agent.session.tables import calls_table, runs_table, steps_table
from notebook_agent.session.words import hint
from notebook_agent.session.workspace import Workspace
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view.escape import plural
from notebook_agent.view.served import Served

__all__ = [
    "GraphPicture",
    "calls",
    "diff",
    "graph",
    "info",
    "ledger_line",
    "log",
    "picture",
    "runs",
    "state",
    "status",
    "step_result",
    "why",
]

_PACKAGES = ("notebook_agent", "ipython", "ipykernel", "anywidget", "openai")


def state(ws: Workspace, where: Where, key: str | None) -> StateView:
    """Return the state at a step, or one value of it."""
    place = ws.place(where)
    found = ws.state_at(place)
    name = f"{run_name(place.history.run)}@head" if place.latest else place.name
    if key is None:
        return StateView(name, found)
    if key not in found:
        raise MissingKeyError(f"{name} has no key {key!r}.{hint(str(key), found, 'keys')}", key=str(key))
    return StateView(f"{name} {key}", found[key], key)


def log(ws: Workspace, run: str | None, *, with_calls: bool) -> Table:
    """Return the table of a run's steps."""
    history = History(ws.store(), ws.record(run).key)
    found = made(history.store, history.key)
    names = {run.key: run_name(run) for run in history.family()}
    if with_calls:
        return _marked(ws, history, calls_table(found, history.strays()))
    steps = list(history)
    served = set() if ws.app is None else Served().among(history.store, ws.app.graph, steps)
    return _marked(ws, history, steps_table(steps, found, names, history.edits(), served))


def _marked(ws: Workspace, history: History, table: Table) -> Table:
    """Say where the view stands, if it stands in the past of this run: the table has all of the run."""
    past = ws.past
    if past is None or past.run != history.key:
        return table
    where = f"{run_name(history.run)}@{'start' if past.seq is None else past.seq}"
    note = f"looking at {where}{'' if past.seq is None else ' (→)'}; a run from here makes a fork"
    return StepsTable(table.columns, table.rows, table.empty, past.seq, note)


def calls(ws: Workspace, where: Where) -> Table:
    """Return the table of the run's LLM calls, or a step's with what was said in them."""
    if where is None:
        history = ws.in_use().history
        return _marked(ws, history, calls_table(made(history.store, history.key), history.strays()))
    history, seq = ws.resolve(where)
    found = [] if seq is None else made(history.store, history.key, seq)
    told = tuple(each.call for each in found)
    notes: list[str | None] = [] if seq is None else compared(history, seq)
    notes += [None] * (len(told) - len(notes))
    table = calls_table(found)
    return Exchange(table.columns, table.rows, table.empty, told, tuple(notes))


def runs(ws: Workspace, *, failed: bool, tree: bool) -> Table:
    """Return the table of the project's runs."""
    every = ws.runs()
    found = [run for run in every if not failed or run.status == "failed"]
    empty = "no failed runs" if every else "no runs yet"
    listed = nested(found, forks_and_branches if tree else only_branches)
    used = None if ws.app is None else ws.app.uid
    return runs_table([run for _, run in listed], used, [depth for depth, _ in listed], empty)


def why(ws: Workspace, where: Where) -> Why:
    """Return why a step's action was next; without a step, why the next one is."""
    if where is None and ws.past is None:
        return coming(ws)
    history, seq = ws.resolve(where)
    if seq is None:
        return Why(_at(history, seq), None)
    return Why(_at(history, seq), history.why(seq), flip=_flip(ws, history, seq))


def _flip(ws: Workspace, history: History, seq: int) -> Flip | None:
    """Ask the graph in use, where it has the action that was left; it may be a newer one."""
    graph, decision = ws.in_use().graph, history.why(seq)
    if decision is None or decision.source not in graph:
        return None
    try:
        return history.flip(seq, graph)
    except Exception:  # noqa: BLE001 - a condition of the user's may raise anything
        return None


def step_result(history: History, step: StepRecord) -> StepResult:
    """Return a step with all that is known of it."""
    found = changes(history.before(step.seq), history.at(step.seq))
    calls_made = tuple(history.calls(step.seq))
    return StepResult(run_name(history.run), step, history.values(step.seq), tuple(found), calls_made)


def info(ws: Workspace) -> Said:
    """Return versions, the store and the mode of replay."""
    store = ws.store()
    lines = {
        "notebook_agent": __version__,
        **{name: _version(name) for name in _PACKAGES[1:]},
        "store": f"{store.location}{_size(store.location)}",
        "project": f"{ws.project()}, {plural(len(ws.runs()), 'run')}",
        "sizes": size_line(ws),
        "LLM calls": ledger_line(ws),
    }
    return Said("\n".join(f"{name:<15} {text}" for name, text in lines.items()))


def ledger_line(ws: Workspace) -> str:
    """Say which LLM calls may leave."""
    mode = ws.settings.ledger if ws.app is None else ws.app.ledger
    return {
        "auto": "auto: a retry or fork is served what is recorded, the rest is live",
        "fresh": "fresh: all live",
        "strict": "strict: only what is recorded, nothing leaves",
    }[mode]


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _size(location: str) -> str:
    found = file_size(location)
    return f" ({found})" if found else ""


def _at(history: History, seq: int | None) -> str:
    return f"{run_name(history.run)}@{'start' if seq is None else seq}"
