"""A graph in the languages of others: DOT for Graphviz, Mermaid for Markdown, and plain text.

Labels are quoted texts, never HTML-like, and every character that means something to the
language is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from notebook_agent.graph import Graph
from notebook_agent.ids import Json
from notebook_agent.view.escape import one_line, writable
from notebook_agent.view.layout import state_lines
from notebook_agent.view.shape import Box, Edge, Shape, shape_of

__all__ = ["dot_body", "graph_dot", "graph_mermaid", "graph_text"]

_LABEL = 200
_CAUGHT = "#cf3227"


def graph_dot(
    graph: Graph | Json,
    *,
    with_conditions: bool = True,
    include_state: bool = False,
    current: str | None = None,
    failed: str | None = None,
) -> str:
    """Write a graph in DOT, its current and failed action in other colours."""
    shape = shape_of(graph, with_conditions=with_conditions, detailed=include_state)
    colours = {**_coloured(current, "#d3e5ff", "#1d63d8"), **_coloured(failed, "#fde5e2", "#cf3227")}
    lines = [*dot_body(shape), *(f"{_quoted(name)} [{colour}]" for name, colour in colours.items())]
    return "\n".join(("digraph {", *(f"\t{line}" for line in lines), "}\n"))


def _coloured(action: str | None, fill: str, line: str) -> dict[str, str]:
    return {action: f'fillcolor="{fill}" color="{line}" penwidth=2'} if action else {}


def dot_body(shape: Shape) -> list[str]:
    """Write what stands between the braces of a DOT graph, line by line."""
    return [
        f"rankdir={shape.direction}",
        'node [shape=box style="rounded,filled" fillcolor="#eaf1fb" color="#7f9cc4" fontname="Helvetica"]',
        'edge [color="#76859b" fontname="Helvetica" fontsize=11]',
        *(_dot_node(box, shape) for box in shape.boxes),
        *(_dot_edge(edge) for edge in shape.edges),
    ]


def _dot_node(box: Box, shape: Shape) -> str:
    lines = [box.label, *(state_lines(box.reads, box.writes) if shape.detailed else ())]
    style = ' style=dashed fillcolor="#ffffff"' if box.kind == "input" else ""
    return f"{_quoted(box.name)} [label={_quoted(*lines)}{style}]"


def _dot_edge(edge: Edge) -> str:
    label = f" label={_quoted(edge.label)}" if edge.label else ""
    style = "dashed" if edge.conditional else "solid"
    if edge.caught:
        style += f' color="{_CAUGHT}" fontcolor="{_CAUGHT}"'
    return f"{_quoted(edge.source)} -> {_quoted(edge.target)} [style={style}{label}]"


def _quoted(*lines: str) -> str:
    texts = (one_line(writable(line), _LABEL).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(texts) + '"'


def graph_mermaid(
    graph: Graph | Json,
    *,
    with_conditions: bool = True,
    current: str | None = None,
    failed: str | None = None,
) -> str:
    """Write a graph as a Mermaid flow chart, its current and failed action in other colours."""
    shape = shape_of(graph, with_conditions=with_conditions)
    ids = {box.name: f"n{n}" for n, box in enumerate(shape.boxes)}
    nodes = [_mermaid_node(ids[box.name], box) for box in shape.boxes]
    edges = [_mermaid_edge(ids[edge.source], edge, ids[edge.target]) for edge in shape.edges]
    caught = [f"{n}" for n, edge in enumerate(shape.edges) if edge.caught]
    lines = [f"    linkStyle {','.join(caught)} stroke:{_CAUGHT},color:{_CAUGHT}"] if caught else []
    style = "    classDef input stroke-dasharray: 4 3"
    marks = [
        *_mermaid_mark(ids, current, "#d3e5ff", "#1d63d8"),
        *_mermaid_mark(ids, failed, "#fde5e2", "#cf3227"),
    ]
    return "\n".join(("flowchart TD", *nodes, *edges, style, *lines, *marks, ""))


def _mermaid_mark(ids: Mapping[str, str], action: str | None, fill: str, line: str) -> list[str]:
    if action is None or action not in ids:
        return []
    return [f"    style {ids[action]} fill:{fill},stroke:{line},stroke-width:2px"]


def _mermaid_node(name: str, box: Box) -> str:
    mark = ":::input" if box.kind == "input" else ""
    return f'    {name}("{_mermaid(box.label)}"){mark}'


def _mermaid_edge(source: str, edge: Edge, target: str) -> str:
    label = f'|"{_mermaid(edge.label)}"|' if edge.label else ""
    return f"    {source} {'-.->' if edge.conditional else '-->'}{label} {target}"


def _mermaid(text: str) -> str:
    return re.sub(r"[^\w .,:=+-]", lambda found: f"#{ord(found[0])};", one_line(writable(text), _LABEL))


def graph_text(
    graph: Graph | Json,
    *,
    current: str | None = None,
    failed: str | None = None,
    edited: Collection[str] = (),
) -> str:
    """Write a graph as a list of its actions, each with what it takes, reads, writes and leads to."""
    shape = shape_of(graph)
    actions = [box for box in shape.boxes if box.kind == "action"]
    lines = [f"graph of {len(actions)} action{'s' * (len(actions) != 1)}"]
    for box in actions:
        mark = "✖" if box.name == failed else "▸" if box.name == current else " "
        note = "  (edited)" if box.name in edited else ""
        lines.append(f"{mark} {box.label}{note}{_facts(box, shape)}")
        lines += [f"    → {edge.target}{_condition(edge, shape)}" for edge in _leaving(box, shape)]
    return "\n".join(lines)


def _leaving(box: Box, shape: Shape) -> list[Edge]:
    return [edge for edge in shape.edges if edge.source == box.name]


def _facts(box: Box, shape: Shape) -> str:
    labels = {each.name: each.label.removeprefix("input: ") for each in shape.boxes if each.kind == "input"}
    inputs = [
        labels[edge.source] for edge in shape.edges if edge.target == box.name and edge.source in labels
    ]
    named = (("takes", inputs), ("reads", box.reads), ("writes", box.writes))
    return "".join(f" · {word} {', '.join(keys)}" for word, keys in named if keys)


def _condition(edge: Edge, shape: Shape) -> str:
    if edge.conditional:
        return f"  {edge.label}" if edge.caught else f"  if {edge.label}"
    others = [each for each in shape.edges if each.source == edge.source and not each.caught]
    return "  otherwise" if len(others) > 1 else ""
