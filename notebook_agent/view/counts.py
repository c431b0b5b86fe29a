"""Where on an arrow stands how often it was taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notebook_agent.view.wire import EdgeWire

__all__ = ["apart", "middle"]

_NEAR = 60.0
"""Lines whose middles are nearer than this, both across and down, have no room between them."""
_GAP = 6.0


def middle(curve: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Find the middle of a line of cubic curves: its start, then three points for each."""
    curves = len(curve) // 3
    first = (curves - 1) // 2 * 3
    if curves % 2 == 0:
        return curve[first + 3]
    x, y = ((a + 3 * b + 3 * c + d) / 8 for a, b, c, d in zip(*curve[first : first + 4], strict=True))
    return round(x, 1), round(y, 1)


def apart(edges: Sequence[EdgeWire]) -> list[EdgeWire]:
    """Move what stands on an arrow to the side that one running back beside it leaves free."""
    twins = {(edge["source"], edge["target"]): edge for edge in edges}
    return [_moved(edge, twins) for edge in edges]


def _moved(edge: EdgeWire, twins: Mapping[tuple[str, str], EdgeWire]) -> EdgeWire:
    twin = twins.get((edge["target"], edge["source"]))
    if edge["label"] or twin is None or twin is edge:
        return edge
    here, there = ((one["labelX"], one["labelY"]) for one in (edge, twin))
    if abs(here[0] - there[0]) > _NEAR or abs(here[1] - there[1]) > _NEAR:
        return edge
    if (there[0], twin["source"]) < (here[0], edge["source"]):
        return {**edge, "labelX": round(here[0] + _GAP, 1), "side": "start"}
    return {**edge, "labelX": round(here[0] - _GAP, 1), "side": "end"}
