"""Records as rows and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring as quote
from typing import Final, cast

from notebook_agent.condition import Check, Decision
from notebook_agent.redact import mask_field, redact_text
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.core import Core
from notebook_agent.store.protocol import Failure, RunCall

__all__ = [
    "call_text",
    "decision_text",
    "failure_text",
    "names_text",
    "read_call",
    "read_failure",
    "read_names",
    "read_reads",
    "reads_text",
    "split_reads",
]

_PLAIN: Final = {int, float, bool, type(None)}
_SHORTEST: Final = 8
_HALF: Final = re.compile("[\ud800-\udfff]")
_LITERALS: Final = {True: "true", False: "false", None: "null"}


def decision_text(core: Core, encoder: Encoder, decision: Decision | None) -> str:
    """A decision as JSON."""
    if decision is None:
        return "null"
    known = core.written.get(id(decision))
    if known is not None and known[0] is decision:
        return known[1]
    checks = ",".join([_check_text(encoder, check) for check in decision.checks])
    target = "null" if decision.target is None else quote(decision.target)
    return _whole_text(f'{{"source":{quote(decision.source)},"target":{target},"checks":[{checks}]}}')


def failure_text(encoder: Encoder, failure: Failure) -> str:
    """A failure as JSON."""
    return encoder.fields({
        "type": failure.type,
        "message": failure.message,
        "traceback": failure.traceback,
    })


def read_failure(decoder: Decoder, text: str | None) -> Failure | None:
    """A failure from its JSON."""
    if text is None:
        return None
    found = _mapping(decoder.text(text))
    return Failure(str(found["type"]), str(found["message"]), str(found["traceback"]))


@lru_cache(maxsize=1024)
def names_text(names: tuple[str, ...]) -> str | None:
    """Names of keys as JSON."""
    return _whole_text("[" + ",".join(map(quote, names)) + "]") if names else None


@lru_cache(maxsize=1024)
def read_names(text: str | None) -> tuple[str, ...]:
    """Names of keys from their JSON."""
    return tuple(json.loads(text)) if text else ()


def reads_text(reads: tuple[str, ...], grown: tuple[str, ...]) -> str | None:
    """Keys that were read as JSON; those that were only added to stand there twice."""
    return names_text((*reads, *grown))


@lru_cache(maxsize=1024)
def read_reads(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys that were read, and those of them that were only added to, from their JSON."""
    return split_reads(read_names(text))


def split_reads(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part keys that were read from those that stand there twice."""
    reads = tuple(dict.fromkeys(names))
    return reads, () if len(reads) == len(names) else names[len(reads) :]


def call_text(encoder: Encoder, call: RunCall) -> str:
    """A run call as JSON."""
    return (
        f'{{"method":{quote(call.method)},"inputs":{encoder.fields(call.inputs)}'
        f',"halt_before":{names_text(call.halt_before) or "[]"}'
        f',"halt_after":{names_text(call.halt_after) or "[]"}'
        f',"max_steps":{"null" if call.max_steps is None else call.max_steps}}}'
    )


def read_call(value: object) -> RunCall:
    """A run call from the value of its node."""
    found = _mapping(value)
    return RunCall(
        cast("str", found["method"]),
        _mapping(found["inputs"]),
        tuple(cast("Sequence[str]", found["halt_before"])),
        tuple(cast("Sequence[str]", found["halt_after"])),
        cast("int | None", found["max_steps"]),
    )


def _check_text(encoder: Encoder, check: Check) -> str:
    return (
        f'{{"target":{quote(check.target)},"condition":{quote(_clean(check.condition))}'
        f',"operands":{encoder.fields(_masked(check.operands))},"result":{_LITERALS[check.result]}}}'
    )


def _whole_text(text: str) -> str:
    """JSON as a column can hold it: half a character is written as its number."""
    return text if text.isascii() else _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text)


@lru_cache(maxsize=1024)
def _clean(condition: str) -> str:
    return redact_text(condition)


def _masked(operands: Mapping[str, object]) -> Mapping[str, object]:
    """Operands as they may be shown: what has no text of some length in it has no secret either."""
    if all(
        type(item) in _PLAIN or (type(item) is str and len(item) < _SHORTEST) for item in operands.values()
    ):
        return operands
    return {key: mask_field(key, item) for key, item in operands.items()}


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"a mapping was expected, not {type(value).__name__}")
    return value
