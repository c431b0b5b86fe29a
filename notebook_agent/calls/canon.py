"""Requests redacted and hashed, with the messages that earlier requests had too as the same objects.

A conversation is sent again with each question. What of it has been seen is known here: it
is neither searched for secrets nor written to the store a second time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from notebook_agent.ids import Json
from notebook_agent.redact import environment_secrets, redact_environment, redact_json
from notebook_agent.state import freeze

__all__ = ["canonical", "read_body"]

_TALKS = frozenset({"input", "messages"})
"""The fields that hold a conversation."""
_MOST = 8_000_000


_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str).encode


class _Item(NamedTuple):
    """An item of a list, redacted, and its canonical JSON, in which the environment plays no part."""

    value: Json
    text: str


class _Seen:
    """Items of earlier requests, by their canonical JSON before it was redacted; at most some MB of them."""

    def __init__(self) -> None:
        self._items: dict[str, _Item] = {}
        self._size = 0
        self._secrets: Sequence[str] = ()
        self._lock = threading.Lock()

    def get(self, texts: Sequence[str], values: Sequence[Json]) -> list[_Item]:
        """Give the items; those not seen yet are redacted together."""
        secrets = environment_secrets()
        with self._lock:
            if secrets != self._secrets:
                self._forget(secrets)
            known = {text: self._items.get(text) for text in texts}
        new = {text: value for text, value in zip(texts, values, strict=True) if known[text] is None}
        made = _made(new)
        with self._lock:
            self._keep(made)
        return [known[text] or made[text] for text in texts]

    def _keep(self, made: Mapping[str, _Item]) -> None:
        size = sum(map(len, made))
        if self._size + size > _MOST:
            self._forget(self._secrets)
        if size <= _MOST:
            self._size += size
            self._items.update(made)

    def _forget(self, secrets: Sequence[str]) -> None:
        self._items.clear()
        self._size, self._secrets = 0, secrets


_seen = _Seen()


def _made(new: Mapping[str, Json]) -> dict[str, _Item]:
    if not new:
        return {}
    shaped = cast("list[Json]", redact_json(list(new.values()), environment=False))
    frozen = [cast("Json", freeze(value)) for value in cast("list[Json]", redact_environment(shaped))]
    found = zip(new, frozen, shaped, strict=True)
    return {text: _Item(value, canonical(plain)) for text, value, plain in found}


def read_body(value: Json) -> tuple[Json, str]:
    """Redact a request's body; return it with its canonical JSON, in which the environment plays no part."""
    if not isinstance(value, dict):
        shaped = redact_json(value, environment=False)
        return redact_environment(shaped), canonical(shaped)
    talks = {name: part for name, part in value.items() if name in _TALKS and isinstance(part, list)}
    others = {k: part for k, part in value.items() if k not in talks}
    rest = cast("dict[str, Json]", redact_json(others, environment=False))
    found = {name: _seen.get([canonical(item) for item in part], part) for name, part in talks.items()}
    texts = {name: canonical(part) for name, part in rest.items()}
    texts |= {name: f"[{','.join([item.text for item in items])}]" for name, items in found.items()}
    kept = cast("dict[str, Json]", redact_environment(rest))
    body: Json = kept | {name: [item.value for item in items] for name, items in found.items()}
    return body, "{" + ",".join([f"{canonical(name)}:{texts[name]}" for name in sorted(texts)]) + "}"


def canonical(value: Json) -> str:
    """Write JSON in the one way in which two equal values are equal texts."""
    return _write(value)
