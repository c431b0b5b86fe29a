"""The graph of the run in use, its current and failed action marked, in every form there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notebook_agent import view
from notebook_agent.errors import CommandError
from notebook_agent.graph import Graph
from notebook_agent.session.pricing import changed
from notebook_agent.session.shown import Said, Shown
from notebook_agent.session.standing import Upcoming, upcoming
from notebook_agent.session.words import listing
from notebook_agent.session.workspace import Workspace
from notebook_agent.view.drawing import picture_html

__all__ = ["GraphPicture", "graph", "picture"]


@dataclass(frozen=True, slots=True, repr=False)
class GraphPicture(Shown):
    """The graph with its current, failed, visited and edited actions marked."""

    graph: Graph
    upcoming: Upcoming
    failed: str | None
    visited: tuple[str, ...]
    edited: tuple[str, ...] = ()

    @property
    def current(self) -> str | None:
        """The action that is next; None where there is none."""
        return self.upcoming.action

    def __str__(self) -> str:
        lines = [view.graph_text(self.graph, current=self.current, failed=self.failed, edited=self.edited)]
        if self.current or self.upcoming.trouble:
            lines.append(f"next: {self.upcoming}")
        if self.upcoming.trouble:
            lines.append(self.upcoming.trouble)
        if self.failed:
            lines.append(f"failed: {self.failed}")
        return "\n".join(lines)

    @property
    def svg(self) -> str:
        """The drawing."""
        wire = view.graph_wire(self.graph)
        marks = {"current": self.current, "failed": self.failed}
        return view.graph_svg(wire, **marks, visited=self.visited, edited=self.edited)

    def html(self) -> str:
        """Return the drawing as an image."""
        return picture_html(self.svg, str(self), view.graph_wire(self.graph))


def graph(ws: Workspace, form: str | None) -> Shown:
    """Return the graph of the application in use as a picture, or as text of some form."""
    drawn = picture(ws)
    if form is None:
        return drawn
    texts: dict[str, Callable[[], str]] = {
        "svg": lambda: drawn.svg,
        "text": lambda: str(drawn),
        "mermaid": lambda: view.graph_mermaid(drawn.graph, current=drawn.current, failed=drawn.failed),
        "dot": lambda: view.graph_dot(drawn.graph, current=drawn.current, failed=drawn.failed),
    }
    if form not in texts:
        raise CommandError(f"graph has the forms {listing(texts)}; not {form!r}")
    return Said(texts[form]().rstrip())


def picture(ws: Workspace) -> GraphPicture:
    """Return the graph, marked by where the run stands."""
    app = ws.in_use()
    steps = list(app.history)
    failed = steps[-1].action if steps and steps[-1].status == "failed" else None
    visited = tuple(dict.fromkeys(step.action for step in steps))
    edited = tuple(each.action for each in changed(ws))
    return GraphPicture(app.graph, upcoming(app), failed, visited, edited)
