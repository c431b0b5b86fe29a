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
    assert "chat/completions · small · live · HTTP 200" in text
    assert (
        "9 + 3 tokens · price unknown\n  user: <b>hello</b>\n    there\n  answer: Echo: <b>hello</b>" in text
    )
    assert f"  user: a pen\n  answer: <image/png, {len(PNG)} B>" in text


def test_in_html_texts_are_escaped_and_pictures_shown(agent):
    """A prompt never becomes markup."""
    html = agent.calls("@0").html()
    assert "<b>hello" not in html
    assert "&lt;b&gt;hello" in html
    assert 'src="data:image/png;base64,' in html


def test_the_run_has_the_table_alone(agent):
    """One line a call."""
    assert 3 == len(str(agent.calls()).splitlines())


def test_a_call_is_compared_with_the_same_one_in_another_run(agent):
    """A fork that asks the same says so; what differs is named."""
    agent.fork("@start")
    agent.step()
    label = agent.app.history.family()[0].label or agent.app.history.family()[0].key.app_id
    assert f"  against {label}@0: the same request, the same answer\n" in str(agent.calls("@0"))


ASKING = """
import openai
from notebook_agent.action import action

@action(reads=[], writes=["answer"])
def ask(state, prompt: str):
    with openai.OpenAI(max_retries=0) as client:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return state.update(answer=answer.choices[0].message.content)

asking = graph.GraphBuilder().with_actions(ask).with_transitions(("ask", "ask")).build()
"""


def test_what_changed_in_the_request_is_said(notebook, monkeypatch):
    """Against the run that it was forked from."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        notebook.cell(ASKING, "asking")
        agent = notebook.agent.use("asking")
        agent.run(prompt="draw a pen")
        label = agent.app.history.run.label
        agent.fork("@start")
        agent.run(prompt="draw a hat")
    told = str(agent.calls("@0"))
    assert f"  against {label}@0: messages[0].content: 'draw a pen' → 'draw a hat'\n" in told
