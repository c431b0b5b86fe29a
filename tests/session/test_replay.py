"""Which LLM calls leave, seen by the server that they would reach."""

import pytest

from notebook_agent.calls import Recording
from notebook_agent.errors import CommandError, LedgerMissError
from notebook_agent.session import Settings
from tests.servers import OpenAIServer

ASKING = """
import openai

@action(reads=[], writes=["answer"])
def ask(state, prompt: str):
    with openai.OpenAI(max_retries=0) as client:
        answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return state.update(answer=answer.choices[0].message.content)

asking = graph.GraphBuilder().with_actions(ask).with_transitions(("ask", "ask")).build()

def built(mode):
    from notebook_agent import ApplicationBuilder
    return ApplicationBuilder().with_graph(asking).with_entrypoint("ask").with_ledger(mode).build()
"""


@pytest.fixture
def server():
    """Give a server that no call should reach unasked."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def online(monkeypatch, server):
    """Give a function that sets the key."""

    def set_key():
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")

    return set_key


@pytest.fixture
def empty(tmp_path):
    """Give a file without recorded calls."""
    path = tmp_path / "empty.json"
    Recording.save(path, [])
    return path


@pytest.fixture
def agent(notebook):
    """Give the agent, with an action that asks a model defined."""
    notebook.cell(ASKING, "asking")
    return notebook.agent


def test_a_setting_holds_at_once_for_what_is_in_use(agent, server, online):
    """Also for the calls of Python."""
    online()
    agent.use("asking")
    agent.settings = Settings(ledger="strict")
    with pytest.raises(LedgerMissError):
        agent.run(prompt="hello")
    with pytest.raises(LedgerMissError):
        agent.app.run(inputs={"prompt": "hello"})
    assert server.journal == []


def test_a_setting_holds_for_every_application_after_it(notebook, agent, server, online):
    """A graph, an application and its fork."""
    online()
    agent.settings = Settings(ledger="strict")
    for target in ("asking", notebook.names["built"]("auto")):
        agent.use(target)
        with pytest.raises(LedgerMissError):
            agent.run(prompt="hello")
    agent.fork("@start")
    with pytest.raises(LedgerMissError):
        agent.run(prompt="hello")
    assert server.journal == []


def test_an_applications_own_mode_comes_back(notebook, agent, server, online):
    """What it was built with holds while the setting is `auto`, for its forks as well."""
    online()
    agent.use(notebook.names["built"]("strict"))
    with pytest.raises(LedgerMissError):
        agent.run(prompt="hello")
    agent.settings = Settings(ledger="fresh")
    agent.settings = Settings()
    agent.fork("@start")
    assert agent.app.ledger == "strict"
    agent.app.ledger = "auto"
    agent.run(prompt="hello")
    assert len(server.journal) == 1


def test_a_call_without_a_record_is_made_once_a_key_is_set(agent, server, online, empty):
    """The advice is what to do, and it works."""
    agent.use("asking", recorded=empty)
    with pytest.raises(LedgerMissError) as caught:
        agent.run(prompt="hello")
    assert str(caught.value) == (
        f"No recorded answer for chat/completions (model m) in step 0 (ask) of run {agent.app.uid[:8]}; "
        "nothing was sent. Nothing is recorded for it. "
        "Set OPENAI_API_KEY (or OPENAI_BASE_URL), then: %agent retry"
    )
    assert caught.traceback[-1].name == "ask"
    online()
    assert agent.retry().state["answer"] == "Echo: hello"
    assert len(server.journal) == 1


def test_a_fresh_retry_without_a_key_is_refused(agent, server, online, empty):
    """One sentence says what to set; nothing is sent and no step is begun."""
    agent.use("asking", recorded=empty)
    with pytest.raises(LedgerMissError):
        agent.run(prompt="hello")
    with pytest.raises(CommandError, match=r"no key is set .* set OPENAI_API_KEY .* first"):
        agent.retry(fresh=True)
    assert (len(agent.history()), server.journal) == (1, [])
    online()
    agent.retry(fresh=True)
    assert (len(server.journal), agent.app.ledger) == (1, "auto")


def test_a_fresh_retry_is_refused_where_the_setting_is_strict(agent, server, online):
    """The setting is a promise that nothing leaves."""
    online()
    agent.settings = Settings(ledger="strict")
    agent.use("asking")
    with pytest.raises(LedgerMissError):
        agent.run(prompt="hello")
    with pytest.raises(CommandError, match=r"AgentMagics\.ledger is strict"):
        agent.retry(fresh=True)
    assert server.journal == []


def test_a_file_that_is_not_there_is_named(agent):
    """One sentence."""
    with pytest.raises(CommandError, match=r"--recorded nothing\.json: there is no such file"):
        agent.use("asking", recorded="nothing.json")


def test_an_async_action_is_recorded_and_held_to_the_setting_too(notebook, agent, server, online):
    """Its step follows it to the loop's thread."""
    online()
    awaited = ASKING.replace("def ask", "async def ask").replace("with openai.", "async with openai.Async")
    notebook.cell(awaited.replace("answer = client", "answer = await client"), "asking")
    agent.use("asking")
    assert [call.step.seq for call in agent.run(prompt="hello").calls] == [0]
    agent.settings = Settings(ledger="strict")
    with pytest.raises(LedgerMissError) as caught:
        agent.run(prompt="hello")
    assert caught.traceback[-1].name == "ask"
    assert len(server.journal) == 1


def test_an_export_counts_each_answer_once(agent, notebook, server, online, tmp_path):
    """What a retry was served is no call more."""
    online()
    notebook.cell(ASKING.replace("    return state", "    raise OSError(answer)\n    return state"), "asking")
    agent.use("asking")
    with pytest.raises(OSError, match="Echo"):
        agent.step(prompt="hi")
    notebook.cell(ASKING, "asking")
    agent.retry()
    path = tmp_path / "calls.json"
    assert f"{path}: 1 LLM call" == str(agent.export(path, calls=True))
    assert (1, 1) == (len(Recording.load(path)), len(server.journal))
