"""A step's LLM calls, told as conversations."""

from __future__ import annotations

import openai
import pytest

from notebook_agent import ApplicationBuilder, action
from notebook_agent.session import Agent
from notebook_agent.session.screen import SilentScreen
from tests.answers import PNG
from tests.servers import OpenAIServer


@pytest.fixture(name="agent")
def agent_fixture():
    """An agent that has asked a small model one thing and ordered a picture."""
    with OpenAIServer() as server:

        @action(reads=[], writes=["n"])
        def ask(state):
            with openai.OpenAI(base_url=server.base_url, api_key="local") as client:
                client.chat.completions.create(
                    model="small", messages=[{"role": "user", "content": "<b>hello</b>\nthere"}]
                )
                client.images.generate(model="paint", prompt="a pen")
            return state.update(n=1)

        app = ApplicationBuilder().with_actions(ask).with_entrypoint("ask").build()
        agent = Agent({}, SilentScreen()).use(app)
        agent.step()
        yield agent


def test_each_call_tells_what_was_asked_and_answered(agent):
    """Below the table, with pictures named."""
    text = str(agent.calls("@0"))
    assert "chat/completions · small · live\n  user: <b>hello</b>\n    there\n  answer: " in text
    assert f"images/generations · paint · live\n  user: a pen\n  answer: <image/png, {len(PNG)} B>" in text


def test_in_html_texts_are_escaped_and_pictures_shown(agent):
    """A prompt never becomes markup."""
    html = agent.calls("@0").html()
    assert "<b>hello" not in html
    assert "&lt;b&gt;hello" in html
    assert 'src="data:image/png;base64,' in html


def test_the_run_has_the_table_alone(agent):
    """One line a call."""
    assert 3 == len(str(agent.calls()).splitlines())
