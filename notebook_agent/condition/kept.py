"""Loops of an expression over long lists: what they gave for a stretch of one is kept for the next list."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, cast

__all__ = ["Loop", "Stretched", "bind", "keep_in", "looped"]

_MOST: Final = 1024
"""Stretches that a loop keeps; one whose items can be changed comes anew each time."""
Loop = ast.GeneratorExp | ast.ListComp | ast.SetComp
_LAST: Final = -1
"""What is kept under it are the items after the last whole stretch."""
_Each = Callable[[Iterable[object]], Iterator[object]]
_Kept = dict[int, tuple[Sequence[object], list[object]]]


class Stretched(Protocol):
    """A list that gives its items in stretches, of which several lists may have the same ones."""

    def stretches(self) -> Iterable[tuple[Sequence[object], bool]]:
        """Yield the stretches in order, each with whether the very same object may come again."""
        ...


def keep_in(tree: ast.AST, functions: Container[str]) -> None:
    """Find the loops whose values hang on nothing but their items, and let these keep them."""
    for node in ast.walk(tree):
        if isinstance(node, Loop) and _hangs_on_items(node, functions):
            node.kept = {}  # type: ignore[union-attr]  # a mark of ours


def looped(node: Loop, source: object, each: _Each) -> list[object]:
    """Return the values that a loop gives over what it goes through."""
    kept = cast("_Kept | None", getattr(node, "kept", None))
    if kept is None or not hasattr(source, "stretches"):
        return list(each(cast("Iterable[object]", source)))
    values: list[object] = []
    for stretch, again in cast("Stretched", source).stretches():
        if again:
            values += _whole(kept, stretch, each)
        else:
            values += each(stretch) if node.generators[1:] else _last(kept, stretch, each)
    return values


def _whole(kept: _Kept, stretch: Sequence[object], each: _Each) -> list[object]:
    found = kept.get(id(stretch))
    if found is None or found[0] is not stretch:
        kept.clear() if len(kept) >= _MOST else None
        found = kept[id(stretch)] = stretch, list(each(stretch))
    return found[1]


def _last(kept: _Kept, stretch: Sequence[object], each: _Each) -> list[object]:
    """Of the items after the last whole stretch those that the list before had there too are known."""
    before, values = kept.get(_LAST, ((), []))
    pairs = enumerate(zip(before, stretch, strict=False))
    alike = next((n for n, (old, new) in pairs if old is not new), min(len(before), len(stretch)))
    alike = alike if len(values) == len(before) else 0
    kept[_LAST] = stretch, [*values[:alike], *each(stretch[alike:])]
    return kept[_LAST][1]


def bind(target: ast.expr, item: object) -> Mapping[str, object]:
    """Return the names that a loop gives to an item."""
    if isinstance(target, ast.Name):
        return {target.id: item}
    if isinstance(target, ast.Tuple | ast.List):
        parts = zip(target.elts, cast("Iterable[object]", item), strict=True)
        return {name: value for part, piece in parts for name, value in bind(part, piece).items()}
    raise TypeError("a loop in an expression needs plain names")


def _hangs_on_items(node: Loop, functions: Container[str]) -> bool:
    loop, *more = node.generators
    within = [node.elt, *loop.ifs, *(part for inner in more for part in (inner.iter, *inner.ifs))]
    names = [each for part in within for each in ast.walk(part) if isinstance(each, ast.Name)]
    bound = {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and _is_bound(each)}
    return all(each.id in bound or each.id in functions for each in names)


def _is_bound(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)
