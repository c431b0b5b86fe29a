"""The background loop."""

import contextvars
import threading

import pytest

from notebook_agent.session.loop import LoopThread

NAME = contextvars.ContextVar("NAME", default="nobody")


@pytest.fixture
def loop():
    """Give a loop of its own."""
    loop = LoopThread()
    yield loop
    loop.close()


def test_a_coroutine_returns_its_value_from_another_thread(loop):
    """The caller blocks and gets the result."""

    async def where():
        return threading.current_thread().name

    assert loop.run(where()) == "agent-loop"


def test_all_coroutines_share_one_loop(loop):
    """A client that was opened in one call works in the next."""
    import asyncio

    async def which():
        return asyncio.get_running_loop()

    assert loop.run(which()) is loop.run(which())


def test_the_callers_context_is_carried(loop):
    """Context variables of the cell reach the action."""

    async def name():
        return NAME.get()

    NAME.set("cell")
    assert loop.run(name()) == "cell"


@pytest.mark.parametrize("error", [ValueError("own"), TimeoutError("own")])
def test_an_exception_leaves_as_it_is(loop, error):
    """A TimeoutError of the coroutine is not taken for the waiting's."""

    async def fail():
        raise error

    with pytest.raises(type(error), match="own"):
        loop.run(fail())
