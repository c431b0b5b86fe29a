"""A run that waits in a thread for a model's answer is stopped while it waits."""

from __future__ import annotations

import threading

import openai
import pytest

from notebook_agent import ApplicationBuilder, LocalTrackingClient, action
from notebook_agent.calls.outcome import outcome
from notebook_agent.engine import Gate, Stopped
from tests.servers import Answer, Hold, OpenAIServer

CANCELLED = ("cancelled", "cancelled: Stopped: The run was stopped.")
HELLO = [{"role": "user", "content": "Hello!"}]


class SilentServer(OpenAIServer):
    """Holds each request before the first byte of its answer."""

    def __init__(self):
        super().__init__()
        self.hold = Hold()

    def receive(self, request):
        self.hold.wait()
        return super().receive(request)


class Running:
    """An application that runs in a thread of its own."""

    def __init__(self, app):
        self.error = None
        self._app = app
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._app.run(halt_after=["ask"])
        except Stopped as error:
            self.error = error

    def ended(self):
        """Wait for its end; return what it raised."""
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error


def asking(client, folder, *, stream=False):
    """Build an application whose one action asks a model."""

    @action(reads=[], writes=["answer"])
    def ask(state):
        said = client.chat.completions.create(model="m", messages=HELLO, stream=stream)
        return state.update(answer="".join(map(str, said)) if stream else str(said))

    builder = ApplicationBuilder().with_actions(ask).with_entrypoint("ask").with_state()
    app = builder.with_tracker(LocalTrackingClient("cut", folder)).build()
    app.gate = Gate()
    return app


def test_a_run_is_stopped_before_the_first_byte_of_an_answer(tmp_path):
    """The connection is shut down under it; the client sends nothing again."""
    with SilentServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k") as client:
        app = asking(client, tmp_path)
        running = Running(app)
        assert server.hold.reached.wait(20)
        app.gate.stop()
        assert isinstance(running.ended(), Stopped)
        assert ["interrupted"] == [step.status for step in app.history]
        assert [CANCELLED] == [(outcome(call), call.error) for call in app.history.calls()]
        server.hold.open()


def test_also_on_a_connection_that_was_used_before(tmp_path):
    """A client keeps its connections, and hands the same one out again."""
    with SilentServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k") as client:
        server.hold.open()
        client.chat.completions.create(model="m", messages=HELLO)
        server.hold = Hold()
        app = asking(client, tmp_path)
        running = Running(app)
        assert server.hold.reached.wait(20)
        app.gate.stop()
        assert isinstance(running.ended(), Stopped)
        server.hold.open()


def test_a_run_is_stopped_between_two_pieces_of_an_answer(tmp_path):
    """However long the next one takes."""
    hold = Hold()
    with OpenAIServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k") as client:
        first = b'data: {"choices": [{"delta": {"content": "One"}}]}\n\n'
        server.answer(Answer(200, [first, hold], "text/event-stream", chunked=True))
        app = asking(client, tmp_path, stream=True)
        running = Running(app)
        assert hold.reached.wait(20)
        app.gate.stop()
        assert isinstance(running.ended(), Stopped)
        assert [CANCELLED] == [(outcome(call), call.error) for call in app.history.calls()]
        hold.open()


def test_other_calls_of_the_same_client_go_on(tmp_path):
    """Only the connection of the run that is stopped is shut down."""
    with SilentServer() as server, openai.OpenAI(base_url=server.base_url, api_key="k") as client:
        ended, going = (asking(client, tmp_path / name) for name in ("ended", "going"))
        first = Running(ended)
        assert server.hold.reached.wait(20)
        other, server.hold = server.hold, Hold()
        second = Running(going)
        assert server.hold.reached.wait(20)
        ended.gate.stop()
        assert isinstance(first.ended(), Stopped)
        server.hold.open()
        assert second.ended() is None
        other.open()


@pytest.mark.parametrize("stops", [True, False])
def test_what_a_gate_calls_on_a_stop_is_called_then_alone(stops):
    """Neither on a pause nor after it is of no use any more."""
    gate, called = Gate(), []
    with gate.on_stop(lambda: called.append("stopped")):
        gate.pause()
        if stops:
            gate.stop()
    gate.stop()
    assert (["stopped"] if stops else []) == called
