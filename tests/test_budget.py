"""What an application's LLM calls may spend, and what is left when it is spent."""

from __future__ import annotations

import pickle

import openai
import pytest

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls import Budget
from notebook_agent.condition import on_error
from notebook_agent.errors import BudgetError, LedgerMissError, RunError
from tests.parallelism.fans import fan, looping
from tests.servers import OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def asking(driver, server):
    """Ask the model three things in one step."""

    @driver.action(reads=[], writes=["answers"])
    def ask(state):
        with openai.OpenAI(base_url=server.base_url, api_key="test") as client:
            answers = [
                client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
                for text in "abc"
            ]
        return state.update(answers=[answer.choices[0].message.content for answer in answers])

    @driver.action(reads=[], writes=["answers"])
    def rest(state):
        return state.update(answers=[])

    builder = ApplicationBuilder().with_actions(ask=ask, rest=rest).with_state(answers=["before"])
    return builder.with_entrypoint("ask")


def test_a_spent_budget_fails_the_step_and_leaves_the_checkpoint(driver, server):
    """The state is as before, and a retry with more pays only for what was not paid."""
    app = asking(driver, server).with_budget(max_calls=2).build()
    with pytest.raises(BudgetError, match=r"^The budget of 2 calls is spent"):
        driver.step(app)
    assert (2, "failed", ["before"]) == (len(server.journal), app.history[0].status, app.state["answers"])
    app.budget = Budget(max_calls=1)
    driver.retry(app)
    assert (3, ["Echo: a", "Echo: b", "Echo: c"]) == (len(server.journal), app.state["answers"])
    assert [True, True, False] == [call.replayed for call in app.history.calls(1)]


def test_forks_share_the_budget(driver, server):
    """Many forks spend no more than one."""
    app = asking(driver, server).with_budget(max_calls=4).build()
    for fork in (app.fork(None), app.fork(None)):
        fork.ledger = "fresh"
    driver.step(app)
    fork = app.fork(None)
    fork.ledger = "fresh"
    with pytest.raises(BudgetError):
        driver.step(fork)
    assert (4, 4) == (len(server.journal), app.budget.calls)


def test_a_policy_does_not_try_again_what_was_not_sent(driver, server):
    """A spent budget stays spent."""
    app = asking(driver, server).with_policy("ask", retries=3, backoff=0).with_budget(max_calls=1).build()
    with pytest.raises(BudgetError):
        driver.step(app)
    assert ["failed"] == [step.status for step in app.history]


def test_a_miss_is_not_tried_again_either(driver, server):
    """In strict replay nothing will come of it."""
    app = asking(driver, server).with_policy("ask", retries=3, backoff=0).with_ledger("strict").build()
    with pytest.raises(LedgerMissError):
        driver.step(app)
    assert ["failed"] == [step.status for step in app.history]


@pytest.mark.parametrize(("kinds", "caught"), [((), False), ((ValueError,), False), ((BudgetError,), True)])
def test_only_an_edge_that_names_it_goes_on_past_a_spent_budget(driver, server, kinds, caught):
    """An edge for any exception does not hide that a call was not sent."""
    builder = asking(driver, server).with_transitions(("ask", "rest", on_error(*kinds)))
    app = builder.with_budget(max_calls=0).build()
    if caught:
        driver.run(app, halt_after=["rest"])
        assert [] == app.state["answers"]
    else:
        with pytest.raises(BudgetError):
            driver.run(app, halt_after=["rest"])


def test_one_budget_may_be_given_to_several(driver, server):
    """They spend it together."""
    budget = Budget(max_calls=3)
    first, second = (asking(driver, server).with_budget(budget).build() for _ in range(2))
    driver.step(first)
    with pytest.raises(BudgetError):
        driver.step(second)
    assert 3 == len(server.journal)


def test_a_budget_needs_calls_that_are_seen(driver, server):
    """Without a store they are not."""
    with pytest.raises(RunError, match=r"with_budget counts LLM calls, and with_store\(None\) sees none"):
        asking(driver, server).with_store(None).with_budget(max_calls=1).build()


def test_a_request_that_is_no_call_is_listed_with_its_step(driver, server):
    """By method and host, in the step's events."""
    import httpx

    @driver.action(reads=[], writes=[])
    def order(state):
        for _ in range(2):
            httpx.post(f"{server.base_url}/orders", json={"model": "bike"})
        return state

    app = ApplicationBuilder().with_actions(order=order).with_entrypoint("order").build()
    driver.step(app)
    host = server.base_url.split("/")[2]
    assert [{"request": {"method": "POST", "host": host, "count": 2}}] == app.history.values(0).events


def parallel(driver, server):
    """Ask the model in two branches at once."""

    @driver.action(reads=["x"], writes=["y"])
    def ask(state):
        http = openai.DefaultHttpxClient(verify=False)
        with openai.OpenAI(base_url=server.base_url, api_key="k", http_client=http) as client:
            messages = [{"role": "user", "content": f"{state['x']}"}]
            client.chat.completions.create(model="m", messages=messages)
        return state.update(y=state["x"])

    return looping(fan(driver, ask)(), xs=[1, 2, 3])


def test_branches_share_the_budget_of_their_run(driver, server):
    """However many there are, and a fork of all is priced with them."""
    app = parallel(driver, server).with_budget(max_calls=2).build()
    with pytest.raises(BudgetError):
        driver.step(app)
    assert 2 == len(server.journal)
    app.budget = Budget(max_calls=1)
    driver.retry(app)
    told = app.price(None)
    assert (3, 3, 0) == (len(server.journal), told.served, told.live)


def test_a_budget_is_not_sent_to_another_process():
    """What is spent there could not be seen here."""
    with pytest.raises(TypeError, match="what one process spends another cannot see"):
        pickle.dumps(Budget(max_calls=1))
