"""Where boxes and arrows go: Graphviz computes it, from numbers alone.

Graphviz is given no text of the user: boxes are called n0, n1 .. and have the sizes that
`measure` estimates, and the room for an edge's label is an empty cell of a given size. So
no label can be taken for markup, no font is looked for (fontconfig writes warnings into
the notebook), and a graph is laid out alike on every machine.

How long that takes grows with the ranks that arrows cross, faster than their number. Of a graph
that would take long Graphviz lays the short arrows only, in fewer rounds; the others are arcs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from notebook_agent.view.arcs import Arc, Stand, with_arcs
from notebook_agent.view.counts import apart, middle
from notebook_agent.view.effort import is_heavy, near
from notebook_agent.view.engines import Laid, Line, coordinates
from notebook_agent.view.escape import one_line
from notebook_agent.view.measure import text_width
from notebook_agent.view.shape import Box, Edge, Shape
from notebook_agent.view.wire import EdgeWire, GraphWire, NodeWire

__all__ = ["BOX_HEIGHT", "LABEL_SIZE", "STATE_LINE", "lay_out", "state_lines"]

LABEL_SIZE = 11.0
"""Font size of an edge's label, in the units of the drawing."""

_LONGEST_LABEL = 44
BOX_HEIGHT = 34.0
STATE_LINE = 15.0
"""Height of a line in a detailed box."""
_BOX_PADDING = 30.0
_LEAST_WIDTH = 72.0
_LABEL_HEIGHT = 18.0
_LABEL_PADDING = 12.0
_MARGIN = 8.0
_HEAD_WIDTH = 3.4
_POINTS = 72.0
_FULL = "nodesep=0.3 ranksep=0.5"
_HURRIED = f"{_FULL} nslimit=0.2 nslimit1=0.2 mclimit=0.05"


@dataclass(frozen=True, slots=True)
class _Frame:
    """Graphviz's y points up, the page's down."""

    left: float = 0.0
    bottom: float = 0.0
    right: float = 0.0
    top: float = 0.0

    def point(self, text: str) -> tuple[float, float]:
        x, y = map(float, text.split(","))
        return round(x - self.left + _MARGIN, 1), round(self.top - y + _MARGIN, 1)


@lru_cache(maxsize=64)
def lay_out(shape: Shape) -> GraphWire:
    """Lay a shape out; where no Graphviz can be had, `laidOut` is false and coordinates are 0.

    The result is shared by all who ask for an equal shape: do not change it.
    """
    if not is_heavy(shape):
        laid = coordinates(_numbers(shape, range(len(shape.edges)), _FULL))
    else:
        laid = _hurried(shape)
    return _placed(shape, laid) if laid else _unplaced(shape)


def _hurried(shape: Shape) -> Laid | None:
    chosen = near(shape)
    laid = coordinates(_numbers(shape, sorted(chosen), _HURRIED), apart=True)
    if laid is None:
        return None
    stands = _stands(shape, laid)
    far = {f"e{n}": edge for n, edge in enumerate(shape.edges) if n not in chosen}
    arcs = {
        name: Arc(stands[edge.source], stands[edge.target], _label_size(edge)) for name, edge in far.items()
    }
    return with_arcs(laid, arcs, sideways=shape.direction in {"LR", "RL"})


def _stands(shape: Shape, laid: Laid) -> dict[str, Stand]:
    where = {item["name"]: item["pos"].split(",") for item in laid.get("objects", [])}
    return {box.name: _stand(where[f"n{n}"], _box_size(box, shape)) for n, box in enumerate(shape.boxes)}


def _stand(where: Sequence[str], size: tuple[float, float]) -> Stand:
    x, y = map(float, where)
    return Stand(x, y, *size)


def _numbers(shape: Shape, edges: Iterable[int], settings: str) -> str:
    index = {box.name: n for n, box in enumerate(shape.boxes)}
    lines = [
        "digraph {",
        f"graph [rankdir={shape.direction} {settings}]",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowsize=0.8]",
        *(_node(n, _box_size(box, shape)) for n, box in enumerate(shape.boxes)),
        *(_edge(n, shape.edges[n], index) for n in edges),
        "}",
    ]
    return "\n".join(lines)


def _node(n: int, size: tuple[float, float]) -> str:
    return f"n{n} [width={size[0] / _POINTS:.4f} height={size[1] / _POINTS:.4f}]"


def _box_size(box: Box, shape: Shape) -> tuple[float, float]:
    lines = state_lines(box.reads, box.writes) if shape.detailed else []
    widths = [text_width(line, LABEL_SIZE) for line in lines]
    wanted = max(text_width(one_line(box.label, _LONGEST_LABEL)), *widths, 0.0) + _BOX_PADDING
    return round(max(_LEAST_WIDTH, wanted), 1), BOX_HEIGHT + STATE_LINE * len(lines)


def state_lines(reads: Sequence[str], writes: Sequence[str]) -> list[str]:
    """Write what an action reads and writes, as it stands in a detailed box."""
    named = (("reads", reads), ("writes", writes))
    return [one_line(f"{word}: {', '.join(keys)}", _LONGEST_LABEL) for word, keys in named if keys]


def _edge(n: int, edge: Edge, index: Mapping[str, int]) -> str:
    ends = f"n{index[edge.source]} -> n{index[edge.target]}"
    if not edge.label:
        return f"{ends} [id=e{n}]"
    return f"{ends} [id=e{n} label={_room(*_label_size(edge))}]"


def _label_size(edge: Edge) -> tuple[float, float]:
    if not edge.label:
        return 0.0, 0.0
    return text_width(one_line(edge.label, _LONGEST_LABEL), LABEL_SIZE) + _LABEL_PADDING, _LABEL_HEIGHT


def _room(width: float, height: float) -> str:
    table = 'TABLE FIXEDSIZE="TRUE" BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"'
    return f'<<{table} WIDTH="{width:.0f}" HEIGHT="{height:.0f}"><TR><TD></TD></TR></TABLE>>'


def _placed(shape: Shape, laid: Laid) -> GraphWire:
    frame = _Frame(*map(float, laid["bb"].split(",")))
    where = {item["name"]: frame.point(item["pos"]) for item in laid.get("objects", [])}
    lines = {line["id"]: line for line in laid.get("edges", [])}
    return GraphWire(
        laidOut=True,
        width=round(frame.right - frame.left + 2 * _MARGIN, 1),
        height=round(frame.top - frame.bottom + 2 * _MARGIN, 1),
        nodes=[_node_wire(box, shape, where[f"n{n}"]) for n, box in enumerate(shape.boxes)],
        edges=apart([_edge_wire(edge, lines[f"e{n}"], frame) for n, edge in enumerate(shape.edges)]),
    )


def _unplaced(shape: Shape) -> GraphWire:
    nodes = [_node_wire(box, shape, (0.0, 0.0)) for box in shape.boxes]
    edges = [_edge_wire(edge, {}, _Frame()) for edge in shape.edges]
    return GraphWire(laidOut=False, width=0, height=0, nodes=nodes, edges=edges)


def _node_wire(box: Box, shape: Shape, at: tuple[float, float]) -> NodeWire:
    width, height = _box_size(box, shape)
    return NodeWire(
        name=box.name,
        kind=box.kind,
        label=one_line(box.label, _LONGEST_LABEL),
        x=at[0],
        y=at[1],
        width=width,
        height=height,
        reads=list(box.reads),
        writes=list(box.writes),
    )


def _edge_wire(edge: Edge, line: Line, frame: _Frame) -> EdgeWire:
    path, head, at = _arrow(line["pos"], frame) if line else ("", "", (0.0, 0.0))
    label_x, label_y = frame.point(line["lp"]) if "lp" in line else at
    wire = EdgeWire(
        source=edge.source,
        target=edge.target,
        label=one_line(edge.label, _LONGEST_LABEL),
        conditional=edge.conditional,
        path=path,
        head=head,
        labelX=label_x,
        labelY=label_y,
    )
    if edge.caught:
        wire["caught"] = True
    if wire["label"] != edge.label:
        wire["whole"] = edge.label
    return wire


def _arrow(pos: str, frame: _Frame) -> tuple[str, str, tuple[float, float]]:
    end, *rest = pos.removeprefix("e,").split(" ")
    tip = frame.point(end)
    first, *curve = [frame.point(text) for text in rest]
    path = f"M{_xy(first)}C{' '.join(map(_xy, curve))}"
    return path, _head(curve[-1], tip), middle([first, *curve])


def _head(base: tuple[float, float], tip: tuple[float, float]) -> str:
    dx, dy = tip[0] - base[0], tip[1] - base[1]
    length = (dx * dx + dy * dy) ** 0.5 or 1.0
    side = (-dy / length * _HEAD_WIDTH, dx / length * _HEAD_WIDTH)
    left = (base[0] + side[0], base[1] + side[1])
    right = (base[0] - side[0], base[1] - side[1])
    return f"M{_xy(tip)}L{_xy(left)}L{_xy(right)}Z"


def _xy(point: tuple[float, float]) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"
