"""Commands that ask an expression of all checkpoints: watch and bisect. They run nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from notebook_agent.errors import CommandError
from notebook_agent.history import Bisection, History, Point, Watched, WatchStopped
from notebook_agent.history import bisect as bisected
from notebook_agent.session.references import Where
from notebook_agent.session.results import run_name
from notebook_agent.session.screen import Screen
from notebook_agent.session.shown import Shown, Table
from notebook_agent.session.workspace import Workspace
from notebook_agent.state import State
from notebook_agent.view.brief import brief
from notebook_agent.view.escape import escape, one_line, plural
from notebook_agent.view.spark import spark_html, spark_text

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BisectView", "Question", "WatchView", "bisect", "up_to", "watch"]

Question = str | Callable[[State], object]
_MOST_POINTS = 40
_QUIET: Final = 1.0
"""Seconds in which nothing is said of how far it has come."""
_EACH: Final = 0.2


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
        """Return one row for each checkpoint and edit: `seq action value changed error edited`."""
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
        stopped = _left(self.points, self.watched.left)
        return f"{self.watched.text} over {self.where}: {counted}{raised}{stopped}"

    def _table(self) -> Table:
        rows = tuple((_at(p), _by(p), _value(p)) for p in self.changes[:_MOST_POINTS])
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
        if not self.found.held and not self.found.left:
            return f"{self.found.text} never holds in {self.where}{self._raised()}"
        before = f"; it still held {_after(good)}" if good else ""
        head = f"{self.found.text} first fails {_after(bad)}{before}"
        turns = ", ".join(map(_turn, self.found.flips[:12]))
        more = [] if self.found.monotone else [f"it does not stay so, it turns at: {turns}"]
        return "\n".join([head + self._raised(), *more])

    def _held(self) -> str:
        text, held = self.found.text, self.found.held
        if self.found.left:
            looked = plural(held + len(self.found.errors), "checkpoint")
            return f"{text} has not failed in {looked} of {self.where}{self._raised()}"
        if not self.found.errors:
            return f"{text} holds at every checkpoint of {self.where}"
        points = plural(held + len(self.found.errors), "checkpoint")
        return f"{text} never fails in {self.where}: it holds at {held} of {points}{self._raised()}"

    def _raised(self) -> str:
        left = self.found.left
        stopped = f"; stopped, {plural(left, 'checkpoint')} not looked at" if left else ""
        return f"{self._undecided()}{stopped}"

    def _undecided(self) -> str:
        if not self.found.errors:
            return ""
        first = self.found.errors[0]
        count = plural(len(self.found.errors), "checkpoint")
        return f" (undecided at {count}, first {_place(first)}: {one_line(first.error or '', 120)})"


def watch(ws: Workspace, question: Question, where: Where) -> WatchView:
    """Ask a question of the checkpoints of a run, up to a step; a Stop leaves what was found."""
    history, last = up_to(ws, where)
    return WatchView(_extent(history, last), _watched(ws, history, question, last))


def bisect(ws: Workspace, predicate: Question, where: Where) -> BisectView:
    """Find the first checkpoint where a predicate fails; a Stop leaves what was found."""
    history, last = up_to(ws, where)
    return BisectView(_extent(history, last), bisected(_watched(ws, history, predicate, last)))


def up_to(ws: Workspace, where: Where) -> tuple[History, int | None]:
    """Return a run and the step up to which a question looks at it; None for all that it has.

    Raises:
        CommandError: The initial state is meant, which is but one checkpoint.
    """
    place = ws.place(where)
    if place.latest:
        return place.history, None
    if place.seq is None:
        shows = "%agent state" if where is None else f"%agent state {where}"
        raise CommandError(f"{place.name} is one checkpoint, and no step: {shows} shows it")
    return place.history, place.seq


def _extent(history: History, last: int | None) -> str:
    name = run_name(history.run)
    return name if last is None else f"{name} up to @{last}"


class _Progress:
    """Says how far a question has come, where that takes its time."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._began = time.monotonic()
        self._due = self._began + _QUIET
        self._told = ""

    def tell(self, asked: int, total: int) -> None:
        """Say it, but not too often."""
        now = time.monotonic()
        if now < self._due:
            return
        if not self._told:
            self._screen.begin()
        self._due = now + _EACH
        self._told = f"{asked:,} of {total:,} checkpoints, {now - self._began:.0f} s"
        self._screen.progress([f"… {self._told}; Stop keeps what was found"])

    def end(self) -> None:
        """Say how far it came."""
        if self._told:
            self._screen.progress([self._told])
            self._screen.end()


def _watched(ws: Workspace, history: History, question: Question, last: int | None) -> Watched:
    progress = _Progress(ws.screen)
    try:
        return history.watch(question, last, tell=progress.tell)
    except WatchStopped as stopped:
        return stopped.watched
    finally:
        progress.end()


def _left(points: Sequence[Point], left: int) -> str:
    """Say where a Stop ended it; nothing where none did."""
    if not left:
        return ""
    at = f"after {_place(points[-1])}" if points else "before the first"
    return f", stopped {at}: {plural(left, 'checkpoint')} not looked at"


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


def _at(point: Point) -> str:
    return "" if point.edit else _place(point)


def _by(point: Point) -> str:
    """What led to a point: an action, or somebody's hand."""
    if point.edit is None:
        return point.action or ""
    return "edited by hand" if point.edit.forked is None else "edited in the fork"


def _turn(point: Point) -> str:
    return f"{_place(point)}{' edited' if point.edit else ''} {'true' if point.value else 'false'}"


def _after(point: Point) -> str:
    if point.edit is not None:
        how = "it was forked there with edits" if point.edit.forked else "it was edited by hand"
        return f"as {how} after {_place(point)}"
    return "at the start" if point.seq is None else f"after @{point.seq} {point.action}"


def _value(point: Point) -> str:
    return f"raised: {one_line(point.error, 100)}" if point.error else brief(point.shown, 100)
