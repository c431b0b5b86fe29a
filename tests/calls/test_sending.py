"""What is read of a request, and when: nothing that serving and refusing do not need, before it leaves."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from notebook_agent import calls
from notebook_agent.calls import Budget
from notebook_agent.calls.prices import PRICES
from notebook_agent.errors import BudgetError
from tests.calls.conftest import asked
from tests.servers import Answer, Hold

SECRET = "correct-horse-battery"
ANSWER = (
    b'{"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 1}}'
)


@pytest.fixture
def known_too_late(server, client, monkeypatch):
    """Ask for something that becomes a secret of the environment once the request has arrived."""

    def ask():
        hold = Hold()
        server.answer(Answer(200, [hold, ANSWER]))
        with ThreadPoolExecutor(1) as pool:
            told = pool.submit(asked, client, f"use {SECRET}")
            assert hold.reached.wait(60)
            monkeypatch.setenv("WEATHER_TOKEN", SECRET)
            hold.open()
            told.result()

    return ask


@pytest.fixture
def priced(server):
    """Price the model at the server."""
    host = server.base_url.split("/")[2]
    calls.register_price("m-1", host=host, input=1.0, output=1.0)
    yield
    del PRICES[host]


@pytest.mark.parametrize("limit", [{}, {"max_calls": 9}, {"max_cost": 9}])
def test_request_leaves_before_it_is_redacted(steps, known_too_late, ask, priced, limit):
    """In `fresh`, whatever is recorded and whatever it may cost."""
    with steps.open(0):
        ask("a pen")
    with steps.open(1, "fresh", partners=[0], purses=(Budget(**limit),) if limit else ()):
        known_too_late()
    assert ["use [env-secret]"] == [call.request["messages"][0]["content"] for call in steps.calls(1)]


def test_request_leaves_before_it_is_redacted_where_no_record_can_serve_it(steps, client, known_too_late):
    """In `auto` with partners that asked other endpoints."""
    with steps.open(0):
        client.embeddings.create(model="e-1", input="a pen")
    with steps.open(1, partners=[0]):
        known_too_late()
    assert ["use [env-secret]"] == [call.request["messages"][0]["content"] for call in steps.calls(1)]


def test_what_is_no_call_costs_no_budget(server, steps):
    """A survey that is answered at `/responses`."""
    budget = Budget(max_calls=0)
    with httpx.Client() as plain, steps.open(0, purses=(budget,)):
        plain.post(f"{server.base_url}/responses", json={"answers": ["yes"]})
        with pytest.raises(BudgetError), steps.open(1, purses=(budget,)):
            plain.post(f"{server.base_url}/responses", json={"model": "m", "input": "hi"})
    assert (1, []) == (len(server.journal), steps.calls(0))


def test_record_is_read_once_for_a_step(server, steps, ask):
    """However many of its calls are served, and however many differ."""

    class Counting(calls.MemoryLog):
        asked = 0

        def calls(self, steps):
            self.asked += 1
            return super().calls(steps)

    steps.log = Counting()
    with steps.open(0):
        for n in range(5):
            ask(f"{n}")
    with steps.open(1, partners=[0]):
        for n in range(3, 9):
            ask(f"{n}")
    assert 1 == steps.log.asked
    drifts = [call.drift for call in steps.calls(1)]
    assert [None, None, *[f"messages[0].content: '0' → '{n}'" for n in range(5, 9)]] == drifts
