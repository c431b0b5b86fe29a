"""LLM calls as a test file holds them: what was asked and what came back, and little else."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.ledger import call_from_json, call_to_json
from notebook_agent.calls.protocol import CallRecord, Task
from notebook_agent.calls.veiled import veiled
from notebook_agent.errors import LedgerFormatError

__all__ = ["Fixture", "read_calls", "told_call"]

_USUAL: Mapping[str, Any] = {
    "step": None,
    "action": None,
    "method": "POST",
    "host": "",
    "model": None,
    "streamed": False,
    "status": 200,
    "content_type": "application/json",
    "headers": {},
    "complete": True,
    "error": None,
    "started_at": 0.0,
    "first_at": None,
    "ended_at": 0.0,
    "usage": None,
    "cost": None,
}
_TOLD = ("method", "endpoint", "request", "streamed", "status", "content_type")
_BODIES = {"answer": "json", "lines": "lines", "base64": "base64"}
_ADVICE = "If the new request is meant, write the test again: %agent test .. --force"
_AT_ONCE = ("retry-after-ms", "1")


class Fixture:
    """Calls to serve to one step, each once and in order for equal requests; a `CallSource`.

    Answers that are errors are served too, and ask their client to try again at once.
    """

    def __init__(self, calls: Iterable[CallRecord]) -> None:
        self.advice = _ADVICE
        self._calls = [_at_once(each) for each in calls]
        self._left: dict[str, deque[CallRecord]] = defaultdict(deque)
        for call in self._calls:
            self._left[call.key].append(call)

    def take(self, key: str, /, *, n: int, branch: Sequence[Task] = ()) -> CallRecord | None:  # noqa: ARG002 - errors are counted too, and there is one run
        """The answer to the next request of `key`; None where all were taken."""
        left = self._left.get(key)
        return left.popleft() if left else None

    def count(self, key: str, /, *, branch: Sequence[Task] = ()) -> int:  # noqa: ARG002 - there is one run
        """How many answers to requests of `key` there were at first."""
        return sum(call.key == key for call in self._calls)

    def veiled(self) -> Sequence[CallRecord]:
        """The answers to requests in which a secret of an environment stood: see `calls.veiled`."""
        return veiled(self._calls)

    def nearest(self, endpoint: str, /) -> Sequence[CallRecord]:
        """The records that a missed request of this endpoint is compared with."""
        return [call for call in self._calls if call.endpoint == endpoint]


def read_calls(told: Iterable[Mapping[str, object]]) -> list[CallRecord]:
    """Read the calls of a test file.

    Raises:
        LedgerFormatError: One is not as `told_call` writes it; the message says which.
    """
    return [_call(n, each) for n, each in enumerate(told)]


def told_call(call: CallRecord) -> dict[str, object]:
    """Write a call for a test file, redacted; what is usual is left out."""
    whole = call_to_json(call)
    told: dict[str, object] = {
        name: whole[name] for name in _TOLD if name == "endpoint" or whole[name] != _USUAL.get(name)
    }
    body = whole["body"]
    for name, form in _BODIES.items():
        if isinstance(body, Mapping) and form in body:
            told[name] = body[form]
    return told


def _call(n: int, told: Mapping[str, object]) -> CallRecord:
    whole: dict[str, object] = {**_USUAL, **told}
    given = [(form, whole.pop(name)) for name, form in _BODIES.items() if name in whole]
    whole["body"] = dict(given) or None
    try:
        return call_from_json(whole)
    except LedgerFormatError as error:
        raise LedgerFormatError(f"calls[{n}]{error}", path=f"calls[{n}]{error.path}") from None


def _at_once(call: CallRecord) -> CallRecord:
    """Have the client that is served an error try again at once."""
    others = tuple(each for each in call.headers if not each[0].startswith("retry-after"))
    return call if servable(call) else replace(call, headers=(*others, _AT_ONCE))
