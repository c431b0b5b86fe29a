"""Long lists: what is new is written, what is old is pointed to.

A list is one node with its newest items in it (fewer than 32, the tail) and the numbers
of its full chunks of 32; 32 such chunks are one chunk of 1,024. So a longer version of a
list writes its new items, one such node, and now and then a chunk; how a list grew does
not show in it.

Items stand as numbers of nodes or as JSON. A row of only numbers is kept as differences
(`{"$":"at","v":[901,3,3]}`), a row of only JSON as it is, a mixed one with each JSON in
brackets (`{"$":"mix","v":[901,["hi"],3]}`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from operator import sub
from typing import Final, NamedTuple, cast

__all__ = [
    "CHUNK",
    "EMPTY",
    "FORGOTTEN",
    "RUN",
    "Item",
    "Spine",
    "extend",
    "grow",
    "make",
    "read_spine",
    "spine_text",
    "sums",
]

_dump: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
CHUNK: Final = 32
RUN: Final = CHUNK * CHUNK

Item = int | str
"""The number of a node, or JSON that stands in its place."""


class Spine(NamedTuple):
    """What is needed to write a longer version of a list.

    `log` holds the items since the last full run, of which this list has the first `kept`;
    longer versions add to the same log, so it is copied only where two versions part.
    `head` is what its node says of runs and chunks, which most longer versions say too.
    """

    size: int
    runs: tuple[int, ...]
    chunks: tuple[int, ...]
    log: list[Item]
    kept: int
    head: str


FORGOTTEN: Final = ""
"""In a log, an item whose chunk is written already: a run that gets full recalls it."""

EMPTY: Final = Spine(0, (), (), [], 0, "")


def make(size: int, runs: tuple[int, ...], chunks: tuple[int, ...], log: list[Item]) -> Spine:
    """A spine that has all of its log."""
    head = f',"r":{differences(runs)}' if runs else ""
    if chunks:
        head += f',"c":{differences(chunks)}'
    return Spine(size, runs, chunks, log, len(log), head)


def grow(
    spine: Spine,
    items: Iterable[Item],
    write: Callable[[str], int],
    recall: Callable[[int], Sequence[Item]] | None = None,
) -> Spine:
    """A spine with more items.

    Args:
        spine: What the list is so far.
        items: What comes after it.
        write: Keeps the JSON of a full chunk and returns its number.
        recall: Gives the items of the full run that ends at a size, where the log has forgotten some.
    """
    log = spine.log if len(spine.log) == spine.kept and spine is not EMPTY else spine.log[: spine.kept]
    size, runs, chunks = spine.size, spine.runs, spine.chunks
    for item in items:
        log.append(item)
        size += 1
        if size % RUN == 0:
            full = recall(size) if recall is not None and FORGOTTEN in log else log
            runs, chunks = (*runs, write(chunk_text(full))), ()
            log = []
        elif size % CHUNK == 0:
            chunks = (*chunks, write(chunk_text(log[-CHUNK:])))
    if chunks is spine.chunks and runs is spine.runs:
        return Spine(size, runs, chunks, log, len(log), spine.head)
    return make(size, runs, chunks, log)


def extend(spine: Spine, items: Sequence[Item], write: Callable[[str], int]) -> Spine:
    """As `grow`, without the chunks that a full run makes needless."""
    if spine.kept == 0 and len(items) == RUN:
        number = write(chunk_text(items))
        return make(spine.size + RUN, (*spine.runs, number), (), [])
    return grow(spine, items, write)


def spine_text(spine: Spine) -> str:
    """The JSON of a list's own node."""
    tail = spine.log[spine.kept // CHUNK * CHUNK : spine.kept]
    return f'{{"$":"list","n":{spine.size}{spine.head},"v":{row(tail)}}}'


def chunk_text(items: Sequence[Item]) -> str:
    """The JSON of a chunk's node."""
    return f'{{"$":"chunk","v":{row(items)}}}'


def row(items: Sequence[Item]) -> str:
    """Items as one JSON value, as short as they allow."""
    kinds = set(map(type, items))
    if int not in kinds:
        return "[" + ",".join(items) + "]"  # type: ignore[arg-type]  # all are str
    if str not in kinds:
        return f'{{"$":"at","v":{differences(items)}}}'  # type: ignore[arg-type]  # all are int
    return f'{{"$":"mix","v":[{",".join(_mixed(items))}]}}'


def differences(numbers: Sequence[int]) -> str:
    """Numbers as JSON, each but the first as its distance from the one before."""
    return str([*numbers[:1], *map(sub, numbers[1:], numbers)]).replace(" ", "")


def sums(steps: Iterable[int]) -> list[int]:
    """The numbers that `differences` wrote."""
    return list(accumulate(steps))


def read_spine(body: str | bytes) -> Spine | None:
    """The spine of a list from its own node; None where that is none, or a short list."""
    fields = json.loads(body)
    if not isinstance(fields, dict) or fields.get("$") != "list":
        return None
    runs, chunks = sums(fields.get("r", ())), sums(fields.get("c", ()))
    log: list[Item] = [FORGOTTEN] * (len(chunks) * CHUNK)
    return make(fields["n"], tuple(runs), tuple(chunks), log + _items(fields["v"]))


def _items(found: object) -> list[Item]:
    """The items that `row` made this JSON of."""
    if isinstance(found, list):
        return list(map(_dump, found))
    tag, steps = cast("Mapping[str, str]", found)["$"], cast("Mapping[str, list[object]]", found)["v"]
    if tag == "at":
        return list(sums(cast("list[int]", steps)))
    items: list[Item] = []
    last = 0
    for item in steps:
        if isinstance(item, int):
            last += item
        items.append(last if isinstance(item, int) else _dump(cast("list[object]", item)[0]))
    return items


def _mixed(items: Sequence[Item]) -> Iterable[str]:
    last = 0
    for item in items:
        if isinstance(item, int):
            yield str(item - last)
            last = item
        else:
            yield f"[{item}]"
