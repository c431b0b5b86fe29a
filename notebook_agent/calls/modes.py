"""Which calls may leave: a mode as a caller gives it."""

from __future__ import annotations

from typing import get_args

from notebook_agent.calls.protocol import LedgerMode
from notebook_agent.errors import CallError, did_you_mean

__all__ = ["ledger_mode"]


def ledger_mode(given: object) -> LedgerMode:
    """Return a mode; CallError where there is none of that name."""
    for mode in get_args(LedgerMode):
        if given == mode:
            found: LedgerMode = mode
            return found
    known = get_args(LedgerMode)
    raise CallError(f"ledger={given!r}: it is one of {', '.join(known)}.{did_you_mean(str(given), known)}")
