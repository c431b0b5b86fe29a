"""What one action does to the state that it was given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from notebook_agent.state.frozen import ATOMS, freeze, is_loose, thaw

__all__ = ["Fingerprint", "Watch"]

Fingerprint = Callable[[object], bytes | None]
"""Gives equal bytes for equal content, and None for a value that cannot be told apart."""
_ABSENT = object()


class _Lent(NamedTuple):
    """A value that could be changed in place, the copy that the action got of it, and what it looked like."""

    kept: object
    copy: object
    looked: bytes


class Watch:
    """What one action did to the state it was given.

    Lists and dicts of a state are frozen. Of another value that can be changed, such as a
    set, an array or a model, the action gets a copy, so that the state stays what it is;
    `changed` tells whether the copy did.

    Attributes:
        before: The values that the action started from.
        reads: The keys of them that it used, in order of first use: True for one whose value it saw,
            False for one that it only added to.
        lent: By key, the values that it got a copy of.
        fingerprint: What tells whether they changed; None where nothing does.
    """

    __slots__ = ("before", "fingerprint", "lent", "reads")

    def __init__(self, before: Mapping[str, object], fingerprint: Fingerprint | None = None) -> None:
        self.before = before
        self.reads: dict[str, bool] = {}
        self.lent: dict[str, _Lent] = {}
        self.fingerprint = fingerprint

    @property
    def grown(self) -> tuple[str, ...]:
        """The keys that the action added to, and of whose values it saw nothing."""
        return tuple(key for key, seen in self.reads.items() if not seen)

    def grow(self, key: str, now: Mapping[str, object]) -> None:
        """Count that something is added to `key`, unless the action put the value there itself."""
        if now.get(key, _ABSENT) is self.before.get(key, _ABSENT):
            self.reads.setdefault(key, False)

    def note(self, key: str, now: Mapping[str, object]) -> None:
        """Count a read of `key`, unless the action put the value there itself."""
        value = self.before.get(key, _ABSENT)
        if now.get(key, _ABSENT) is not value:
            if key in self.reads:
                self.reads[key] = True
            return
        self.reads[key] = True
        if type(value) in ATOMS or self.fingerprint is None or value is _ABSENT:
            return
        if is_loose(value):
            self._lend(key, value, self.fingerprint)

    def shown(self, key: str, value: object) -> object:
        """Return what the action is to see of a value: the copy that it was lent, or the value itself."""
        lent = self.lent.get(key)
        return value if lent is None or lent.kept is not value else lent.copy

    def changed(self) -> list[str]:
        """Return the keys whose copies have been changed in place."""
        look = self.fingerprint
        return [key for key, lent in self.lent.items() if look is not None and look(lent.copy) != lent.looked]

    def _lend(self, key: str, value: object, fingerprint: Fingerprint) -> None:
        looked = fingerprint(value)
        if looked is not None:
            self.lent[key] = _Lent(value, freeze(thaw(value)), looked)
