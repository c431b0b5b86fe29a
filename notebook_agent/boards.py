"""Grids of forks on the screen of a notebook: each a widget that fills, and is closed with the extension."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol, cast

from notebook_agent.errors import AgentError
from notebook_agent.view.wire import GridWire

if TYPE_CHECKING:
    from notebook_agent.grids import Grid

__all__ = ["Boards", "GridBoard"]

_MOST: Final = 16


class _Handle(Protocol):
    def update(self, obj: object, **kwargs: object) -> None: ...


class GridBoard:
    """A grid on the screen; see `session.screen.Board`."""

    def __init__(self, make: Callable[[GridWire], Grid]) -> None:
        self._make = make
        self._grid: Grid | None = None
        self._handle: _Handle | None = None

    def show(self, wire: GridWire) -> None:
        """Show it as far as it has come; what stands in the notebook's file is renewed at the end."""
        if self._grid is None:
            self._grid = self._make(wire)
            self._handle = cast("_Handle", _put(_display(), self._grid, display_id=True))
            return
        self._grid.show(wire)
        if not wire["going"] and self._handle is not None:
            _put(self._handle.update, self._grid)

    def close(self) -> None:
        """Close the widget; the notebook's file keeps what it came to."""
        if self._grid is not None:
            self._grid.close()


class Boards:
    """Opens boards; of very many the oldest are closed.

    Args:
        open_run: Takes the run of this id into use, and says so in one sentence.
    """

    def __init__(self, open_run: Callable[[str], str]) -> None:
        self._open_run = open_run
        self._boards: list[GridBoard] = []

    def open(self, stop: Callable[[], None]) -> GridBoard | None:
        """Open one; None where there are no widgets."""
        grid = _grid()
        if grid is None:
            return None
        board = GridBoard(lambda wire: grid(self._open_run, stop, wire))
        self._boards.append(board)
        for oldest in self._boards[:-_MOST]:
            oldest.close()
        del self._boards[:-_MOST]
        return board

    def close(self) -> None:
        """Close all."""
        for board in self._boards:
            board.close()
        self._boards.clear()


def _put(display: Callable[..., object], grid: Grid, **options: object) -> object:
    """Display what a grid is shown by: ipywidgets 7 would show it by itself, each time in a new output."""
    data, metadata = cast("tuple[object, object]", grid._repr_mimebundle_())
    return display(data, metadata=metadata, raw=True, **options)


def _display() -> Callable[..., object]:
    from IPython import display

    return display.display


def _grid() -> type[Grid] | None:
    try:
        from notebook_agent.grids import Grid
    except (ImportError, AgentError):
        return None
    return Grid
