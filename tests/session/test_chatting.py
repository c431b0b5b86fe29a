"""The chat on a run."""

from __future__ import annotations

import pytest

from notebook_agent.errors import CommandError

TALK = """
@action(reads=[], writes=["said", "topic"])
def hear(state, message: str):
    return state.append(said={"role": "user", "content": message}).update(topic=message)


@action(reads=["topic"], writes=["said"])
def reply(state):
    return state.append(said={"role": "assistant", "content": f"about {state['topic']}"})


talk = (
    graph.GraphBuilder().with_actions(hear, reply)
    .with_transitions(("hear", "reply"), ("reply", "hear")).build()
)
"""


@pytest.fixture
def talk(notebook):
    """Give an agent that keeps a chat."""
    notebook.cell(TALK)
    return notebook.agent.use("talk")


def test_a_chat_is_found_by_its_look(talk):
    """The input is what the next action needs; what was said is the first list of messages."""
    chat = talk.chat()
    assert ("message", "nothing was said yet: %agent run message=.. says something") == (
        chat.input,
        str(chat),
    )
    talk.run(message="pens")
    assert "user: pens\nassistant: about pens" == str(chat)


def test_a_chat_can_be_named(agent):
    """Where it does not look like one; whatever is there is shown."""
    agent.run(prompt="what is x")
    chat = agent.chat("prompt", "chat_history")
    assert "user: what is x\ntext: what is x" == str(chat)
    assert {"input": "prompt", "output": "chat_history"} == chat.wire


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("promt", None), "--in promt: no action takes the input 'promt'. Did you mean 'prompt'?"),
        (("prompt", "mood"), "--out mood: no action reads or writes the key 'mood'."),
    ],
)
def test_what_the_graph_does_not_have_is_refused(agent, names, sentence):
    """With what there is."""
    with pytest.raises(CommandError) as raised:
        agent.chat(*names)
    assert str(raised.value).startswith(sentence)


def test_an_agent_that_hears_nothing_has_no_chat(notebook):
    """Said in a sentence."""
    notebook.cell("@action(reads=[], writes=[])\ndef go(state):\n    return state\n")
    notebook.cell("deaf = graph.GraphBuilder().with_actions(go).build()", "two")
    with pytest.raises(CommandError, match="no action takes an input"):
        notebook.agent.use("deaf").chat()
