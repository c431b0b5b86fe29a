"""The panel of an `Agent`: drawn by the notebook extension, else a widget that any host of widgets shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from notebook_agent.errors import AgentError
from notebook_agent.session import looking
from notebook_agent.session.backend import PanelBackend
from notebook_agent.session.shown import Said, Shown
from notebook_agent.session.workspace import Workspace

if TYPE_CHECKING:
    from notebook_agent.widgets import Panel

__all__ = ["Paneling"]


class Paneling:
    """What an `Agent` is on a screen.

    Attributes:
        drawn: Whether the notebook extension draws every agent that a cell shows.
    """

    drawn: ClassVar[bool] = False
    workspace: Workspace
    _backend: PanelBackend | None = None

    @property
    def backend(self) -> PanelBackend:
        """What stands behind all panels and parts of this agent."""
        if self._backend is None:
            self._backend = PanelBackend(self.workspace)
        return self._backend

    def _widget(self) -> Panel | None:
        """Make the panel; None where there are no widgets."""
        try:
            from notebook_agent.widgets import Panel

            return Panel(self.backend)
        except (ImportError, AgentError):
            return None

    def _display_(self) -> Panel | Shown:
        """Return what marimo shows of this, which knows neither magics nor IPython's displays."""
        if self.workspace.app is None:
            return Said(repr(self))
        return self._widget() or looking.picture(self.workspace)
