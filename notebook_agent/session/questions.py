"""Commands that ask the past: blame, watch and bisect. They read the store and run nothing."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notebook_agent.calls import summarise
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.history import Bisection, Blame, Origin, Point, Watched
from notebook_agent.ids import StepRef
from notebook_agent.redact import mask, redact_text
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.shown import Shown, Table
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.view.brief import brief
from notebook_agent.view.escape import escape, one_line, plural
from notebook_agent.view.spark import spark_html, spark_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BisectView", "BlameView", "Question", "WatchView", "bisect", "blame", "watch"]

Question = str | Callable[[State], object]
_MOST_CAUSES = 20
_MOST_LINES = 12
_MOST_CALLS = 3
_TOLD = 40
_MOST_POINTS = 40


@dataclass(frozen=True, slots=True, repr=False)
class BlameView(Shown):
    """Who wrote a value, with which code and LLM calls, and from what.

    Attributes:
        where: The checkpoint that was looked at.
        found: The origin of the path and all its causes.
        source: The source of the action that wrote it, as it was then.
        calls: The LLM calls of that step.
        earlier: The LLM calls of the steps that the causes come from, as far as these are shown.
    """

    where: str
    found: Blame
    source: str | None
    calls: tuple[CallRecord, ...]
    earlier: tuple[CallRecord, ...] = ()

    def __str__(self) -> str:
        return self._told([f"    {line}".rstrip() for line in _excerpt(self.source or "")])

    def _told(self, code: Sequence[str]) -> str:
        origin = self.found.origin
        lines = [f"{origin.path} at {self.where}: {_written(origin)}", f"  {brief(origin.value, 300)}"]
        lines += ["  code as it was then", *code] if code else []
        lines += [f"  LLM call: {_said(call)}" for call in self.calls]
        lines += ["made from" if self.found.causes else "made from nothing in the state"]
        return "\n".join([*lines, *self._causes()])

    def _causes(self) -> Iterator[str]:
        """One line for each cause, and one for each LLM call of its step, where that is first named."""
        calls: defaultdict[StepRef | None, list[CallRecord]] = defaultdict(list)
        for call in self.earlier:
            calls[call.step].append(call)
        shown = self.found.causes[:_MOST_CAUSES]
        for each in shown:
            yield f"  {each.path}: {_written(each)}  {brief(each.value, 60)}"
            made = calls.pop(each.step.ref, []) if each.kind == "step" and each.step is not None else []
            yield from (f"    LLM call: {_said(call)}" for call in made[:_MOST_CALLS])
            if len(made) > _MOST_CALLS:
                yield f"    .. and {plural(len(made) - _MOST_CALLS, 'more call')}"
        left = len(self.found.causes) - len(shown)
        count = f"more than {left} earlier writes" if self.found.more else plural(left, "earlier write")
        if left:
            yield f"  .. and {count}"

    def html(self) -> str:
        """Return the same, with the source of the action."""
        code = escape(redact_text(self.source or ""))
        source = f"<details><summary>code as it was then</summary><pre>{code}</pre></details>"
        return f'<pre style="line-height:1.4">{escape(self._told(()))}</pre>{source if self.source else ""}'


@dataclass(frozen=True, slots=True, repr=False)
class WatchView(Shown):
    """An expression over all checkpoints: its changes, a small plot of its numbers, and a table."""

    where: str
    watched: Watched

    @property
    def points(self) -> tuple[Point, ...]:
        """The value at each checkpoint."""
        return self.watched.points

    @property
    def changes(self) -> tuple[Point, ...]:
        """The checkpoints at which it came to be something else."""
        return self.watched.changes

    def df(self) -> pd.DataFrame:
        """Return one row for each checkpoint: `seq action value changed error`."""
        return self.watched.df()

    def __str__(self) -> str:
        numbers = _numbers(self.points)
        plot = [spark_text(numbers)] if numbers else []
        return "\n".join([self._head(), *plot, str(self._table())])

    def html(self) -> str:
        """Return the plot and the table of changes."""
        numbers = _numbers(self.points)
        return f"<p>{escape(self._head())}</p>{spark_html(numbers) if numbers else ''}{self._table().html()}"

    def _head(self) -> str:
        turns = len(self.changes) - 1
        counted = plural(turns, "change") if turns else "never changes"
        raised = (
            f", raised at {plural(len(self.watched.errors), 'checkpoint')}" if self.watched.errors else ""
        )
        return f"{self.watched.text} over {self.where}: {counted}{raised}"

    def _table(self) -> Table:
        rows = tuple((_place(p), p.action or "", _value(p)) for p in self.changes[:_MOST_POINTS])
        left = len(self.changes) - len(rows)
        more = (("..", "", f"and {plural(left, 'more change')}"),) if left else ()
        return Table(("step", "after", "value"), (*rows, *more))


@dataclass(frozen=True, slots=True, repr=False)
class BisectView(Shown):
    """Where a predicate first fails, and whether it does so for good."""

    where: str
    found: Bisection

    @property
    def first_bad(self) -> int | None:
        """The number of the first step after which it is false; None for none, or the initial state."""
        return None if self.found.first_bad is None else self.found.first_bad.seq

    def __str__(self) -> str:
        bad, good = self.found.first_bad, self.found.last_good
        if bad is None:
            return self._held()
        before = f"; it still held after {_place(good)} {good.action or ''}".rstrip() if good else ""
        head = f"{self.found.text} first fails {_after(bad)}{before}"
        turns = ", ".join(f"{_place(p)} {'true' if p.value else 'false'}" for p in self.found.flips[:12])
        more = [] if self.found.monotone else [f"it does not stay so, it turns at: {turns}"]
        return "\n".join([head + self._raised(), *more])

    def _held(self) -> str:
        text, held = self.found.text, self.found.held
        if not self.found.errors:
            return f"{text} holds at every checkpoint of {self.where}"
        points = plural(held + len(self.found.errors), "checkpoint")
        return f"{text} never fails in {self.where}: it holds at {held} of {points}{self._raised()}"

    def _raised(self) -> str:
        if not self.found.errors:
            return ""
        first = self.found.errors[0]
        count = plural(len(self.found.errors), "checkpoint")
        return f" (undecided at {count}, first {_place(first)}: {one_line(first.error or '', 120)})"


def blame(ws: Workspace, path: str, where: Where) -> BlameView:
    """Tell who wrote what stands at a path."""
    history, seq = ws.resolve(where)
    found = history.blame_at(path, seq, most=_TOLD)
    step = found.origin.step if found.origin.kind == "step" else None
    name = f"{run_name(history.run)}@{'start' if seq is None else seq}"
    earlier = tuple(history.store.calls(_steps(found.causes[:_MOST_CAUSES])))
    if step is None:
        return BlameView(name, found, None, (), earlier)
    return BlameView(name, found, history.values(step.seq).source, tuple(history.calls(step.seq)), earlier)


def watch(ws: Workspace, question: Question, where: Where) -> WatchView:
    """Ask a question of every checkpoint of a run."""
    history, _ = ws.resolve(where)
    return WatchView(run_name(history.run), history.watch(question))


def bisect(ws: Workspace, predicate: Question, where: Where) -> BisectView:
    """Find the first checkpoint where a predicate fails."""
    history, _ = ws.resolve(where)
    return BisectView(run_name(history.run), history.bisect(predicate))


def _written(origin: Origin) -> str:
    if origin.step is None:
        return "there from the start"
    if origin.kind == "edit":
        return f"edited by hand before @{origin.step.seq} {origin.step.action}"
    return f"written by @{origin.step.seq} {origin.step.action}"


def _steps(origins: Sequence[Origin]) -> list[StepRef]:
    """The steps that wrote values, each once."""
    found = (each.step.ref for each in origins if each.kind == "step" and each.step is not None)
    return list(dict.fromkeys(found))


def _excerpt(source: str) -> list[str]:
    """The first lines of a source."""
    lines = redact_text(source).strip("\n").expandtabs(4).split("\n") if source else []
    left = len(lines) - _MOST_LINES
    return lines if left <= 1 else [*lines[:_MOST_LINES], f".. and {plural(left, 'more line')}"]


def _said(call: CallRecord) -> str:
    summary = summarise(call)
    asked = summary.messages[-1].content if summary.messages else ""
    answered = [brief(summary.text, 80)] if summary.text else []
    answered += [f"asks for {each.name}({one_line(str(mask(each.arguments)), 80)})" for each in summary.tools]
    answered += [one_line(redact_text(summary.error), 80)] if summary.error else []
    return " → ".join([f"{summary.model or call.endpoint}: {brief(asked, 80)}", *answered[:4]])


def _numbers(points: Sequence[Point]) -> list[float | None]:
    """The values as numbers; nothing where one is of another kind."""
    values = [None if point.error else point.value for point in points]
    if not all(value is None or isinstance(value, int | float) for value in values):
        return []
    most = sys.float_info.max
    found = [float(v) if isinstance(v, int | float) and abs(v) <= most else None for v in values]
    return found if any(value is not None for value in found) else []


def _place(point: Point) -> str:
    return "@start" if point.seq is None else f"@{point.seq}"


def _after(point: Point) -> str:
    return "at the start" if point.seq is None else f"after @{point.seq} {point.action}"


def _value(point: Point) -> str:
    return f"raised: {one_line(point.error, 100)}" if point.error else brief(point.value, 100)
