"""Decisions read when they are looked at: a list of steps shows few of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from notebook_agent.condition import Check, Decision
from notebook_agent.errors import StoreFormatError
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.nodes import NoNodes

__all__ = ["Decisions"]

_SOURCE: Final = re.compile(r'\{"source":"([^"\\\x00-\x1f]*)"')
_source, _target, _checks = (getattr(Decision, name) for name in Decision.__slots__)


class Decisions:
    """Reads the decisions of one list; equal ones are one object."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self._known: dict[object, Decision | None] = {None: None, "null": None}

    def read(self, text: object) -> Decision | None:
        """A decision from its JSON; what needs other nodes is read at once."""
        if text in self._known:
            return self._known[text]
        if not isinstance(text, str) or '{"$":' in text:
            decision = Decision(*_fields(self.decoder, cast("str", text)))
        else:
            decision = _Unread(text)
        self._known[text] = decision
        return decision


class _Unread(Decision):
    """A decision whose JSON stands where its checks will; once looked at, it is a plain one."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        _checks.__set__(self, text)

    @property
    def source(self) -> str:
        """Where it was taken; lists draw it for each step, so it is read without the rest."""
        found = _SOURCE.match(str(_checks.__get__(self)))
        return self._settled().source if found is None else found[1]

    @property
    def target(self) -> str | None:
        """What follows."""
        return self._settled().target

    @property
    def checks(self) -> tuple[Check, ...]:
        """Why."""
        return self._settled().checks

    def __eq__(self, other: object) -> bool:
        return self._settled() == other

    def __hash__(self) -> int:
        return hash(self._settled())

    def __repr__(self) -> str:
        return repr(self._settled())

    def _settled(self) -> Decision:
        text = _checks.__get__(self)
        if isinstance(text, str):
            values = _fields(Decoder(None, NoNodes()), text)
            for member, value in zip((_source, _target, _checks), values, strict=True):
                member.__set__(self, value)
        object.__setattr__(self, "__class__", Decision)
        return self


def _fields(decoder: Decoder, text: str) -> tuple[str, str | None, tuple[Check, ...]]:
    found = decoder.text(text)
    if not isinstance(found, Mapping):
        raise StoreFormatError("The store is damaged: a decision is no mapping.")
    try:
        checks = cast("Sequence[Mapping[str, object]]", found["checks"])
        return str(found["source"]), cast("str | None", found["target"]), tuple(map(_check, checks))
    except (KeyError, TypeError) as error:
        raise StoreFormatError(f"The store is damaged: a decision lacks {error}.") from error


def _check(found: Mapping[str, object]) -> Check:
    return Check(
        cast("str", found["target"]),
        cast("str", found["condition"]),
        cast("Mapping[str, object]", found["operands"]),
        cast("bool | None", found["result"]),
    )
