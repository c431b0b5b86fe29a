"""What is recorded for an open step: the answer to its n-th request of a kind, or how that differs."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from notebook_agent.calls.bodies import servable
from notebook_agent.calls.drift import Nearest
from notebook_agent.calls.keys import Asked, Unread
from notebook_agent.calls.protocol import CallRecord, StepScope
from notebook_agent.calls.veiled import lifted, veiled

__all__ = ["Differs", "Records"]

Differs = Callable[[Asked], str | None]


class Records:
    """The records that may be served to a step, read when the first request asks for them."""

    __slots__ = ("_asked", "_calls", "_lock", "_near", "_partners", "_scope")

    def __init__(self, scope: StepScope) -> None:
        self._scope = scope
        self._lock = threading.RLock()
        self._asked: dict[str, int] = {}
        self._calls: list[list[CallRecord]] | None = None
        self._near: dict[str, Nearest] = {}
        self._partners: list[dict[str, list[CallRecord]]] | None = None

    @property
    def may_serve(self) -> bool:
        """Whether there can be a record at all."""
        return self._scope.mode != "fresh" and bool(self._scope.partners or self._scope.recording)

    def look(self, unread: Unread) -> CallRecord | None:
        """Find the answer to a request, and count that it was asked."""
        if not self.may_serve or not self._nearest(unread.endpoint):
            return None
        with self._lock:
            return self._find(unread.asked)

    def differs(self, asked: Asked) -> str | None:
        """Say how a request without an answer differs from what is recorded, if that can be told."""
        recording, branch = self._scope.recording, self._scope.branch
        recorded = 0 if recording is None else recording.count(asked.key, branch=branch)
        if recorded:
            n = self._before(asked.key) + self._asked.get(asked.key, 1)
            return f"the record is used up: {recorded} recorded, this is request {n}"
        if recording is not None and not any(asked.key in records for records in self._served_by()):
            others = [call for call in recording.nearest(asked.endpoint) if call.key == asked.key]
            if any(servable(call) and call.branch != branch for call in others):
                return "the same request is recorded in another branch, whose answers are its own"
        return self._nearest(asked.endpoint).drift(asked, self._asked)

    def _find(self, asked: Asked) -> CallRecord | None:
        n = self._asked.get(asked.key, 0)
        self._asked[asked.key] = n + 1
        for records in self._served_by():
            if n < len(records.get(asked.key, ())):
                return records[asked.key][n]
        return self._from_file(asked, n) or self._from_veiled(asked, n)

    def _from_file(self, asked: Asked, n: int) -> CallRecord | None:
        recording, before = self._scope.recording, self._before(asked.key)
        return recording.take(asked.key, n=before + n, branch=self._scope.branch) if recording else None

    def _from_veiled(self, asked: Asked, n: int) -> CallRecord | None:
        """Look for a record whose request differs in nothing but secrets of an environment."""
        recording, branch = self._scope.recording, self._scope.branch
        if any(asked.key in records for records in self._served_by()):
            return None
        for calls in self._recorded():
            same = [call for call in veiled(calls) if self._is_lifted(call, asked)]
            if n < len(same):
                return same[n]
        if recording is None or recording.count(asked.key, branch=branch):
            return None
        same = [call for call in recording.veiled() if self._is_lifted(call, asked)]
        mine = [call for call in same if call.branch == branch or not any(each.branch for each in same)]
        n += self._before(asked.key)
        return mine[n] if n < len(mine) else None

    @staticmethod
    def _is_lifted(call: CallRecord, asked: Asked) -> bool:
        return (call.method, call.endpoint) == (asked.method, asked.endpoint) and lifted(call, asked.text)

    def _before(self, key: str) -> int:
        return 0 if self._scope.answered is None else self._scope.answered(key)

    def _served_by(self) -> list[dict[str, list[CallRecord]]]:
        if self._partners is None:
            self._partners = [_by_key(calls) for calls in self._recorded()]
        return self._partners

    def _recorded(self) -> list[list[CallRecord]]:
        if self._calls is None:
            self._calls = [self._scope.log.calls([step]) for step in self._scope.partners]
        return self._calls

    def _nearest(self, endpoint: str) -> Nearest:
        with self._lock:
            if endpoint not in self._near:
                own = [call for calls in self._recorded() for call in calls if call.endpoint == endpoint]
                others = self._scope.recording.nearest(endpoint) if self._scope.recording else ()
                self._near[endpoint] = Nearest([*own, *others])
            return self._near[endpoint]


def _by_key(calls: list[CallRecord]) -> dict[str, list[CallRecord]]:
    table = defaultdict(list)
    for call in filter(servable, calls):
        table[call.key].append(call)
    return table
