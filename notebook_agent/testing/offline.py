"""No network: every socket of this process is refused for a while, and no key is needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from notebook_agent.calls.standin import stand_ins
from notebook_agent.errors import OfflineError

__all__ = ["offline"]

_METHODS = ("bind", "connect", "connect_ex", "sendmsg", "sendto")
_LOOKUPS = ("getaddrinfo", "gethostbyaddr", "gethostbyname", "gethostbyname_ex")


class _Refusal:
    """Stands in the place of what reaches a network, for as long as anybody asks for that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._originals: list[tuple[Any, str, object]] = []

    def begin(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                for name in _METHODS:
                    self._put(socket.socket, name)
                for name in _LOOKUPS:
                    self._put(socket, name)

    def end(self) -> None:
        with self._lock:
            self._users -= 1
            while not self._users and self._originals:
                owner, name, original = self._originals.pop()
                if original is None:
                    delattr(owner, name)
                else:
                    setattr(owner, name, original)

    def _put(self, owner: Any, name: str) -> None:
        if hasattr(owner, name):
            self._originals.append((owner, name, vars(owner).get(name)))
            setattr(owner, name, _refuser(name))


def _refuser(name: str) -> Callable[..., object]:
    def refuse(*arguments: object, **_: object) -> object:
        __tracebackhide__ = True
        where = arguments[-1] if name in _METHODS else arguments[0] if arguments else ""
        raise OfflineError(
            f"A socket was to be opened ({name} {where!r:.80}), and this runs offline: LLM calls are "
            "answered from their record, and all "
            "else must be given to the action as a value or put in its place."
        )

    return refuse


_refusal = _Refusal()


@contextmanager
def offline() -> Iterator[None]:
    """Refuse every socket, those to this machine too, until the `with` ends.

    Meanwhile a client of a model can be built without a key. An attempt raises OfflineError,
    which is an OSError.
    """
    _refusal.begin()
    stand_ins.lend()
    try:
        yield
    finally:
        stand_ins.take_back()
        _refusal.end()
