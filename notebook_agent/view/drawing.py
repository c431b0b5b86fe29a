"""The drawing that `visualize` returns: a `graphviz.Digraph` that needs no `dot` program."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any, cast, get_args

from notebook_agent.errors import GraphError
from notebook_agent.graph import Graph
from notebook_agent.ids import Json
from notebook_agent.view.dot import dot_body, graph_text
from notebook_agent.view.engines import drawn_apart
from notebook_agent.view.escape import as_output, escape
from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Direction, shape_of
from notebook_agent.view.svg import data_uri, graph_svg
from notebook_agent.view.wire import GraphWire

if TYPE_CHECKING:
    import graphviz

__all__ = ["graph_mimebundle", "graph_wire", "picture_html", "visualize"]


def graph_wire(graph: Graph | Json, *, with_conditions: bool = True) -> GraphWire:
    """Lay out a graph, or its description as kept with a run, for the page.

    Equal graphs share one result: do not change it.
    """
    return lay_out(shape_of(graph, with_conditions=with_conditions))


def graph_mimebundle(graph: Graph | Json, *, with_conditions: bool = True) -> dict[str, str]:
    """Show a graph where no kernel and no script runs: a picture, and a text that reads well."""
    wire = graph_wire(graph, with_conditions=with_conditions)
    text = graph_text(graph)
    return {"text/plain": text, "text/html": as_output(picture_html(graph_svg(wire), text, wire))}


def picture_html(svg: str, text: str, wire: GraphWire) -> str:
    """Put a picture into a page as an image, where nothing in it can run; `text` stands in for it."""
    if not wire["laidOut"]:
        return f"<pre>{escape(text)}</pre>"
    size = f'width="{wire["width"]:.0f}" height="{wire["height"]:.0f}"'
    style = "max-width:100%;height:auto"
    return f'<img src="{data_uri(svg)}" {size} style="{style}" alt="{escape(text)}">'


def visualize(  # noqa: PLR0913  # Burr's signature
    graph: Graph,
    output_file_path: str | Path | None = None,
    *,
    include_conditions: bool = False,
    include_state: bool = False,
    view: bool = False,
    engine: str = "graphviz",
    write_dot: bool = False,
    **engine_kwargs: object,
) -> graphviz.Digraph:
    """Draw a graph.

    Args:
        graph: The graph.
        output_file_path: Where to write the drawing too; the suffix says the format: `.svg` and
            `.gv` always work, others (`.png`, `.pdf` ..) need a Graphviz, pygraphviz's will do.
        include_conditions: Write the conditions on the edges.
        include_state: Write what each action reads and writes.
        view: Open the file that was written; a temporary one where no path is given.
        engine: `"graphviz"`, the only one there is.
        write_dot: Write the DOT source beside the file.
        engine_kwargs: Passed to `graphviz.Digraph`, such as `graph_attr={"rankdir": "LR"}`.

    Returns:
        A `graphviz.Digraph` that shows itself in a notebook.

    Raises:
        GraphError: The format cannot be written here, or the engine is unknown.
    """
    if engine != "graphviz":
        raise GraphError(f"visualize(engine={engine!r}): there is only 'graphviz'.")
    direction = _direction(engine_kwargs)
    shape = shape_of(graph, with_conditions=include_conditions, direction=direction, detailed=include_state)
    wire = lay_out(shape)
    body = [f"\t{line}\n" for line in dot_body(shape)]
    drawing = _drawing_class()(wire, graph_text(graph), body=body, **engine_kwargs)
    if output_file_path is not None or view:
        path = Path(output_file_path or Path(mkdtemp()) / "graph.svg")
        _write(drawing, path, view=view, write_dot=write_dot)
    return cast("graphviz.Digraph", drawing)


def _direction(engine_kwargs: Mapping[str, object]) -> Direction:
    attributes = engine_kwargs.get("graph_attr")
    wanted = attributes.get("rankdir", "TB") if isinstance(attributes, Mapping) else "TB"
    return cast("Direction", wanted) if wanted in get_args(Direction) else "TB"


def _write(drawing: graphviz.Digraph, path: Path, *, view: bool, write_dot: bool) -> None:
    target = path if path.suffix else path.with_suffix(".png")
    data = drawing.pipe(format=target.suffix[1:].lower())
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if write_dot:
        target.with_suffix(".dot").write_text(drawing.source, encoding="utf-8")
    if view:
        from graphviz import backend

        backend.view(str(target))


@cache
def _drawing_class() -> type[Any]:
    """Make the class when it is first needed, since importing graphviz takes its time."""
    import graphviz

    return type("Drawing", (_Drawn, graphviz.Digraph), {"__doc__": _Drawn.__doc__})


class _Drawn:
    """A graph's drawing: a `graphviz.Digraph` that is drawn without the `dot` program.

    What is added to it afterwards is drawn by Graphviz, where one is to be had.
    """

    def __init__(self, wire: GraphWire, text: str, **options: Any) -> None:
        super().__init__(**options)
        self.wire = wire
        self.text = text
        self._made = self._dot().source

    def pipe(
        self,
        format: str | None = None,  # noqa: A002  # graphviz's name
        *_: object,
        encoding: str | None = None,
        **__: object,
    ) -> Any:
        """Return the drawing in a format, as bytes or, with an encoding, as text."""
        data = _draw(self._dot().source, self._own(), format or self._dot().format)
        return data.decode(encoding) if encoding else data

    def render(
        self, filename: str | Path | None = None, directory: str | Path | None = None, **options: Any
    ) -> str:
        """Write the drawing and its source, as graphviz does; return the drawing's path."""
        digraph = self._dot()
        path = Path(directory or digraph.directory, filename or digraph.filename)
        target = Path(options.get("outfile") or f"{path}.{options.get('format') or digraph.format}")
        _write(digraph, target, view=bool(options.get("view")), write_dot=False)
        if not options.get("cleanup") and not options.get("outfile"):
            path.write_text(digraph.source, encoding="utf-8")
        return str(target)

    def _own(self) -> GraphWire | None:
        return self.wire if self._dot().source == self._made else None

    def _dot(self) -> graphviz.Digraph:
        return cast("graphviz.Digraph", self)

    def _copy_kwargs(self, **options: Any) -> dict[str, Any]:
        copied = super()._copy_kwargs(**options)  # type: ignore[misc]  # graphviz's own, which copy() calls
        return {**copied, "wire": self.wire, "text": self.text}

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None, **_: object
    ) -> dict[str, str]:
        bundle = {"text/plain": self.text, "text/html": as_output(self._html())}
        wanted = set(include or bundle) - set(exclude or ())
        return {kind: text for kind, text in bundle.items() if kind in wanted}

    def _html(self) -> str:
        wire, digraph = self._own(), self._dot()
        if wire is not None:
            return picture_html(graph_svg(wire), self.text, wire)
        try:
            drawn = _draw(digraph.source, None, "svg").decode()
        except GraphError:
            return f"<pre>{escape(digraph.source)}</pre>"
        return f'<img src="{data_uri(drawn)}" style="max-width:100%" alt="{escape(digraph.source)}">'

    def __repr__(self) -> str:
        return self.text


def _draw(source: str, wire: GraphWire | None, kind: str) -> bytes:
    if kind == "svg" and wire is not None:
        return graph_svg(wire).encode()
    if kind in {"dot", "gv"}:
        return source.encode()
    _check_format(kind)
    try:
        return drawn_apart(source, kind)
    except (OSError, subprocess.SubprocessError) as error:
        raise GraphError(
            f"The graph cannot be drawn as {kind!r} here: {_reason(error)}. "
            "Save it as .svg, which always works, or install pygraphviz (pip) or Graphviz."
        ) from error


def _check_format(kind: str) -> None:
    import graphviz

    if kind not in graphviz.FORMATS:
        raise GraphError(f"{kind!r} is no format of Graphviz: save it as .svg, .png or .pdf.")


def _reason(error: Exception) -> str:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else None
    lines = (said or str(error).encode()).decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "Graphviz failed"
