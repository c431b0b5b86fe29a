"""What a command will take is said before it is paid."""

import pytest

from notebook_agent.errors import CommandError
from notebook_agent.magics.reading import read_line
from tests.servers import Answer
from tests.session.test_replay import ASKING

TWO = """
@action(reads=[], writes=["answer"])
def ask(state, prompt: str):
    with openai.OpenAI(max_retries=0) as client:
        said = [
            client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
            for text in (prompt, "more")
        ]
    return state.update(answer=said[-1].choices[0].message.content)
"""


@pytest.fixture
def agent(notebook, server):
    """Give the agent, with an action that asks a model twice in use."""
    notebook.cell(ASKING + TWO, "asking")
    notebook.cell("asking = graph.GraphBuilder().with_actions(ask).with_transitions(('ask', 'ask')).build()")
    return notebook.agent.use("asking")


def test_a_retry_says_first_what_it_takes(notebook, agent, server):
    """One call is served, one is made again."""
    server.answer(Answer.of({"choices": [{"message": {"content": "1"}}]}), Answer.error(500, "Oops"))
    with pytest.raises(Exception, match="Oops"):
        agent.run(prompt="hello")
    expected = (
        "1 step runs again; 1 call replayed, up to 1 call to the model (price not known); "
        "what it had not reached, and new steps, may add more"
    )
    assert f"{agent.app.history.run.label}: {expected}" == str(agent.price())
    assert expected == str(agent.resume(look=True)).splitlines()[1]
    notebook.screen.said.clear()
    agent.retry()
    assert ([expected], 3) == (notebook.screen.said, len(server.journal))


def test_a_resume_that_goes_on_says_it_once(notebook, agent, server):
    """Where the run stands, then what going on takes."""
    server.answer(Answer.of({"choices": [{"message": {"content": "1"}}]}), Answer.error(500, "Oops"))
    with pytest.raises(Exception, match="Oops"):
        agent.run(prompt="hello")
    notebook.screen.said.clear()
    agent.resume()
    assert [True, False] == ["after @0 ask (failed)" in line for line in notebook.screen.said]
    assert 1 == sum("1 call replayed" in line for line in notebook.screen.said)


def test_a_fork_says_what_it_takes(agent):
    """As the price of that fork had said."""
    agent.run(prompt="hello")
    agent.run(prompt="there")
    told = agent.price("@0")
    label = agent.app.history.run.label
    expected = "1 step runs again; 2 calls replayed, none to the model; new steps after that may add more"
    assert f"a fork of {label}@0: {expected}" == str(told)
    assert expected == str(agent.fork("@0")).splitlines()[1]
    assert (1, 2, 0) == (told.forecast.steps, told.forecast.served, told.forecast.live)


def test_going_on_after_a_completed_step_is_unknown(agent):
    """Nothing recorded runs again."""
    agent.run(prompt="hello")
    assert str(agent.price()).endswith(": no recorded step runs again; what new steps will take is unknown")


def test_a_line_asks_for_a_price():
    """Of a fork with a changed value."""
    call = read_line('price @4 mode="x"', scope=None)
    assert ("price", ("@4",), {"state": {"mode": "x"}}) == (call.method, call.args, dict(call.options))


def test_after_a_fix_what_was_answered_is_said_to_be_served(notebook, agent, server):
    """Where the code asks the same again nothing goes live, and the price had not said that it does."""
    server.answer(
        Answer.of({"choices": [{"message": {"content": "1"}}]}),
        Answer.of({"choices": [{"message": {"content": "2"}}]}),
    )
    notebook.cell("def check(text):\n    raise ValueError(text)", "check")
    notebook.cell(TWO.replace("    return state", "    check(prompt)\n    return state"), "asking")
    agent.use("asking")
    notebook.cell("asking = graph.GraphBuilder().with_actions(ask).build()", "graph")
    agent.use("asking")
    with pytest.raises(ValueError, match="hello"):
        agent.run(prompt="hello")
    notebook.cell("def check(text):\n    return text", "check")
    expected = (
        "1 step runs again; 2 calls replayed if asking the same, else sent to the model (price not known); "
        "what it had not reached, and new steps, may add more"
    )
    assert expected == str(agent.price()).partition(": ")[2]
    agent.retry()
    assert (expected, 2) == (notebook.screen.said[-1], len(server.journal))


def test_an_interrupted_step_may_ask_what_it_had_not_reached(notebook, agent, server):
    """What it had asked is served; that nothing goes live is not said."""
    server.answer(Answer.of({"choices": [{"message": {"content": "1"}}]}))
    notebook.cell(TWO.replace('for text in (prompt, "more")', "for text in asked(prompt)"), "asking")
    notebook.cell("def asked(prompt):\n    yield prompt\n    raise KeyboardInterrupt", "asked")
    notebook.cell("asking = graph.GraphBuilder().with_actions(ask).build()", "graph")
    agent.use("asking")
    with pytest.raises(KeyboardInterrupt):
        agent.run(prompt="hello")
    expected = "1 step runs again; 1 call replayed; what it had not reached, and new steps, may add more"
    assert expected == str(agent.price()).partition(": ")[2]


def test_a_key_that_means_nothing_is_refused_as_by_a_fork(agent):
    """A typing error has no price."""
    agent.run(prompt="hello")
    with pytest.raises(CommandError, match=r"anwser: the state has no such key.* Did you mean 'answer'"):
        agent.price("@start", state={"anwser": "x"})
