"""A laid-out graph on the wire. Sizes are in points, 1/72 inch."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

__all__ = ["EdgeWire", "GraphWire", "NodeWire"]


class NodeWire(TypedDict):
    """A box of the graph; `x`, `y` is its centre, y downwards."""

    name: str
    kind: Literal["action", "input"]
    label: str
    x: float
    y: float
    width: float
    height: float
    reads: list[str]
    writes: list[str]


class EdgeWire(TypedDict):
    """An arrow. `path` is the line and `head` the arrow head, both SVG path data.

    `labelX`, `labelY` is the middle of the label, or where none is, of what is told of the arrow:
    it begins or ends there where it has a `side`. `caught` is there, and true, for one that an
    exception takes; `whole` where `label` is cut.
    """

    source: str
    target: str
    label: str
    conditional: bool
    path: str
    head: str
    labelX: float
    labelY: float
    side: NotRequired[Literal["start", "end"]]
    caught: NotRequired[bool]
    whole: NotRequired[str]


class GraphWire(TypedDict):
    """A laid-out graph. Where no layout engine is to be had, `laidOut` is false and coordinates are 0."""

    laidOut: bool
    width: float
    height: float
    nodes: list[NodeWire]
    edges: list[EdgeWire]
