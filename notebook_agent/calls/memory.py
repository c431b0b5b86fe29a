"""A log of calls in memory, for tests and for runs without a store."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

from notebook_agent.calls.protocol import CallId, CallRecord
from notebook_agent.ids import StepRef

__all__ = ["MemoryLog"]


class MemoryLog:
    """Keep calls in a list; a `CallLog`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[CallRecord] = []

    def record_call(self, call: CallRecord) -> CallId:
        """Keep a call under the next number."""
        with self._lock:
            number = CallId(len(self._calls) + 1)
            self._calls.append(replace(call, id=number))
            return number

    def amend_call(self, call: CallRecord) -> None:
        """Put a call in the place of what has its number."""
        with self._lock:
            self._calls = [call if each.id == call.id else each for each in self._calls]

    def calls(self, steps: Sequence[StepRef]) -> list[CallRecord]:
        """All calls of these steps, in the order in which they were begun."""
        with self._lock:
            mine = [call for call in self._calls if call.step in steps]
        return sorted(mine, key=lambda call: call.started_at)

    def everything(self) -> list[CallRecord]:
        """All calls in the order in which they ended, those of no step too."""
        with self._lock:
            return list(self._calls)
