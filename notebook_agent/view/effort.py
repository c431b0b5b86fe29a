"""How much work a drawing is for Graphviz, told from how many ranks its arrows cross."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from notebook_agent.view.shape import Shape

__all__ = ["crossings", "is_heavy", "near"]

_Out = Mapping[str, Sequence[str]]
_FAR = 12
_MOST = 3000
_MANY = 1500
_MANY_SQUARED = 12_000
"""A few arrows across many ranks cost more than many across a few."""


def crossings(shape: Shape) -> int:
    """Count the ranks that all arrows cross together, boxes standing as high as their arrows let them.

    A box to which nothing leads stands right above the first that it leads to.

    An arrow with a label crosses twice as many, since its label takes a rank.
    """
    return sum(_crossed(shape))


def is_heavy(shape: Shape) -> bool:
    """Tell whether Graphviz would need more than a second or two for all arrows."""
    crossed = _crossed(shape)
    return sum(crossed) > _MANY or sum(ranks * ranks for ranks in crossed) > _MANY_SQUARED


def near(shape: Shape) -> frozenset[int]:
    """Choose the arrows, by their places, that Graphviz lays in a second or two: the shortest."""
    crossed = _crossed(shape)
    short = sorted((ranks, n) for n, ranks in enumerate(crossed) if ranks <= _FAR)
    total = accumulate(ranks for ranks, _ in short)
    return frozenset(n for (_, n), spent in zip(short, total, strict=True) if spent <= _MOST)


def _crossed(shape: Shape) -> list[int]:
    out: dict[str, list[str]] = {box.name: [] for box in shape.boxes}
    for edge in shape.edges:
        out[edge.source].append(edge.target)
    rank = _ranks(out)
    return [(1 + bool(edge.label)) * abs(rank[edge.source] - rank[edge.target]) for edge in shape.edges]


def _ranks(out: _Out) -> dict[str, int]:
    rank = dict.fromkeys(out, 0)
    order = list(_ends_first(out))[::-1]
    place = {name: n for n, name in enumerate(order)}
    for name in order:
        for target in out[name]:
            if place[target] > place[name]:
                rank[target] = max(rank[target], rank[name] + 1)
    entered = {target for name, targets in out.items() for target in targets if target != name}
    firsts = {
        name: min(map(rank.__getitem__, out[name])) - 1 for name in order if name not in entered and out[name]
    }
    return rank | firsts


def _ends_first(out: _Out) -> Iterator[str]:
    """Yield each name after all that it leads to, as far as circles let it."""
    seen: set[str] = set()
    for root in out:
        path = [] if root in seen else [(root, iter(out[root]))]
        seen.add(root)
        while path:
            name, targets = path[-1]
            following = next((target for target in targets if target not in seen), None)
            if following is None:
                path.pop()
                yield name
            else:
                seen.add(following)
                path.append((following, iter(out[following])))
