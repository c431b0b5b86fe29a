"""`%agent diff`: long texts word by word, code, LLM calls, and where two runs part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_agent.magics.commands import Call
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import read_line
from tests.servers import OpenAIServer

ASKING = """
import openai

@action(reads=["chat", "tone"], writes=["chat", "answer"])
def ask(state, prompt: str):
    with openai.OpenAI(max_retries=0) as client:
        asked = [{"role": "system", "content": state["tone"]}, {"role": "user", "content": prompt}]
        reply = client.chat.completions.create(model="m", messages=asked)
    return state.append(chat=prompt).update(answer=reply.choices[0].message.content)

asking = graph.GraphBuilder().with_actions(ask).with_transitions(("ask", "ask")).build()
"""
LONG = "You are a careful writer of short answers, and you never say more than is asked for."
QUESTION = "Tell me what the capital of {} is, and why it came to be the capital."


@pytest.fixture
def agent(notebook, monkeypatch):
    """Two turns with a model."""
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        notebook.cell(ASKING, "asking")
        notebook.agent.use("asking", state={"chat": [], "tone": LONG})
        notebook.agent.run(prompt="Tell me what the capital of France is, and why it came to be the capital.")
        notebook.agent.run(
            prompt="Tell me what the capital of England is, and why it came to be the capital."
        )
        notebook.agent.label("first")
        yield notebook.agent


def test_long_texts_are_told_by_words(agent):
    """A line for the path, then what differs in it."""
    told = str(agent.diff("@0", "@1"))
    assert "~ answer: 79 → 80 characters" in told
    assert "    ~ Echo: Tell me what the capital of [-France-]{+England+} is, and why" in told


def test_calls_are_told_on_request(agent):
    """The request by path, and the answer."""
    short, long = str(agent.diff("@0", "@1")), str(agent.diff("@0", "@1", calls=True))
    assert "LLM calls: 1 differs  (--calls shows how)" in short
    assert "~ request.messages[1].content: 73 → 74 characters" in long
    assert "request" not in short


def test_code_is_told_on_request(agent, notebook):
    """As a difference of the sources at the time."""
    notebook.cell(ASKING.replace("append(chat=prompt)", "append(chat=prompt.upper())"), "asking")
    agent.run(prompt="And Spain?")
    short, long = str(agent.diff("@1", "@2")), str(agent.diff("@1", "@2", code=True))
    assert "code: ask " in short
    assert "  (--code shows it)" in short
    assert "return state.append(chat=prompt{+.upper()+}).update(" in long
    assert () == agent.diff("@0", "@1").code


def test_two_runs_are_compared_where_they_part(agent):
    """By the first step that differs: its number, its calls."""
    agent.fork("@0", label="second", state={"tone": LONG.replace("careful", "careless")})
    agent.run(prompt=QUESTION.format("England"))
    found = agent.diff("first", "second", calls=True)
    assert 1 == found.first
    assert "You are a [-careful-]{+careless+} writer of short answers" in str(found)
    assert "LLM calls of @1: 1 differs" in str(found)


def test_the_page_marks_words_and_unfolds(agent):
    """Nothing of a model's is HTML."""
    agent.run(prompt="<b>bold</b>")
    html = agent.diff("@0", "@2").html()
    assert "<del style=" in html
    assert "<b>bold" not in html
    assert "<details><summary>LLM calls: 1 differs" in html


def test_secrets_are_masked_in_long_texts(agent):
    """Also in the calls."""
    key = "sk-proj-" + "a1B2" * 10
    agent.run(prompt=f"Tell me what the key {key} is for, and why it came to be there at all.")
    found = agent.diff("@1", "@2", calls=True)
    assert key not in str(found)
    assert key not in found.html()


def test_the_line_takes_both_flags():
    """Neither is needed."""
    scope = Scope(lambda _: False, eval)
    assert Call("diff", ("@1", "@2"), {"code": True, "calls": True}) == read_line(
        "diff @1 @2 --code --calls", scope
    )
    assert Call("diff", ("a", None)) == read_line("diff a", scope)


USING = """
from notebook_agent import action, graph

def helper(n):
    return n + 1

@action(reads=["n"], writes=["n"])
def work(state):
    return state.update(n=helper(state["n"]))

using = graph.GraphBuilder().with_actions(work).with_transitions(("work", "work")).build()
"""


def test_what_an_action_uses_is_named_where_its_own_source_is_the_same(notebook):
    """Another kernel, which has not seen both versions, says that it is not its own."""
    notebook.cell(USING, "using")
    agent = notebook.agent.use("using", state={"n": 1})
    agent.step()
    notebook.cell("def helper(n):\n    return n + 2", "helper")
    agent.step()
    told = agent.diff("@0", "@1", code=True)
    assert "    its own source is the same: helper changed" == str(told).splitlines()[-1]
    assert "its own source is the same: helper changed" in told.html()
    assert "something that it uses changed" in str(replace(told, used=()))
