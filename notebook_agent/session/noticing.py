"""Actions that run other code though none was defined again: a helper, a class or a constant changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from notebook_agent.action import Node, code_parts
from notebook_agent.session.words import listing

__all__ = ["CodeMemory", "CodeNotice", "notices_line"]

_MOST = 2000
"""Versions of actions that are remembered."""


@dataclass(frozen=True, slots=True)
class CodeNotice:
    """An action whose code is another now.

    Attributes:
        action: Its name.
        before: The id of its code then.
        after: The present one.
        names: What of that which it uses is another; empty where its own text is, and where it is not known.
    """

    action: str
    before: str
    after: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.action} ({self.before[:4]} → {self.after[:4]})"

    @property
    def full(self) -> str:
        """The same with the names."""
        return f"{str(self)[:-1]}: {listing(self.names, 4)})" if self.names else str(self)


class CodeMemory:
    """Remembers what the actions in use were made of, version by version."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, Mapping[str, object], str]] = {}
        self._parts: dict[str, Mapping[str, int]] = {}

    def look(self, actions: Iterable[Node]) -> list[CodeNotice]:
        """Look at the actions; return those whose function is the same as at the last look, not its code."""
        found = []
        for node in actions:
            known, now = self._last.get(node.name), self._see(node)
            self._last[node.name] = node.origin, node.bound, now
            if known is None or known[0] is not node.origin or known[1] is not node.bound or known[2] == now:
                continue
            found.append(CodeNotice(node.name, known[2], now, self.differing(known[2], now)))
        return found

    def since(self, node: Node, before: str) -> CodeNotice | None:
        """Return how an action differs from a version that ran; None where it does not."""
        now = self._see(node)
        return None if now == before else CodeNotice(node.name, before, now, self.differing(before, now))

    def differing(self, before: str, after: str) -> tuple[str, ...]:
        """Return the names of what two versions use that differs.

        There are none where their own texts differ, and where either was not looked at in this process.
        """
        one, other = self._parts.get(before), self._parts.get(after)
        return () if one is None or other is None or _own(one) != _own(other) else _between(one, other)

    def used_since(self, node: Node, before: str) -> tuple[str, ...] | None:
        """Return what of that which an action uses is another than in a version that ran, its own text aside.

        None where that version was not looked at in this process.
        """
        one, other = self._parts.get(before), self._parts.get(self._see(node))
        if one is None or other is None:
            return None
        if _own(one) == _own(other):
            return _between(one, other)
        return _names(name for name in list(one)[1:] if one[name] != other.get(name, one[name]))

    def _see(self, node: Node) -> str:
        if node.pinned is not None:
            return node.code
        code, parts = code_parts(node.origin, node.bound)
        self._parts.pop(code, None)
        self._parts[code] = parts
        if len(self._parts) > _MOST:
            del self._parts[next(iter(self._parts))]
        return code


def notices_line(notices: Iterable[CodeNotice]) -> str:
    """Say what changed, and of which actions, with their code before and after."""
    ordered = sorted(notices, key=_what)
    return "; ".join(f"{what}: {listing(map(str, each))}" for what, each in groupby(ordered, _what))


def _what(notice: CodeNotice) -> str:
    return f"{listing(notice.names, 4)} changed" if notice.names else "edited"


def _own(parts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the part that is the action itself."""
    return list(parts.items())[:1]


def _between(one: Mapping[str, int], other: Mapping[str, int]) -> tuple[str, ...]:
    both = [name for name in one if name in other and one[name] != other[name]]
    return _names(both or [name for name in (*one, *other) if (name in one) != (name in other)])


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """Names as a person wrote them: the class alone, for what Python or a decorator made of it."""
    told = dict.fromkeys(_written(name.partition(".<locals>")[0]) for name in names)
    made = [name for name in told if name and not name.startswith("__")] or [name for name in told if name]
    return tuple(name for name in made if name.rpartition(".")[0] not in told)


def _written(name: str) -> str:
    owner, _, last = name.rpartition(".")
    return owner if owner and last.startswith("_") and last.endswith("_") else name
