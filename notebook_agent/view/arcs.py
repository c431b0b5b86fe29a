"""Arrows that lead far: drawn beside the boxes that they pass, without asking Graphviz.

Each rank that an arrow passes costs Graphviz time, and an arrow that winds past a hundred of
them is hard to follow. An arc leaves its box at the side, onwards on the one and back on the
other, and lies the further out the farther it leads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

from notebook_agent.view.counts import middle
from notebook_agent.view.engines import Laid, Line

__all__ = ["Arc", "Stand", "with_arcs"]

_LEAST_BOW = 30.0
_EASE = 5.0
"""How much further out an arc lies for each root of the way that it leads."""
_HEAD = 8.0

_Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a box is, by its middle, and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Arc:
    """An arrow between two boxes, and how wide and high its label is."""

    source: Stand
    target: Stand
    room: _Point


def with_arcs(laid: Laid, arcs: Mapping[str, Arc], *, sideways: bool) -> Laid:
    """Add arrows, by their ids, to what Graphviz laid, and the room that they take.

    Args:
        laid: Boxes and arrows, in points, y upwards.
        arcs: The arrows that Graphviz was not asked for.
        sideways: The drawing goes from left to right, or back: arcs pass above and below.
    """
    curves = {name: _curve(arc, sideways=sideways) for name, arc in arcs.items()}
    lines = [_line(name, points) for name, points in curves.items()]
    reach = [point for points in curves.values() for point in points]
    labels = [point for name, points in curves.items() for point in _corners(points, arcs[name].room)]
    return {**laid, "bb": _widened(laid["bb"], reach + labels), "edges": [*laid.get("edges", []), *lines]}


def _curve(arc: Arc, *, sideways: bool) -> list[_Point]:
    """Find the start, two points that pull the curve, its end, and the tip of its head."""
    level = _level(arc.source, arc.target, sideways=sideways)
    if sideways != level:
        return [(x, y) for y, x in _bow(_turned(arc.source), _turned(arc.target))]
    return _bow(arc.source, arc.target)


def _level(one: Stand, other: Stand, *, sideways: bool) -> bool:
    if sideways:
        return abs(one.x - other.x) < (one.width + other.width) / 2
    return abs(one.y - other.y) < (one.height + other.height) / 2


def _turned(stand: Stand) -> Stand:
    return Stand(stand.y, stand.x, stand.height, stand.width)


def _bow(source: Stand, target: Stand) -> list[_Point]:
    side = 1 if source.y > target.y else -1
    start, tip = (each.x + side * each.width / 2 for each in (source, target))
    farther = max(start * side, tip * side) * side
    out = farther + side * (_LEAST_BOW + _EASE * sqrt(abs(source.y - target.y)))
    return [
        (start, source.y),
        (out, source.y),
        (out, target.y),
        (tip + side * _HEAD, target.y),
        (tip, target.y),
    ]


def _line(name: str, points: list[_Point]) -> Line:
    *curve, tip = points
    written = [f"{x:.2f},{y:.2f}" for x, y in (tip, *curve)]
    x, y = middle(curve)
    return Line(id=name, pos="e," + " ".join(written), lp=f"{x:.2f},{y:.2f}")


def _corners(points: list[_Point], room: _Point) -> list[_Point]:
    x, y = middle(points[:-1])
    return [(x + sign * room[0] / 2, y + sign * room[1] / 2) for sign in (-1, 1)]


def _widened(box: str, points: list[_Point]) -> str:
    left, bottom, right, top = map(float, box.split(","))
    xs, ys = zip((left, bottom), (right, top), *points, strict=True)
    return f"{min(xs):.2f},{min(ys):.2f},{max(xs):.2f},{max(ys):.2f}"
