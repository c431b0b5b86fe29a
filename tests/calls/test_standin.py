"""What stands in for missing keys while nothing is sent, and what is there afterwards."""

import asyncio
import os

import openai
import pytest

from tests.calls.conftest import asked

SETTINGS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT")
VERSION = "OPENAI_API_VERSION"


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    """Set none of them."""
    for name in (*SETTINGS, VERSION):
        monkeypatch.delenv(name, raising=False)


def found():
    """Tell which are set."""
    return [name for name in (*SETTINGS, VERSION) if name in os.environ]


def test_client_can_be_built_without_a_key(server, steps, monkeypatch, ask):
    """A placeholder stands in while the step runs, and is gone afterwards."""
    with steps.open(0):
        ask("a pen")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    with steps.open(1, "strict", partners=[0]):
        assert "Echo: a pen" == asked(openai.Client(), "a pen")
    assert [] == found()
    assert 1 == len(server.journal)


@pytest.mark.parametrize("kind", [openai.AzureOpenAI, openai.AsyncAzureOpenAI])
def test_azure_client_can_be_built_without_a_key(server, steps, ask, kind):
    """Nor an endpoint, nor a version; it is served as it was recorded elsewhere."""
    said = []

    async def replay(client):
        answer = client.chat.completions.create(model="m-1", messages=[{"role": "user", "content": "a pen"}])
        answer = await answer if kind is openai.AsyncAzureOpenAI else answer
        said.append(answer.choices[0].message.content)

    with steps.open(0):
        ask("a pen")
    with steps.open(1, "strict", partners=[0]):
        asyncio.run(replay(kind()))
    assert (["Echo: a pen"], 1, []) == (said, len(server.journal), found())


def test_anthropic_client_is_served_without_a_key(server, steps):
    """It refuses to ask without one."""
    anthropic = pytest.importorskip("anthropic", reason="run by .ci/other-clients")
    words = {"model": "c-1", "max_tokens": 50, "messages": [{"role": "user", "content": "a pen"}]}
    base = server.base_url.removesuffix("/v1")
    with steps.open(0), anthropic.Anthropic(base_url=base, api_key="k") as client:
        client.messages.create(**words)
    with steps.open(1, "strict", partners=[0]), anthropic.Anthropic(base_url=base) as client:
        assert "Echo: a pen" == client.messages.create(**words).content[0].text
    assert (1, []) == (len(server.journal), found())


def test_stand_ins_stay_until_the_last_strict_step_ends(steps):
    """Steps at once share them, in whatever order they end, awaited too."""

    async def step(seq, begun, go_on):
        with steps.open(seq, "strict"):
            begun.set()
            await go_on.wait()
            return found()

    async def both():
        events = [asyncio.Event() for _ in range(4)]
        first = asyncio.create_task(step(0, *events[:2]))
        await events[0].wait()
        second = asyncio.create_task(step(1, *events[2:]))
        await events[2].wait()
        events[1].set()
        seen = [await first]
        events[3].set()
        return [*seen, await second]

    every = [*SETTINGS, VERSION]
    assert [every, every] == asyncio.run(both())
    assert [] == found()


def test_stand_ins_go_when_a_step_is_cancelled(steps):
    """A task that is given up leaves nothing behind."""

    async def step(begun):
        with steps.open(0, "strict"):
            begun.set()
            await asyncio.Event().wait()

    async def cancelled():
        begun = asyncio.Event()
        task = asyncio.create_task(step(begun))
        await begun.wait()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(cancelled())
    assert [] == found()


@pytest.mark.parametrize("name", SETTINGS)
def test_own_setting_is_left_alone(steps, monkeypatch, name):
    """What is set stays as it is, also when the action sets another."""
    monkeypatch.setenv(name, "mine")
    with steps.open(0, "strict"):
        assert "mine" == os.environ[name]
        monkeypatch.setenv(name, "another")
    assert ("another", [name]) == (os.environ[name], found())


def test_empty_key_is_empty_again(steps, monkeypatch):
    """It is as good as none."""
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with steps.open(0, "strict"):
        assert os.environ["OPENAI_API_KEY"]
    assert "" == os.environ["OPENAI_API_KEY"]


def test_key_that_an_action_sets_stays(steps, monkeypatch):
    """The stand-in makes way for it."""
    monkeypatch.setenv("OPENAI_API_KEY", "")
    with steps.open(0, "strict"):
        os.environ["OPENAI_API_KEY"] = "found-by-the-action"
    assert "found-by-the-action" == os.environ["OPENAI_API_KEY"]


def test_outside_of_strict_nothing_stands_in(steps):
    """The SDK says itself that the key is missing."""
    with steps.open(0):
        assert [] == found()
