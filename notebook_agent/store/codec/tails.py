"""The items after the last row of a long list, read on from where a shorter list ended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from notebook_agent.store.codec.decode import Decoder

__all__ = ["Tails"]

_MOST: Final = 4
"""Lists that grow beside each other in a question."""


class Tails:
    """Reads the ends of lists; what one has of an end read lately comes as the very same objects.

    So of a list that grows by one item a step each step reads one. An end with mutable items comes anew
    each time, as all that is mutable.
    """

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._known: deque[tuple[str, list[object]]] = deque(maxlen=_MOST)

    def read(self, text: str) -> Sequence[object]:
        """Return the items that the JSON of a list stands for."""
        place = next((n for n, (known, _) in enumerate(self._known) if _goes_on(known, text)), None)
        begun, items = ("[]", []) if place is None else self._known[place]
        mutable = self._decoder.mutable
        if not items:
            items = list(self._items(text))
        elif len(text) > len(begun):
            items = [*items, *self._items(f"[{text[len(begun) :]}")]
        if mutable == self._decoder.mutable:
            if place is not None:
                del self._known[place]
            self._known.append((text, items))
        return items

    def _items(self, text: str) -> Sequence[object]:
        return cast("Sequence[object]", self._decoder.text(text))


def _goes_on(known: str, text: str) -> bool:
    """Return whether a list begins with the items of another: its JSON does, up to a comma or the end."""
    end = len(known) - 1
    return text[end : end + 1] in {",", "]"} and text.startswith(known[:end])
