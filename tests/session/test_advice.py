"""Every error that suggests a command: the command, as it is printed, does what the error says."""

from __future__ import annotations

import re

import pytest

from notebook_agent.errors import AgentError, EffectError
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import read_line
from notebook_agent.session import Agent
from notebook_agent.session.spoken import spoken
from tests.session.chat import FIXED

MAIL = """
from notebook_agent import action, graph

SENT = []

@action(reads=[], writes=["text"])
def write(state, topic="x"):
    return state.update(text=f"about {topic}")

@action(reads=["text"], writes=["sent"], effect="irreversible")
def send(state, to="me"):
    SENT.append((to, state["text"]))
    return state.update(sent=len(SENT))

@action(reads=["sent"], writes=["done"])
def done(state):
    return state.update(done=state["sent"])

mail = (
    graph.GraphBuilder().with_actions(write, send, done)
    .with_transitions(("write", "send"), ("send", "done")).build()
)
"""
ASKING = """
import openai
from notebook_agent import action, graph

@action(reads=[], writes=["said"])
def ask(state):
    with openai.OpenAI(max_retries=0) as client:
        for n in range(2):
            asked = [{"role": "user", "content": f"{n}"}]
            client.chat.completions.create(model="m", messages=asked)
    return state.update(said=2)

asking = graph.GraphBuilder().with_actions(ask).build()
"""
SECRETIVE = MAIL.replace('reads=["text"]', 'reads=["text", "key"]')


def typed(agent, line):
    """Do what a line of `%agent` does."""
    names = agent.workspace.namespace
    scope = Scope(names.__contains__, lambda expression: eval(expression, dict(names)))
    call = read_line(line.removeprefix("%agent "), scope)
    return getattr(agent, call.method)(*call.args, **call.options)


def refused(agent, line, kind=AgentError):
    """Return what a line is refused with, as the shell shows it."""
    with pytest.raises(kind) as caught:
        typed(agent, line)
    return spoken(caught.value)


def follow(agent, said, command, **given):
    """Type a command that is printed in a sentence; the `..` of each key is replaced by what is given."""
    assert command in said
    for key, value in given.items():
        command = re.sub(
            rf"\b{key}(:?=)\.{{2,3}}", lambda match, v=value: f"{match[0].rstrip('.')}{v}", command
        )
    return typed(agent, command)


@pytest.fixture
def mailed(notebook):
    """Give an agent that has sent a mail."""
    notebook.cell(MAIL, "mail")
    agent = notebook.agent.use("mail", entrypoint="write")
    agent.run()
    return agent


def test_a_fork_that_may_not_send_is_let_to(mailed, notebook):
    """By the run that was refused, with leave."""
    typed(mailed, "fork @0 text=other")
    said = refused(mailed, "run", EffectError)
    follow(mailed, said, "%agent run --allow-effects")
    assert [("me", "about x"), ("me", "other")] == notebook.names["SENT"]
    assert 2 == mailed.app.state["done"]


def test_a_fork_with_other_inputs_is_let_to_send_with_these(mailed, notebook):
    """They are named in the command, each with a place for its value."""
    typed(mailed, "fork @0")
    said = refused(mailed, "run to=you", EffectError)
    follow(mailed, said, "%agent run to=.. --allow-effects", to="you")
    assert [("me", "about x"), ("you", "about x")] == notebook.names["SENT"]


def test_what_failed_after_it_may_have_sent_is_retried_with_leave(notebook):
    """Here, and in a new kernel."""
    failing = MAIL.replace(
        "    return state.update(sent", "    1 / len(SENT[1:])\n    return state.update(sent"
    )
    notebook.cell(failing, "mail")
    agent = notebook.agent.use("mail", entrypoint="write")
    with pytest.raises(ZeroDivisionError):
        agent.run()
    said = refused(agent, "retry", EffectError)
    assert said == refused(agent, "run", EffectError)
    later = Agent(notebook.names, notebook.screen)
    assert said == refused(later, "resume", EffectError)
    follow(later, said, "%agent retry --allow-effects")
    assert (2, 2) == (len(notebook.names["SENT"]), later.app.state["done"])


def test_a_map_whose_forks_would_send_is_made_with_leave(mailed, notebook):
    """The same line with the flag."""
    line = 'map @0 text:=["a", "b"]'
    errors = [each.error for each in typed(mailed, line).grid]
    assert all("--allow-effects with the same %agent map" in each for each in errors)
    assert ["completed"] * 2 == [each.outcome for each in typed(mailed, f"{line} --allow-effects").grid]
    assert 3 == len(notebook.names["SENT"])


def test_a_map_over_what_was_never_sent_is_made_with_leave(notebook):
    """Each fork would fire it for the first time."""
    notebook.cell(MAIL, "mail")
    agent = notebook.agent.use("mail", entrypoint="write")
    agent.run(until="write")
    errors = [each.error for each in typed(agent, "map @0 -n 2").grid]
    assert all("--allow-effects with the same %agent map" in each for each in errors)
    assert ["completed"] * 2 == [each.outcome for each in typed(agent, "map @0 -n 2 --allow-effects").grid]


def test_a_key_that_is_missing_now_is_given_to_a_fork(notebook):
    """Which then asks for leave, as the step had begun."""
    notebook.cell(MAIL.replace("SENT.append((", "SENT.append(1 / 0 or ("), "mail")
    agent = notebook.agent.use("mail", entrypoint="write")
    with pytest.raises(ZeroDivisionError):
        agent.run()
    notebook.cell(SECRETIVE, "mail")
    said = refused(agent, "retry --allow-effects")
    follow(agent, said, "%agent fork key:=..", key="1")
    said = refused(agent, "run", EffectError)
    follow(agent, said, "%agent retry --allow-effects")
    assert 1 == agent.app.state["done"]


def begun(agent):
    """Say something, and let it answer."""
    typed(agent, 'run prompt="what is it"')


def failed(agent):
    """Come to the step that fails."""
    with pytest.raises(ValueError, match="Demo"):
        typed(agent, 'run prompt="draw a pen"')


def two_runs(agent):
    """Have a run beside the one in use."""
    begun(agent)
    typed(agent, "label first")
    typed(agent, "fork @2 --as second")


def unsaid(agent):
    """Do nothing yet."""


ADVICE = [
    (unsaid, "run", 'prompt=".."', 'run prompt="what"'),
    (unsaid, "fork prompts=x", "Did you mean 'prompt'?", "fork prompt=x"),
    (unsaid, "stop", "%agent run --background", 'run --background prompt="what"'),
    (unsaid, "pause", "%agent run --background", 'run --background prompt="what"'),
    (unsaid, "run prompt=draw a pen", 'prompt="draw a pen"', 'run prompt="what a pen"'),
    (unsaid, "retry", "nothing failed", None),
    (begun, "test @start", "%agent log", "log"),
    (begun, "test @3 --pytest x.py", "test_x.py", "test @3 --pytest test_x.py"),
    (begun, "test run @1", "%agent test run --from @1", "test run --from @1"),
    (begun, "export run.html --calls", "%agent export run.json --calls", "export run.json --calls"),
    (begun, "map @3 nope:=[1]", "There are:", None),
    (begun, "label head", "such as first-try", "label first-try"),
    (begun, "watch mode=='text'", None, None),
    (two_runs, "delete second", "%agent use RUN", "use first"),
    (failed, "fork @9", "(0-2)", "fork @2"),
]


@pytest.mark.parametrize(("trouble", "line", "told", "command"), ADVICE)
def test_what_an_error_says_to_type_works(agent, trouble, line, told, command):
    """As it is printed, with values where it leaves them open."""
    trouble(agent)
    if told is None:
        typed(agent, line)
        return
    assert told in refused(agent, line)
    if command is not None:
        typed(agent, command)


def test_a_finished_run_goes_on_in_a_fork(mailed):
    """From an earlier step."""
    said = refused(mailed, "run")
    assert "%agent fork @K" in said
    follow(mailed, said.replace("@K", "@1"), "%agent fork @1")
    typed(mailed, "run")


def test_a_run_is_removed_in_the_words_of_its_price(agent):
    """First what it would take, then that it is gone, and what gives the space back."""
    two_runs(agent)
    said = str(follow(agent, str(typed(agent, "delete first")), "%agent delete first --now"))
    follow(agent, said, "%agent gc --now")


def test_a_run_that_stopped_is_offered_and_resumed(agent, notebook):
    """As the line of the next run says, and as a failure says."""
    failed(agent)
    notebook.cell(FIXED, "fixed")
    later = Agent(notebook.names, notebook.screen)
    said = repr(later.use("chat"))
    command = re.search(r"%agent resume \S+", said)[0]
    typed(later, command)
    assert later.app.state["response"] == "picture: draw a pen"


def test_a_budget_is_made_larger(notebook, server):
    """And what was answered is served."""
    notebook.cell(ASKING, "asking")
    agent = notebook.agent.use("asking")
    said = refused(agent, "run --max-calls 1")
    follow(agent, said.replace("N", "2"), "%agent retry --max-calls 2")
    assert 2 == agent.app.state["said"]


def test_what_a_grid_offers_opens_its_best_run(agent):
    """And the next line goes on there."""
    begun(agent)
    grid = typed(agent, 'map @1 prompt:=["what", "write"]')
    command = re.search(r"%agent use \S+", str(grid))[0]
    typed(agent, command)
    assert command.endswith(agent.workspace.label())


def test_the_question_that_is_not_answered_in_full_says_how_it_is(agent):
    """Of many causes the latest are told."""
    for _ in range(25):
        begun(agent)
    found = typed(agent, "blame chat_history @-2")
    assert (20, True) == (len(found.found.causes), found.found.left > 0)
    every = follow(agent, str(found), f"%agent blame chat_history {agent.workspace.label()}@98 --all")
    assert (0, found.found.causes) == (every.found.left, every.found.causes[:20])
    assert "--all" not in str(every)
