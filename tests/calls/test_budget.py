"""A budget lets no call start once what is spent has reached it."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from notebook_agent import calls
from notebook_agent.calls import Budget
from notebook_agent.calls.prices import PRICES
from notebook_agent.errors import BudgetError, RunError
from tests.calls.conftest import CALL, asked, streamed, words
from tests.servers import Answer


@pytest.fixture
def host(server):
    """The server's host, where 1,000 tokens in cost a dollar and tokens out two."""
    host = server.base_url.split("/")[2]
    calls.register_price("m-1", host=host, input=1000.0, output=2000.0)
    yield host
    del PRICES[host]


def each(ask, texts):
    """Ask one after the other."""
    return [ask(text) for text in texts]


def test_no_call_starts_beyond_max_calls(server, steps, ask):
    """The error leaves through the client's own handlers, and says what was spent and where."""
    budget = Budget(max_calls=2)
    with pytest.raises(BudgetError) as caught, steps.open(0, purses=(budget,)):
        each(ask, "abc")
    assert (2, 2) == (len(server.journal), budget.calls)
    assert (
        "The budget of 2 calls is spent. The call to chat/completions (model m-1) in step 0 (answer) of run "
        "run-1 was not sent; what was done before is kept, and the calls that succeeded are served when the "
        "step is retried with a larger budget: %agent retry --max-calls N or --max-cost N "
        "(app.budget = Budget(..), then app.retry())."
    ) == str(caught.value)
    assert ("run-1", 0, "answer") == (caught.value.run, caught.value.seq, caught.value.action)


def test_refused_call_is_listed_and_never_served(server, steps, ask):
    """It shows what was asked; retried with more, what was paid is served and the rest goes live."""
    with pytest.raises(BudgetError), steps.open(0, purses=(Budget(max_calls=1),)):
        each(ask, "ab")
    assert [(True, None), (False, "not sent: The budget of 1 call is spent.")] == [
        (call.sent, call.error) for call in steps.calls(0)
    ]
    with steps.open(1, partners=[0], purses=(Budget(max_calls=1),)):
        assert ["Echo: a", "Echo: b"] == [ask("a"), ask("b")]
    assert 2 == len(server.journal)


def test_served_calls_are_free(server, steps, ask):
    """What comes from the record needs no budget."""
    with steps.open(0):
        ask("a")
    with steps.open(1, partners=[0], purses=(Budget(max_calls=0, max_cost=0),)):
        assert "Echo: a" == ask("a")


def test_no_call_starts_beyond_max_cost(server, steps, ask, host):
    """9 tokens in and 2 out cost $0.013 here, so that the second call reaches $0.02."""
    budget = Budget(max_cost=0.02)
    with (
        pytest.raises(BudgetError, match=r"^The budget of \$0.02 is spent \(2 calls, \$0.026\)\."),
        steps.open(0, purses=(budget,)),
    ):
        each(ask, "aaa")
    assert (2, 0.026) == (len(server.journal), budget.cost)


def test_unknown_price_starts_no_call(server, steps, ask):
    """A limit in dollars that could not be kept is no limit."""
    with (
        pytest.raises(
            BudgetError, match=r"what m-1 at 127\.0\.0\.1:\d+ costs is not known \(0 calls so far\)"
        ),
        steps.open(0, purses=(Budget(max_cost=5),)),
    ):
        ask("a")
    assert [] == server.journal


def test_answer_without_tokens_ends_the_budget(server, steps, client, host):
    """A stream that does not say what it took leaves the cost unknown: no further call starts."""

    def work(text):
        words(streamed(client, text))

    with pytest.raises(BudgetError, match="cannot be kept"), steps.open(0, purses=(Budget(max_cost=5),)):
        each(work, "ab")
    assert 1 == len(server.journal)


def test_every_budget_of_a_step_counts(server, steps, ask):
    """That of the application and that of the command."""
    wide, narrow = Budget(max_calls=9), Budget(max_calls=1)
    with pytest.raises(BudgetError), steps.open(0, purses=(wide, narrow)):
        each(ask, "ab")
    assert (1, 1, 1) == (len(server.journal), wide.calls, narrow.calls)


def test_repeated_attempts_of_a_client_count(server, steps, client):
    """A storm of 429 stops at the budget, not after the client's last retry."""
    server.answer(*(Answer.error(429, "Slow down") for _ in range(9)))
    with pytest.raises(BudgetError), steps.open(0, purses=(Budget(max_calls=3),)):
        asked(client.with_options(max_retries=8), "a")
    assert 3 == len(server.journal)


def test_calls_at_once_share_a_budget(server, steps, client):
    """However many threads ask, no more calls start than there may be."""

    def work(text):
        with contextlib.suppress(BaseException):
            asked(client, text)

    with (
        pytest.raises(BudgetError),
        steps.open(0, purses=(Budget(max_calls=3),)),
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(work, "abcdefgh"))
    assert 3 == len(server.journal)


def test_refused_connection_costs_nothing():
    """Nor does an answer that is an error; a dropped answer is unknown."""
    budget = Budget(max_cost=1)
    calls.register_price("m", host="h", input=1.0, output=1.0)
    for status in (None, 429, 500):
        budget.took(replace(CALL, status=status))
    assert None is budget.refuse("h", lambda: "m")
    budget.took(replace(CALL, complete=False))
    assert "cannot be kept" in budget.refuse("h", lambda: "m")
    del PRICES["h"]


def test_careless_action_is_caught_too(server, steps, ask):
    """`except Exception` in an action does not go on past the budget."""

    def stubborn(text):
        with contextlib.suppress(Exception):
            ask(text)

    with pytest.raises(BudgetError), steps.open(0, purses=(Budget(max_calls=1),)):
        each(stubborn, "abc")
    assert 1 == len(server.journal)


@pytest.mark.parametrize("limit", [-1, 1.5, True, "3"])
def test_max_calls_is_a_whole_number(limit):
    """Anything else is said."""
    with pytest.raises(RunError, match="max_calls must be a whole number, 0 or more; not"):
        Budget(max_calls=limit)


@pytest.mark.parametrize("limit", [-0.5, float("nan"), True, "3"])
def test_max_cost_is_dollars(limit):
    """Anything else is said."""
    with pytest.raises(RunError, match="max_cost must be US dollars, 0 or more; not"):
        Budget(max_cost=limit)


def test_budget_says_what_is_spent():
    """Its repr is what a cell shows."""
    assert "Budget(max_calls=3), spent: 0 calls, $0" == repr(Budget(max_calls=3))
