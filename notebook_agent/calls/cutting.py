"""Ends a wait for an answer from another thread: the connection is shut down under whoever reads from it.

httpx has no way to say so, and closing a client waits for nothing but frees nobody. So the socket is
looked for where httpcore 1 and 2 keep it; where it is not found the wait goes on to its own end.
Whoever reads gets the client's own error of a lost connection; a tape knows whose doing that is.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol

__all__ = ["cut_off", "cut_short"]


class _Asking(Protocol):
    """What of a request of httpx is used here."""

    @property
    def extensions(self) -> Mapping[str, object]: ...


def cut_short(transport: object, request: _Asking) -> None:
    """Shut down the connection on which a transport waits for the answer to a request, if it has one."""
    pool = getattr(transport, "_pool", None)
    for waiting in tuple(getattr(pool, "_requests", ())):
        if getattr(getattr(waiting, "request", None), "extensions", None) is request.extensions:
            cut_off(_stream_of(getattr(waiting, "connection", None)))


def cut_off(stream: object) -> None:
    """Shut down a network stream of httpcore."""
    found = getattr(stream, "get_extra_info", lambda _: None)("socket")
    if isinstance(found, socket.socket):
        with suppress(OSError):  # it is closed already
            found.shutdown(socket.SHUT_RDWR)


def _stream_of(connection: object) -> object:
    """Return the stream of the innermost connection."""
    while (inner := getattr(connection, "_connection", None)) is not None:
        connection = inner
    return getattr(connection, "_network_stream", None)
