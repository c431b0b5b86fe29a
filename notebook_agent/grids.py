"""The grid of forks as a widget: it holds what it is told, and forwards clicks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import anywidget  # noqa: TID253 - loaded only when a grid is made
import traitlets

from notebook_agent.pace import Pace
from notebook_agent.view.page import bundled
from notebook_agent.view.wire import GridWire

__all__ = ["Grid"]

_SHARE = 20
"""Showing takes at most one part in so many of the time."""


class Grid(anywidget.AnyWidget):
    """Forks of a checkpoint side by side, shown while they run.

    Attributes:
        grid: What is shown.
        said: The answer to the last click.
    """

    _esm = bundled("grid.js")
    _css = bundled("grid.css")

    grid = traitlets.Dict().tag(sync=True)
    said = traitlets.Unicode("").tag(sync=True)

    def __init__(self, open_run: Callable[[str], str], stop: Callable[[], None], wire: GridWire) -> None:
        """Show a grid.

        Args:
            open_run: Takes the run of this id into use, and says so in one sentence.
            stop: Stops all forks.
            wire: What is shown first.
        """
        self._open_run = open_run
        self._stop = stop
        self._pace = Pace(_SHARE)
        super().__init__(grid=dict(wire))
        self.on_msg(self._receive)

    def show(self, wire: GridWire) -> None:
        """Show a grid as far as it has come; while it goes on, not more often than can be drawn."""
        if wire["going"] and self._pace.wait() > 0:
            return
        with self._pace.doing():
            self.grid = dict(wire)

    def __repr__(self) -> str:
        return str(self.grid["line"])

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, Mapping):
            return
        if isinstance(content.get("open"), str):
            self.said = self._open_run(content["open"])
        elif content.get("stop") is True:
            self._stop()
