"""Running a step from its checkpoint."""

import socket

import numpy as np
import openai
import pytest

from notebook_agent import Action, State, action, streaming_action
from notebook_agent.errors import LedgerFormatError, LedgerMissError, OfflineError, StateError
from notebook_agent.testing import Checkpoint, differences, from_json, run_step

HELLO = {
    "endpoint": "chat/completions",
    "request": {"model": "gpt-5.5", "messages": [{"role": "user", "content": "hello"}]},
    "answer": {"object": "chat.completion", "choices": [{"index": 0, "message": {"content": "Hi!"}}]},
}
BUSY = HELLO | {"status": 429, "answer": {"error": {"message": "busy"}}}


@action(reads=["asked"], writes=["answer"])
def answer(state: State, mark: str = "") -> State:
    """Ask a model."""
    messages = [{"role": "user", "content": state["asked"]}]
    reply = openai.OpenAI().chat.completions.create(model="gpt-5.5", messages=messages)
    return state.update(answer=reply.choices[0].message.content + mark)


@action(reads=[], writes=["n"])
async def count(state):
    """Count."""
    return {"was": state.get("n", 0)}, state.update(n=state.get("n", 0) + 1)


@streaming_action(reads=[], writes=["n"])
def pieces(state):
    """Count aloud."""
    yield {"n": 1}
    yield {"n": 2}, state.update(n=2)


@streaming_action(reads=[], writes=["n"])
async def apieces(state):
    """Count aloud, awaited."""
    yield {"n": 1}
    yield {"n": 2}, state.update(n=2)


class Adder(Action):
    """Adds."""

    def __init__(self, step):
        self.step = step

    reads = ["n"]
    writes = ["n"]

    def run(self, state):
        """Add."""
        return {"n": state["n"] + self.step}

    def update(self, result, state):
        """Keep it."""
        return state.update(**result)


@action(reads=[], writes=[])
def reach(state):
    """Open a socket."""
    socket.create_connection(("127.0.0.1", 9))
    return state


@pytest.fixture(autouse=True)
def no_key(monkeypatch):
    """Have no key set."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.mark.parametrize(
    ("state", "made", "after"),
    [
        ({"n": 1}, count, {"n": 2}),
        ({}, pieces, {"n": 2}),
        ({}, apieces, {"n": 2}),
        ({"n": 1}, Adder(step=4), {"n": 5}),
    ],
    ids=["async", "streaming", "async streaming", "class"],
)
def test_each_form_of_action_is_run(state, made, after):
    """From its state, to its state."""
    assert after == run_step(Checkpoint("it", state=state), made).state


def test_its_llm_calls_are_answered_from_their_record():
    """Bound parameters and inputs are given."""
    checkpoint = Checkpoint("answer", state={"asked": "hello"}, calls=[HELLO])
    assert "Hi!" == run_step(checkpoint, answer).state["answer"]
    assert "Hi!!" == run_step(checkpoint, answer.bind(mark="!")).state["answer"]
    given = Checkpoint("answer", state={"asked": "hello"}, inputs={"mark": "?"}, calls=[HELLO])
    assert "Hi!?" == run_step(given, answer).state["answer"]


def test_another_request_is_an_error_that_says_how_it_differs():
    """And what to do."""
    checkpoint = Checkpoint("answer", state={"asked": "hallo"}, calls=[HELLO])
    with pytest.raises(LedgerMissError, match=r"'hello' → 'hallo'.*If the new request is meant"):
        run_step(checkpoint, answer)


def test_a_recorded_refusal_is_served_as_it_was():
    """Without the client's pauses between attempts."""
    checkpoint = Checkpoint("answer", state={"asked": "hello"}, calls=[BUSY, BUSY, BUSY])
    with pytest.raises(openai.RateLimitError, match="busy"):
        run_step(checkpoint, answer)


def test_each_recorded_call_is_served_once():
    """A second request like the first is one too many."""

    @action(reads=[], writes=["answer"])
    def twice(state):
        asked = state.update(asked="hello")
        answer(asked)
        return state.update(answer=answer(asked)["answer"])

    with pytest.raises(LedgerMissError, match="nothing was sent"):
        run_step(Checkpoint("twice", calls=[HELLO]), twice)


def test_a_socket_is_refused():
    """That a step opens."""
    with pytest.raises(OfflineError, match=r"create_connection|getaddrinfo"):
        run_step(Checkpoint("reach"), reach)


def test_the_result_and_plain_values_are_given():
    """A state's frozen lists are lists again."""
    outcome = run_step(Checkpoint("count", state={"n": 1, "kept": [{"a": []}]}), count)
    assert {"was": 1} == outcome.result
    outcome.state["kept"][0]["a"].append(1)
    assert [{"a": [1]}] == outcome.state["kept"]


def test_values_have_their_types():
    """As a store keeps them."""
    assert (1, 2) == from_json({"__serde__": "tuple", "value": [1, 2]})
    with pytest.raises(StateError, match="Nothing is registered to read 'tupel'"):
        from_json({"__serde__": "tupel", "value": [1, 2]})


def test_a_call_that_is_none_is_named():
    """By its place and its field."""
    with pytest.raises(LedgerFormatError, match=r"calls\[0\]\.endpoint must be a text, and is missing"):
        run_step(Checkpoint("count", calls=[{"request": {}}]), count)


def test_values_that_equality_cannot_tell_are_compared():
    """NaN, and arrays to their last item."""
    assert [] == differences([(1, float("nan"))], [(1, float("nan"))])
    one, other = np.zeros(5000), np.zeros(5000)
    assert [] == differences(one, other)
    other[2500] = 1
    assert 1 == len(differences(one, other))


def test_differences_are_lines():
    """One for each path; types count."""
    assert ["value[0]: expected 1, and is 2"] == differences([2], [1])
    assert ["value.b: not expected, and is 1"] == differences({"b": 1}, {})
    assert ["value.b: expected 1, and is not there"] == differences({}, {"b": 1})
    assert ["value: expected (1,), and is [1]"] == differences([1], (1,))
