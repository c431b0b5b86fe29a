"""In strict replay no model call leaves, and a miss says what is missing."""

import asyncio
import contextlib
import functools
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool

import httpx
import openai
import pytest

from notebook_agent.calls import Budget
from notebook_agent.errors import REFUSED, BudgetError, LedgerMissError
from tests.calls.conftest import asked


def test_miss_sends_nothing_and_names_the_difference(server, steps, ask):
    """The error names endpoint, model, step, action and the nearest record's difference."""
    with steps.open(0):
        ask("draw a pen")
    with pytest.raises(LedgerMissError) as caught, steps.open(1, "strict", partners=[0]):
        ask("draw a pencil")
    expected = (
        "No recorded answer for chat/completions (model m-1) in step 1 (answer) of run run-1;"
        " nothing was sent."
        " Against the nearest record: messages[0].content: 'draw a pen' → 'draw a pencil'."
        " To call the model, set app.ledger = 'auto' (%config AgentMagics.ledger = 'auto') and retry."
    )
    assert expected == str(caught.value)
    assert ("run-1", 1, "answer") == (caught.value.run, caught.value.seq, caught.value.action)
    assert 1 == len(server.journal)
    [refused] = steps.calls(1)
    assert (False, None, "not sent: no record in strict replay") == (
        refused.sent,
        refused.status,
        refused.error,
    )


def test_miss_without_any_record_says_so(server, steps, ask):
    """There is nothing to compare with."""
    with pytest.raises(LedgerMissError, match="Nothing is recorded for it"), steps.open(0, "strict"):
        ask("a pen")
    assert [] == server.journal


def test_miss_passes_handlers_of_the_action(server, steps, ask):
    """A fallback of the action's own does not hide that strict replay has no record."""
    reached = []

    def action():
        try:
            ask("a pen")
        except Exception:  # noqa: BLE001 (what an action may do)
            reached.append("fallback")

    with pytest.raises(LedgerMissError), steps.open(0, "strict"):
        action()
    assert ([], []) == (reached, server.journal)


def test_miss_that_an_action_swallows_is_still_told(steps, ask):
    """Even a bare except does not make a replay look as if it had gone well."""

    def action():
        with contextlib.suppress(BaseException):
            ask("a pen")

    with pytest.raises(LedgerMissError), steps.open(0, "strict"):
        action()


def test_miss_in_a_thread_or_a_task_is_told(steps, server, client):
    """The miss comes out of the step, whoever made the call."""
    with pytest.raises(LedgerMissError), steps.open(0, "strict"), ThreadPoolExecutor(1) as pool:
        pool.submit(asked, client, "a pen").result()

    async def work():
        async with (
            openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as made,
            asyncio.TaskGroup() as tasks,
        ):
            tasks.create_task(made.chat.completions.create(model="m", messages=[]))

    with pytest.raises(LedgerMissError), steps.open(1, "strict"):
        asyncio.run(work())
    assert [] == server.journal


@pytest.mark.parametrize(("mode", "retries"), [("auto", 0), ("strict", 1)])
def test_a_refusal_ends_who_waits_for_a_pool_of_threads(server, steps, client, mode, retries):
    """Its workers would die of what is no Exception, and `map` would wait for ever."""
    patient = client.with_options(max_retries=retries)
    with (
        pytest.raises(REFUSED) as caught,
        steps.open(0, mode, purses=(Budget(max_calls=0),)),
        ThreadPool(2) as pool,
    ):
        pool.map(functools.partial(asked, patient), ["a", "b", "c"], 1)
    assert caught.type is {"auto": BudgetError, "strict": LedgerMissError}[mode]
    assert ["a", "b", "c"] == sorted(call.request["messages"][0]["content"] for call in steps.calls(0))
    assert [] == server.journal


def test_a_refusal_that_a_thread_hands_on_as_it_is_shows_the_users_code_alone(server, steps):
    """It is the step's error itself, and not told twice."""
    with (
        pytest.raises(BudgetError) as caught,
        httpx.Client() as plain,
        steps.open(0, purses=(Budget(max_calls=0),)),
        ThreadPool(1) as pool,
    ):
        pool.apply(plain.post, (f"{server.base_url}/embeddings",), {"json": {"input": "a"}})
    assert (None, True) == (caught.value.__cause__, caught.value.__suppress_context__)


def test_interrupt_is_not_turned_into_a_miss(steps, ask):
    """Stop stays Stop."""

    def action():
        with contextlib.suppress(BaseException):
            ask("a pen")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), steps.open(0, "strict"):
        action()


def test_user_error_is_the_steps_error(steps):
    """Without a miss the action's own exception leaves as it is."""
    with pytest.raises(ZeroDivisionError), steps.open(0, "strict"):
        1 / 0  # noqa: B018 (the error is the point)


def test_no_key_stays_the_users_exception(steps, monkeypatch):
    """Outside of strict replay the SDK says itself that the key is missing."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(openai.OpenAIError, match="api_key"), steps.open(0):
        openai.Client()


def test_requests_that_are_no_model_calls_still_pass(server, steps):
    """Strict replay is about models; a download is the action's own affair."""
    with httpx.Client() as plain, steps.open(0, "strict"):
        assert 200 == plain.get(f"{server.base_url}/file").status_code
