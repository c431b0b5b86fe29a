"""How much work a drawing is for Graphviz, told from how many ranks its arrows cross."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from notebook_agent.view.shape import Shape

__all__ = ["crossings"]

_Out = Mapping[str, Sequence[str]]


def crossings(shape: Shape) -> int:
    """Count the ranks that all arrows cross together, boxes standing as high as their arrows let them.

    An arrow with a label crosses twice as many, since its label takes a rank.
    """
    out: dict[str, list[str]] = {box.name: [] for box in shape.boxes}
    for edge in shape.edges:
        out[edge.source].append(edge.target)
    rank = _ranks(out)
    return sum((1 + bool(edge.label)) * abs(rank[edge.source] - rank[edge.target]) for edge in shape.edges)


def _ranks(out: _Out) -> dict[str, int]:
    rank = dict.fromkeys(out, 0)
    order = list(_ends_first(out))[::-1]
    place = {name: n for n, name in enumerate(order)}
    for name in order:
        for target in out[name]:
            if place[target] > place[name]:
                rank[target] = max(rank[target], rank[name] + 1)
    return rank


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
