"""Numbers and values in a few characters."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from itertools import islice

from notebook_agent.redact import mask, mask_field, repr_of, tells
from notebook_agent.view.escape import clip, writable
from notebook_agent.view.images import image_in

__all__ = ["brief", "cost", "duration", "short_id", "size"]

_TENTH_OF_A_CENT = 0.001
_LONG_ID = 32
_MINUTE = 60_000
_SECOND = 1_000
_SEEN = 4_096
"""Of a text, what is looked at for secrets before it is cut."""


class _Brief(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, 60, 60
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 4

    def repr1(self, x: object, level: int) -> str:
        for kind in (list, tuple, dict, set, frozenset):
            if isinstance(x, kind) and type(x) is not kind and not hasattr(x, "_fields"):
                return super().repr1(_plain(x), level)
        image = image_in(x)
        return f"<{image.mime}, {size(len(image.data))}>" if image else super().repr1(x, level)

    def repr_str(self, x: str, level: int) -> str:  # noqa: ARG002  # reprlib's signature
        return repr(clip(str(mask(x[:_SEEN])), self.maxstring))

    def repr_dict(self, x: dict[object, object], level: int) -> str:
        if level <= 0 and x:
            return "{...}"
        first = [(key, _shown(key, item)) for key, item in islice(x.items(), self.maxdict)]
        told = [f"{self.repr1(key, level - 1)}: {self.repr1(item, level - 1)}" for key, item in first]
        return f"{{{', '.join(told if len(first) == len(x) else [*told, '...'])}}}"

    def repr_instance(self, x: object, level: int) -> str:  # noqa: ARG002  # as above
        return clip(str(mask(repr_of(x)[:_SEEN])), self.maxother)

    def repr_int(self, x: int, level: int) -> str:  # noqa: ARG002  # as above
        return clip(repr_of(x), self.maxlong)


def _shown(key: object, item: object) -> object:
    """What stands under a key, a secret by its rule's name."""
    if isinstance(key, str) and isinstance(item, bytes) and tells(key):
        return mask_field(key, item.decode("latin-1"))
    return mask_field(key, item) if isinstance(key, str) and isinstance(item, str) else item


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return set(value)
    return list(value) if isinstance(value, list) else tuple(value) if isinstance(value, tuple) else value


_brief = _Brief()


def brief(value: object, limit: int = 100, key: object = None) -> str:
    """Show a value on one line of at most `limit` characters, secrets masked, pictures named.

    The `key` under which it stands may say that it is a secret.
    """
    return clip(writable(str(mask(_brief.repr(_shown(key, value))))), limit)


def duration(milliseconds: float | None) -> str:
    """Say how long: `3 ms`, `1.2 s`, `2 min 5 s`; nothing for None."""
    if milliseconds is None:
        return ""
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms" if milliseconds >= 1 else "<1 ms"
    if milliseconds < _MINUTE:
        return f"{milliseconds / _SECOND:.1f} s"
    minutes, rest = divmod(round(milliseconds / _SECOND), 60)
    return f"{minutes} min {rest} s"


def cost(dollars: float | None) -> str:
    """Say what it took: `$0.031`, or that the price is not known."""
    if dollars is None:
        return "price unknown"
    if 0 < dollars < _TENTH_OF_A_CENT:
        return "<$0.001"
    return f"${dollars:.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.2g}"


def size(count: int) -> str:
    """Say how many bytes: `512 B`, `1.4 MB`."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"


def short_id(run: str) -> str:
    """Shorten a run's id to what is typed of it; ids that people chose stay."""
    return run[:8] if len(run) >= _LONG_ID else clip(run, 40)
