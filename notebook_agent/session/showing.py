"""What an `Agent` shows of runs, steps, states and LLM calls."""

from __future__ import annotations

from notebook_agent.session import keeping, looking
from notebook_agent.session.projects import projects_table
from notebook_agent.session.references import Where
from notebook_agent.session.results import StateView
from notebook_agent.session.shown import Said, Shown, Table
from notebook_agent.session.workspace import Workspace

__all__ = ["Showing"]


class Showing:
    """Tables, states and pictures, as they are kept."""

    workspace: Workspace

    def status(self) -> Said:
        """Say which run is in use, what is next and what failed last."""
        return looking.status(self.workspace)

    def state(self, where: Where = None, key: str | None = None) -> StateView:
        """Return the state at a step, or one value of it."""
        return looking.state(self.workspace, where, key)

    def log(self, run: str | None = None, *, calls: bool = False) -> Table:
        """Return the table of steps of a run, or of its LLM calls."""
        return looking.log(self.workspace, run, with_calls=calls)

    def calls(self, where: Where = None) -> Table:
        """Return the table of the run's LLM calls, or of a step's with what was said in them."""
        return looking.calls(self.workspace, where)

    def graph(self, form: str | None = None) -> Shown:
        """Return the graph as a picture, or as `"svg"`, `"text"`, `"mermaid"` or `"dot"`."""
        return looking.graph(self.workspace, form)

    def runs(
        self, *, failed: bool = False, tree: bool = False, size: bool = False, projects: bool = False
    ) -> Table:
        """Return the table of the project's runs, or with `projects` that of the store's projects.

        `size` tells which key of which run takes how much.
        """
        if projects:
            return projects_table(self.workspace)
        if size:
            return keeping.sizes(self.workspace)
        return looking.runs(self.workspace, failed=failed, tree=tree)

    def info(self) -> Said:
        """Say versions, the store and the mode of replay."""
        return looking.info(self.workspace)
