"""What became of a call, in a word that stands at the start of its error."""

from __future__ import annotations

from typing import Final

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.protocol import CallRecord

__all__ = ["LEFT", "OPEN", "UNENDED", "end_of", "outcome", "status_of"]

_ENDS: Final = ("cancelled", "cut", "timed out")
LEFT: Final = "cut: the client read no further"
OPEN: Final = "cut: still open when the step ended"
UNENDED: Final = "cut: the stream ended before its last event"


def end_of(error: BaseException, *, began: bool) -> str:
    """Say how an exchange ended that raised; `began` where the head of the response had come."""
    name, told = type(error).__name__, str(error)
    what = f"{name}: {told}" if told else name
    if not isinstance(error, Exception):
        return f"cancelled: {what}"
    if isinstance(error, TimeoutError) or name.endswith("Timeout"):
        return f"timed out: {what}"
    return f"cut: {what}" if began else what


def outcome(call: CallRecord) -> str:
    """Name it: `answered`, `cancelled`, `cut`, `timed out`, `no answer`, `failed` or `not sent`."""
    if not call.sent:
        return "not sent"
    if servable(call):
        return "answered"
    word = (call.error or "").partition(":")[0]
    if word in _ENDS:
        return word
    return "no answer" if call.status is None else "failed"


def status_of(call: CallRecord) -> str:
    """Write its HTTP status, with what cut it off: `HTTP 200, cut`; empty for a call that was not sent."""
    end = outcome(call)
    parts = [f"HTTP {call.status}"] if call.status else []
    parts += [end] if end in {*_ENDS, "no answer"} else []
    return ", ".join(parts)
