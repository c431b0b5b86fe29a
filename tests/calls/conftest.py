"""A server, the installed wrapper, and steps that share a log."""

import functools
from dataclasses import replace

import openai
import pytest

from notebook_agent import calls
from notebook_agent.calls.protocol import CallRecord, CallText, StepScope
from notebook_agent.ids import RunKey, StepRef
from tests.servers import OpenAIServer

RUN = RunKey("tests", "run-1")
CALL = CallRecord(
    step=None,
    action=None,
    span=None,
    key="k",
    method="POST",
    host="h",
    endpoint="chat/completions",
    model="m",
    request={},
    streamed=False,
    status=200,
    content_type="application/json",
    body=b"{}",
    complete=True,
    error=None,
    started_at=0.0,
    first_at=0.0,
    ended_at=0.0,
)
"""A complete call with nothing in it."""


class Steps:
    """Opens steps of one run that keep their calls in one log."""

    def __init__(self) -> None:
        self.log = calls.MemoryLog()
        self.told: list[CallRecord | CallText] = []

    def ref(self, seq: int) -> StepRef:
        return StepRef(RUN, seq)

    def open(self, seq: int, mode="auto", partners=(), recording=None, **options):
        refs = tuple(self.ref(each) for each in partners)
        listener = self.told.append
        return calls.scope(
            StepScope(self.ref(seq), "answer", self.log, mode, refs, recording, listener, **options)
        )

    def calls(self, *seqs: int) -> list[CallRecord]:
        return self.log.calls([self.ref(seq) for seq in seqs])

    def keep(self, call: CallRecord, *, seq: int, **changes: object) -> None:
        """Keep a call as that of another step."""
        self.log.record_call(replace(call, step=self.ref(seq), **changes))

    def texts(self) -> list[str]:
        return [event.text for event in self.told if isinstance(event, CallText)]


@pytest.fixture
def server():
    with OpenAIServer() as running:
        yield running


@pytest.fixture(autouse=True)
def installed():
    calls.install()
    yield
    calls.uninstall()


@pytest.fixture
def steps():
    return Steps()


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.base_url, api_key="test-key-of-nobody") as made:
        yield made


@pytest.fixture
def ask(client):
    """Ask the model one thing; return its words."""
    return functools.partial(asked, client)


def asked(client, text, **options):
    answer = client.chat.completions.create(
        model="m-1", messages=[{"role": "user", "content": text}], **options
    )
    return answer.choices[0].message.content


def streamed(client, text):
    """Open a stream of an answer."""
    return client.chat.completions.create(
        model="m-1", messages=[{"role": "user", "content": text}], stream=True
    )


def words(stream):
    """Read a stream to its end."""
    return [chunk.choices[0].delta.content or "" for chunk in stream]
