"""Commands that make tests of a run: a step as a pytest file, a whole run against the present code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from notebook_agent.errors import CommandError, did_you_mean
from notebook_agent.graph import Graph
from notebook_agent.history import History
from notebook_agent.session.edits import find_edits
from notebook_agent.session.matching import graph_for
from notebook_agent.session.references import Where
from notebook_agent.session.results import change_line, run_name
from notebook_agent.session.shown import Said, Shown
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord
from notebook_agent.testing.literal import exceeds
from notebook_agent.testing.past import Past
from notebook_agent.testing.recorded import Recorded
from notebook_agent.testing.replaying import Divergence, Replayed, replay
from notebook_agent.testing.writing import write_test
from notebook_agent.view.brief import size
from notebook_agent.view.escape import plural

__all__ = ["RunReplay", "as_test", "replay_run"]

_MOST = 12
_LARGE = 2_000_000
"""Bytes of a test file, or characters of what is to be written in it."""
_LIMITS = ("BudgetError", "ActionTimeoutError")


@dataclass(frozen=True, slots=True, repr=False)
class RunReplay(Shown):
    """A run replayed against the present code; `divergence` is where they part, None for nowhere.

    `newer` are actions whose newest definition was taken, which the graph does not run yet.
    """

    run: str
    replayed: Replayed
    newer: tuple[str, ...] = ()

    @property
    def divergence(self) -> Divergence | None:
        """The first step that did otherwise."""
        return self.replayed.divergence

    def __str__(self) -> str:
        found = self.divergence
        steps = plural(self.replayed.steps, "step")
        if found is None:
            return f"{self.run}: {steps} replayed, all as recorded{self._aside()}"
        head = f"{self.run}: {steps} replayed as recorded{self._aside()}"
        lines = [f"@{found.seq} {found.action} differs: {found.told}"]
        lines += [f"  {change_line(each)}" for each in found.changes[:_MOST]]
        left = len(found.changes) - _MOST
        return "\n".join([head, *lines, *([f"  .. and {left} more"] if left > 0 else [])])

    def _aside(self) -> str:
        parts = []
        if self.replayed.left_out:
            parts.append(f"{plural(self.replayed.left_out, 'attempt')} that did not complete left out")
        if self.replayed.trusted:
            parts.append(f"{plural(self.replayed.trusted, 'irreversible step')} not run")
        if self.newer:
            parts.append(f"{listing(self.newer)} as another cell defines it now")
        return f" ({', '.join(parts)})" if parts else ""


def as_test(
    ws: Workspace,
    where: Where = None,
    *,
    path: str | Path | None = None,
    keys: Sequence[str] = (),
    force: bool = False,
) -> Said:
    """Write a step as a test file; say where, and what a person should know of it."""
    history, seq = ws.resolve(where)
    step = _step(history, seq)
    place = _place(history, step, path)
    if place.exists() and not force:
        raise CommandError(
            f"{place} is there already and was left as it is: name another file with --pytest, or write over "
            "it with --force",
            path=str(place),
        )
    recorded = _recorded(ws, history, step, keys)
    with _told(ws, recorded):
        written = write_test(recorded, ws.namespace, place, ws.loop.run)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(written.text, encoding="utf-8")
    except (OSError, UnicodeEncodeError) as error:
        raise CommandError(f"{place} cannot be written: {error}", path=str(place)) from None
    calls = f", {plural(written.calls, 'recorded LLM call')}" if written.calls else ""
    took = place.stat().st_size
    large = f", {size(took)} for its state is large" if took > _LARGE else ""
    line = f"{place}: step @{step.seq} ({step.action}) as a test{calls}{large}; run it with: pytest {place}"
    return Said("\n".join([line, *written.remarks]))


@contextmanager
def _told(ws: Workspace, recorded: Recorded) -> Iterator[None]:
    """Say that a test is being written, where that takes its time."""
    if not exceeds([dict(recorded.before), dict(recorded.after)], _LARGE):
        yield
        return
    step = recorded.record
    ws.screen.begin()
    ws.screen.progress([f"… writing @{step.seq} {step.action} as a test: its state is large"])
    try:
        yield
    finally:
        ws.screen.end()


def replay_run(ws: Workspace, run: str | None = None, *, start: Where = None) -> RunReplay:
    """Replay a run against the present code; the record stays as it is."""
    history = History(ws.store(), ws.record(run).key)
    first = None
    if start is not None:
        first = ws.resolve(start if run is None or not _is_bare(start) else f"{run}{_at(start)}")[1]
    if not len(history):
        raise CommandError(f"{run_name(history.run)} has no step yet: there is nothing to replay")
    graph = _graph(ws, history)
    edits = find_edits(graph.actions, ws.namespace, ws.watcher)
    for edit in edits:
        graph = graph.replace(edit.old.name, edit.new)
    newer = tuple(edit.old.name for edit in edits)
    return RunReplay(run_name(history.run), replay(history, graph, ws.loop.run, first), newer)


def _is_bare(where: Where) -> bool:
    return isinstance(where, int) or str(where).startswith("@")


def _at(where: Where) -> str:
    return f"@{where}" if isinstance(where, int) else str(where)


def _graph(ws: Workspace, history: History) -> Graph:
    """Return the graph in use where it has the run's actions, else one of the namespace that has them."""
    needed = {step.action for step in history}
    if ws.app is not None and needed <= set(ws.app.graph.names):
        return ws.app.graph
    graph = graph_for(ws, history.run)
    lacking = needed - set(graph.names)
    if lacking:
        raise CommandError(
            f"{run_name(history.run)} ran {listing(sorted(lacking))}, which the present graph lacks: run the "
            "cell that defines the graph of then, or begin after those steps with --from @K"
        )
    return graph


def _step(history: History, seq: int | None) -> StepRecord:
    if seq is None:
        raise CommandError("a test is of a step: %agent test @4 (%agent log lists them)")
    step = history[seq]
    if step.status in {"interrupted", "running"}:
        raise CommandError(
            f"@{seq} {step.action} was interrupted, and there is nothing to expect of it: %agent retry first",
            seq=seq,
        )
    if step.failure is not None and step.failure.type.rpartition(".")[2] in _LIMITS:
        raise CommandError(
            f"@{seq} {step.action} ended at a limit of its run ({step.failure.type.rpartition('.')[2]}), "
            "which a test of the step does not have: %agent retry first",
            seq=seq,
        )
    return step


def _place(history: History, step: StepRecord, path: str | Path | None) -> Path:
    if path is not None:
        place = Path(path).expanduser()
        if place.suffix != ".py" or not place.name.startswith("test_"):
            told = re.sub(r"^(test_)?", "test_", place.stem or "step")
            raise CommandError(
                f"--pytest {place}: pytest looks for files named test_*.py; "
                f"take {place.with_name(told + '.py')}",
                path=str(place),
            )
        return place
    name = re.sub(r"\W+", "_", f"test_{run_name(history.run)}_{step.seq}_{step.action}")
    folder = Path("tests")
    return (folder if folder.is_dir() else Path()) / f"{name}.py"


def _recorded(ws: Workspace, history: History, step: StepRecord, keys: Sequence[str]) -> Recorded:
    graph = _graph_with(ws, history, step.action)
    after, past = history.at(step.seq), Past(history)
    chosen, node = _chosen(after, step, keys), graph.get_action(step.action)
    return Recorded(
        run_name(history.run),
        step,
        history.values(step.seq),
        past.before(step),
        {key: after[key] for key in chosen},
        past.calls(step),
        node,
        None if step.code is None else ws.codes.used_since(node, step.code),
    )


def _graph_with(ws: Workspace, history: History, action: str) -> Graph:
    if ws.app is not None and action in ws.app.graph.names:
        return ws.app.graph
    try:
        return graph_for(ws, history.run)
    except CommandError as error:
        raise CommandError(f"no test without the action's code: {error}", action=action) from None


def _chosen(after: State, step: StepRecord, keys: Sequence[str]) -> Sequence[str]:
    for key in keys:
        if key not in after:
            near = did_you_mean(key, after) or f" It has: {listing(after)}."
            raise CommandError(f"--keys {key}: the state after @{step.seq} has no such key.{near}", key=key)
    return keys or [key for key in step.writes if key in after]
