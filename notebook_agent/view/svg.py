"""The picture of a graph: one SVG that needs nothing else and reads well on light and on dark."""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass, field

from notebook_agent.view.escape import escape
from notebook_agent.view.layout import BOX_HEIGHT, LABEL_SIZE, STATE_LINE, state_lines
from notebook_agent.view.measure import FONT_SIZE, text_width
from notebook_agent.view.wire import EdgeWire, GraphWire, NodeWire

__all__ = ["Marks", "data_uri", "graph_svg"]

_FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

_STYLE = f"""
text{{font:{FONT_SIZE:g}px {_FONT};fill:#1b2a41;text-anchor:middle;dominant-baseline:central}}
rect{{fill:#eaf1fb;stroke:#7f9cc4;stroke-width:1.3}}
.input rect{{fill:#fbfbfc;stroke:#9aa3b2;stroke-dasharray:4 3}}
.input text{{fill:#596474;font-style:italic}}
.visited rect{{fill:#e1f3e8;stroke:#4f9d74}}
.edited rect{{stroke:#c98a12;stroke-width:2}}
.current rect{{fill:#d3e5ff;stroke:#1d63d8;stroke-width:2.4}}
.failed rect{{fill:#fde5e2;stroke:#cf3227;stroke-width:2.4}}
.badge circle{{stroke:#fff;stroke-width:1.5}}
.badge text{{font-size:11px;font-weight:700;fill:#fff}}
.current circle{{fill:#1d63d8}}.edited circle{{fill:#b67a08}}.failed circle{{fill:#cf3227}}
path{{fill:none;stroke:#76859b;stroke-width:1.4}}
.head{{fill:#76859b;stroke:none}}
.conditional .line,.caught .line{{stroke-dasharray:5 4}}
.caught .line{{stroke:#cf3227}}.caught .head{{fill:#cf3227}}
.from-input .line{{stroke:#a3adbb;stroke-width:1.1}}.from-input .head{{fill:#a3adbb}}
.small{{font-size:{LABEL_SIZE:g}px;opacity:.8}}
.label rect{{fill:#f3f5f8;stroke:none}}
.label text{{font-size:{LABEL_SIZE:g}px;fill:#45526a}}
.label.caught rect{{fill:#fdeeec}}.label.caught text{{fill:#a8261d}}
@media(prefers-color-scheme:dark){{
text{{fill:#e8eef8}}
rect{{fill:#25344f;stroke:#6c8bbd}}
.input rect{{fill:#1c222d;stroke:#6f7a8c}}
.input text{{fill:#aeb8c8}}
.visited rect{{fill:#1d3b2d;stroke:#57a97d}}
.edited rect{{stroke:#e0a93c}}
.current rect{{fill:#1c447f;stroke:#79aefc}}
.failed rect{{fill:#56201d;stroke:#f2736a}}
.badge circle{{stroke:#161b24}}
.label rect{{fill:#2a313d}}
.label text{{fill:#c3cddc}}
.caught .line{{stroke:#f2736a}}.caught .head{{fill:#f2736a}}
.label.caught rect{{fill:#3b1f20}}.label.caught text{{fill:#f7a59f}}
.from-input .line{{stroke:#566479}}.from-input .head{{fill:#566479}}
}}"""


@dataclass(frozen=True, slots=True)
class Marks:
    """Which actions stand out in a picture."""

    current: str | None = None
    failed: str | None = None
    visited: Collection[str] = field(default=frozenset[str]())
    edited: Collection[str] = field(default=frozenset[str]())

    def words(self, name: str) -> list[str]:
        """Name what is marked at an action: `failed`, `current`, `edited`, `visited`."""
        marks = {
            "failed": name == self.failed,
            "current": name == self.current and name != self.failed,
            "edited": name in self.edited,
            "visited": name in self.visited,
        }
        return [word for word, holds in marks.items() if holds]


def graph_svg(
    wire: GraphWire,
    *,
    current: str | None = None,
    failed: str | None = None,
    visited: Collection[str] = (),
    edited: Collection[str] = (),
) -> str:
    """Draw a graph as a standalone SVG document.

    Args:
        wire: A laid-out graph; one that is not laid out is drawn as a column of its actions.
        current: The action that is next or running.
        failed: The action that failed.
        visited: The actions that ran.
        edited: The actions whose code was edited since.
    """
    placed = wire if wire["laidOut"] else _column(wire)
    marks = Marks(current, failed, visited, edited)
    inputs = {node["name"] for node in placed["nodes"] if node["kind"] == "input"}
    edges = (_edge(edge, from_input=edge["source"] in inputs) for edge in placed["edges"])
    nodes = (_node(node, marks) for node in placed["nodes"])
    labels = (_label(edge) for edge in placed["edges"] if edge["label"] and edge["path"])
    return _document(placed, "".join((*edges, *labels, *nodes)))


def data_uri(svg: str) -> str:
    """Wrap an SVG document for the `src` of an image, where no script in it could run."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _document(wire: GraphWire, body: str) -> str:
    width, height = f"{wire['width']:g}", f"{wire['height']:g}"
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    title = f"<title>{escape(_summary(wire))}</title>"
    style = f"<style>{_STYLE}</style>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">{title}{style}{body}</svg>'


def _summary(wire: GraphWire) -> str:
    names = [node["name"] for node in wire["nodes"] if node["kind"] == "action"]
    return f"graph of {len(names)} actions: {', '.join(names)}"


def _node(node: NodeWire, marks: Marks) -> str:
    words = marks.words(node["name"]) if node["kind"] == "action" else []
    title = ", ".join((
        f"{node['kind']} {node['label']}" if node["kind"] == "action" else node["label"],
        *words,
    ))
    radius = 9 if node["kind"] == "action" else 4
    box = _rect(node["x"], node["y"], node["width"], node["height"], radius)
    kinds = " ".join((node["kind"], *words))
    return f'<g class="{kinds}"><title>{escape(title)}</title>{box}{_texts(node)}{_badge(node, words)}</g>'


def _texts(node: NodeWire) -> str:
    lines = state_lines(node["reads"], node["writes"]) if node["height"] > BOX_HEIGHT else []
    first = node["y"] - STATE_LINE / 2 * len(lines)
    small = (
        f'<text class="small" x="{node["x"]:g}" y="{first + STATE_LINE * n + 2:g}">{escape(line)}</text>'
        for n, line in enumerate(lines, 1)
    )
    return f'<text x="{node["x"]:g}" y="{first:g}">{escape(node["label"])}</text>{"".join(small)}'


def _badge(node: NodeWire, words: Collection[str]) -> str:
    sign = next((sign for word, sign in _SIGNS.items() if word in words), None)
    if sign is None:
        return ""
    x, y = node["x"] + node["width"] / 2 - 3, node["y"] - node["height"] / 2 + 2
    return (
        f'<g class="badge"><circle cx="{x:g}" cy="{y:g}" r="8"/><text x="{x:g}" y="{y:g}">{sign}</text></g>'
    )


_SIGNS = {"failed": "✕", "current": "▸", "edited": "✎"}


def _rect(x: float, y: float, width: float, height: float, radius: float) -> str:
    left, top = round(x - width / 2, 1), round(y - height / 2, 1)
    return f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"/>'


def _edge(edge: EdgeWire, *, from_input: bool) -> str:
    kind = _edge_kind(edge, from_input=from_input)
    title = f"<title>{escape(_edge_title(edge))}</title>"
    lines = f'<path class="line" d="{edge["path"]}"/><path class="head" d="{edge["head"]}"/>'
    return f'<g class="{kind}">{title}{lines}</g>'


def _edge_kind(edge: EdgeWire, *, from_input: bool) -> str:
    if edge.get("caught"):
        return "caught"
    return "conditional" if edge["conditional"] else "from-input" if from_input else "always"


def _edge_title(edge: EdgeWire) -> str:
    sign = "" if edge.get("caught") else "if "
    condition = f" {sign}{edge['label']}" if edge["label"] else ""
    return f"{edge['source']} to {edge['target']}{condition}"


def _label(edge: EdgeWire) -> str:
    x, y = edge["labelX"], edge["labelY"]
    pill = _rect(x, y, round(text_width(edge["label"], LABEL_SIZE) + 8, 1), 16, 8)
    kinds = "label caught" if edge.get("caught") else "label"
    return f'<g class="{kinds}">{pill}<text x="{x:g}" y="{y:g}">{escape(edge["label"])}</text></g>'


def _column(wire: GraphWire) -> GraphWire:
    step, margin = 46.0, 12.0
    width = max((node["width"] for node in wire["nodes"]), default=80.0) + 2 * margin
    nodes = [
        NodeWire({**node, "x": width / 2, "y": margin + step * (n + 0.5)})
        for n, node in enumerate(wire["nodes"])
    ]
    height = 2 * margin + step * len(nodes)
    return GraphWire(laidOut=True, width=width, height=height, nodes=nodes, edges=[])
