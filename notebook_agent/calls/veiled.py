"""Records of requests in which a secret of an environment stood, found where that is not set.

A request's key is a hash of its body with the secrets of known shapes redacted, and of nothing that the
environment says: so it is the same on every machine. What is kept of the body is redacted further; the
value of a variable such as `WEATHER_TOKEN` stands in it as `[env-secret]`. A record without the key of
its own (in a ledger file, which holds none) is recognised by the rest of its body: in the place of the
secret there may be any one word of the length that such secrets have.

The key of a request with such a secret is kept in the store alone, which holds states exactly too and
is readable by its owner only. Elsewhere it would let a weak secret be guessed and confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.canon import canonical
from notebook_agent.calls.protocol import CallRecord
from notebook_agent.redact import ENVIRONMENT, SHORTEST

__all__ = ["is_veiled", "lifted", "veiled"]

_VEIL: Final = f"[{ENVIRONMENT}]"


def is_veiled(call: CallRecord) -> bool:
    """Tell whether a secret of an environment stood in a request."""
    return _VEIL in canonical(call.request)


def veiled(calls: Iterable[CallRecord]) -> list[CallRecord]:
    """Choose the calls that could serve a request in which such a secret stands."""
    return [call for call in calls if servable(call) and not call.superseded and is_veiled(call)]


def lifted(call: CallRecord, text: str) -> bool:
    """Tell whether a canonical body is that of a call but for the secrets in it."""
    first, *rest = canonical(call.request).split(_VEIL)
    if not rest or not text.startswith(first):
        return False
    at = len(first)
    for part in rest[:-1]:
        found = text.find(part, at + SHORTEST)
        if found < 0 or not _is_word(text[at:found]):
            return False
        at = found + len(part)
    end = len(text) - len(rest[-1])
    return text.endswith(rest[-1]) and _is_word(text[at:end])


def _is_word(text: str) -> bool:
    return text == _VEIL or (len(text) >= SHORTEST and not any(char in ' "\\' for char in text))
