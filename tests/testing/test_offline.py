"""No sockets for a while."""

import asyncio
import os
import socket

import openai
import pytest

from notebook_agent.errors import OfflineError
from notebook_agent.testing import offline


@pytest.fixture
def listener():
    """Give a socket on this machine that would answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def connect(where, kind=socket.AF_INET):
    """Connect a new socket."""
    with socket.socket(kind, socket.SOCK_STREAM) as made:
        made.connect(where)


def send(where):
    """Send one datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"x", where)


def bind(_):
    """Open a server."""
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))


@pytest.mark.parametrize(
    "attempt",
    [
        connect,
        send,
        bind,
        socket.create_connection,
        lambda _: connect("x.sock", socket.AF_UNIX),
        lambda _: socket.getaddrinfo("localhost", 80),
        lambda where: asyncio.run(asyncio.open_connection(*where)),
    ],
    ids=["connect", "udp", "bind", "create_connection", "unix", "lookup", "asyncio"],
)
def test_each_way_to_a_network_is_refused(listener, attempt):
    """To this machine too."""
    with offline(), pytest.raises(OfflineError, match="this runs offline"):
        attempt(listener.getsockname())


def test_afterwards_all_is_as_it_was(listener):
    """Also when it was entered twice."""
    before = socket.socket.connect, socket.getaddrinfo
    with offline(), offline():
        pass
    assert before == (socket.socket.connect, socket.getaddrinfo)
    connect(listener.getsockname())


def test_a_client_is_built_without_a_key(monkeypatch):
    """And the key that stood in is gone afterwards."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with offline():
        openai.OpenAI()
    assert "OPENAI_API_KEY" not in os.environ
