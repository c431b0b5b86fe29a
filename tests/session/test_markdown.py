"""Results in a notebook that is converted to Markdown, and where a page looks for formulas."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

SAID = 'first\n\n![x](http://evil.test/a.png)\r\n \r\n<b>[x]</b>\n\n[x]: http://evil.test/b "$5"\n'
PARROT = f"""
from notebook_agent import action, graph, when

@action(reads=["n"], writes=["n", "said"])
def parrot(state):
    if state["n"] == 2:
        raise ValueError({SAID!r})
    return state.update(n=state["n"] + 1, said={{{SAID!r}: [{SAID!r}]}})

parroting = graph.GraphBuilder().with_actions(parrot).with_transitions(
    ("parrot", "parrot", when(note={SAID!r}) | ~when(note={SAID!r}))).build()
"""
ASKED = {
    "agent": lambda agent: agent,
    "app": lambda agent: agent.app,
    "graph": lambda agent: agent.app.graph,
    "picture": lambda agent: agent.app.graph.visualize(),
    "state": lambda agent: agent.state(),
    "part of the state": lambda agent: agent.state("@0", "said"),
    "diff": lambda agent: agent.diff("@0", "@1"),
    "why": lambda agent: agent.why(),
    "blame": lambda agent: agent.blame("said"),
    "watch": lambda agent: agent.watch("said"),
    "log": lambda agent: agent.log(),
    "runs": lambda agent: agent.runs(),
    "map": lambda agent: agent.map("@0", n=2, max_steps=1),
}


@pytest.fixture
def parrot(notebook):
    """Give an agent that said it twice, and failed with it."""
    notebook.cell(PARROT, "parrot")
    agent = notebook.agent.use("parroting", state={"n": 0, "note": SAID})
    agent.step()
    agent.step()
    with pytest.raises(ValueError, match="first"):
        agent.step()
    return agent


def html_of(value):
    bundle = value._repr_mimebundle_()
    return (bundle[0] if isinstance(bundle, tuple) else bundle)["text/html"]


@pytest.mark.parametrize("asked", ASKED)
def test_a_result_is_one_block_of_html(parrot, asked):
    """An empty line would end it, and what a model said would be Markdown: pictures are fetched."""
    tokens = MarkdownIt("commonmark").parse(html_of(ASKED[asked](parrot)))
    assert ["html_block"] == [token.type for token in tokens]


@pytest.mark.parametrize("asked", ["state", "part of the state", "watch"])
def test_a_dollar_is_a_dollar(parrot, asked):
    """A page that typesets what stands between two of them leaves out a result."""
    assert html_of(ASKED[asked](parrot)).startswith('<div class="mathjax_ignore tex2jax_ignore">')
