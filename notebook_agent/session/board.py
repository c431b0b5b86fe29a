"""Where a grid of forks is shown while it fills: on a board that can be clicked, else as one line."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from notebook_agent.parallelism import Forked, ForkGrid
from notebook_agent.session.gridview import GridView
from notebook_agent.session.screen import Board
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.brief import cost, duration
from notebook_agent.view.escape import plural

__all__ = ["Bar"]

_WIDTH = 24
_WORDS = ("passed", "did not pass", "undecided", "limited", "failed", "refused", "interrupted")


class Bar:
    """Tells how far a grid has come, to a board if the session has one, else in one line.

    Attributes:
        label: What the labels of the forks' runs begin with.
    """

    def __init__(self, ws: Workspace, label: str, where: str) -> None:
        self.label = label
        self._ws = ws
        self._where = where
        self._began = time.monotonic()
        self._stops = False
        self._board: Board | None = None
        self._open: Callable[[Callable[[], None]], Board | None] | None = ws.board

    def view(self, grid: ForkGrid) -> GridView:
        """Return a grid as a person sees it."""
        return GridView(self._where, self.label, grid, self._ws.store(), time.monotonic() - self._began)

    def tell(self, grid: ForkGrid, running: int) -> None:
        """Show how far it is.

        Raises:
            KeyboardInterrupt: The board was told to stop.
        """
        if self._open is not None:
            self._board, self._open = self._open(self._stop), None
        if self._board is None:
            self._ws.screen.progress([f"{self._drawn(grid)} {self._told(grid, running)}"])
        else:
            going = bool(running) or any(each.outcome == "not begun" for each in grid)
            self._board.show(self.view(grid).wire(self._told(grid, running), going=going))
        if self._stops:
            self._stops = False
            raise KeyboardInterrupt

    def end(self, view: GridView) -> None:
        """Show what it came to."""
        if self._board is not None:
            self._board.show(view.wire(self._told(view.grid, 0), going=False))

    def _stop(self) -> None:
        self._stops = True

    def _drawn(self, grid: ForkGrid) -> str:
        done = _done(grid)
        filled = _WIDTH * done // len(grid)
        return f"{'' if done == len(grid) else '… '}{self.label} {'█' * filled}{'░' * (_WIDTH - filled)}"

    def _told(self, grid: ForkGrid, running: int) -> str:
        ended = Counter(_came_to(each, judged=bool(grid.predicate)) for each in grid)
        counted = {"running": running, **{word: ended[word] for word in _WORDS}}
        calls = sum(each.calls for each in grid)
        costs = [each.cost for each in grid]
        known = None if None in costs else sum(each for each in costs if each is not None)
        spent = [f"{plural(calls, 'LLM call')}, {cost(known)}"] if calls else []
        forks = f"{_done(grid)}/{len(grid)} {'fork' if len(grid) == 1 else 'forks'}"
        took = duration((time.monotonic() - self._began) * 1000)
        return ", ".join([forks, *(f"{n} {what}" for what, n in counted.items() if n), *spent, took])


def _came_to(fork: Forked, *, judged: bool) -> str:
    """Say in a word what a fork came to: each that has ended is counted once."""
    if fork.passed is True:
        return "passed"
    if fork.undecided is not None:
        return "undecided"
    if judged and fork.outcome in {"completed", "limited"}:
        return "did not pass"
    return fork.outcome


def _done(grid: ForkGrid) -> int:
    return sum(each.outcome != "not begun" for each in grid)
