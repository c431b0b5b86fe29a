"""A recorded step once more, and who wrote a value, as the page asks for them."""

import pytest

from notebook_agent.session.backend import PanelBackend
from tests.servers import Answer
from tests.session.test_replay import ASKING

ASK = """
@action(reads=["answer"], writes=["answer"])
def ask(state, prompt: str):
    with openai.OpenAI(max_retries=0) as client:
        said = client.chat.completions.create(model="m", messages=[{"role": "user", "content": prompt}])
    return state.update(answer=said.choices[0].message.content)


asking = graph.GraphBuilder().with_actions(ask).with_transitions(("ask", "ask")).build()
"""


@pytest.fixture
def asking(notebook, server):
    """Give an agent whose one action asks a model, after one step of it."""
    notebook.cell(ASKING + ASK, "asking")
    agent = notebook.agent.use("asking")
    server.answer(Answer.of({"choices": [{"message": {"content": "blue"}}]}))
    agent.run(prompt="What colour?")
    return agent


def rested(agent):
    """Wait for the command beside the cells; return the last step that it made."""
    agent.workspace.worker.check()
    return agent.app.history[-1]


def test_a_completed_step_runs_again_in_a_fork(agent):
    """From before it, with the inputs it had; the run that it is of stays as it is."""
    agent.run(prompt="what is x")
    first, backend = agent.app, PanelBackend(agent.workspace)
    reply = backend.handle({"id": 1, "do": "rerun", "run": first.uid, "seq": 0})
    step = rested(agent)
    assert ("prompt", 0, "completed") == (step.action, step.seq, step.status)
    assert ("what is x", 4) == (agent.app.state["prompt"], len(first.history))
    line = f"{agent.app.history.run.label} forked from {first.history.run.label}@start, next prompt"
    assert f"{line}; it runs" == reply["said"]


def test_a_step_runs_again_with_what_was_edited_before_it(agent):
    """As it had begun; nothing is said to be left out."""
    agent.step(prompt="what is x")
    agent.app.update_state(agent.app.state.update(prompt="write y"))
    agent.step()
    backend = PanelBackend(agent.workspace)
    reply = backend.handle({"id": 1, "do": "rerun", "run": agent.app.uid, "seq": 1})
    step = rested(agent)
    assert ("decide", "write y", "code") == (step.action, agent.app.state["prompt"], agent.app.state["mode"])
    assert "left out" not in reply["said"]


def test_the_price_of_a_step_is_that_of_it_alone(asking):
    """Served as it is recorded, or asked anew."""
    backend, run = PanelBackend(asking.workspace), asking.app.uid
    price = backend.handle({"id": 1, "do": "price", "run": run, "seq": 0})["price"]
    assert price == {
        "said": "1 step runs again; 1 call replayed, none to the model",
        "live": 0,
        "fresh": "1 step runs again; up to 1 call to the model (price not known)",
    }


def test_a_step_run_again_asks_the_model_where_that_is_wished(asking, server):
    """Else the record answers."""
    backend, run = PanelBackend(asking.workspace), asking.app.uid
    backend.handle({"id": 1, "do": "rerun", "run": run, "seq": 0})
    assert ("blue", 1) == (rested(asking) and asking.app.state["answer"], len(server.journal))
    server.answer(Answer.of({"choices": [{"message": {"content": "green"}}]}))
    backend.handle({"id": 2, "do": "rerun", "run": run, "seq": 0, "fresh": True})
    assert ("green", 2) == (rested(asking) and asking.app.state["answer"], len(server.journal))
    assert ("auto", "auto") == (asking.app.ledger, asking.workspace.apps[asking.app.key].ledger)


def test_the_initial_state_is_no_step_to_run_again(agent):
    """It is said so, and no fork is made."""
    agent.run(prompt="what is x")
    backend = PanelBackend(agent.workspace)
    reply = backend.handle({"id": 1, "do": "rerun", "run": agent.app.uid, "seq": None})
    assert "this is the initial state: no step made it" == reply["error"]
    assert 1 == len(agent.workspace.family())


def test_a_step_that_the_graph_no_longer_leads_to_is_not_run_again(notebook, agent):
    """Where another action begins now; nothing is forked."""
    agent.run(prompt="what is x")
    run, backend = agent.app.uid, PanelBackend(agent.workspace)
    notebook.cell("other = graph.GraphBuilder().with_actions(say=process_prompt).build()", "other")
    agent.use("other")
    reply = backend.handle({"id": 1, "do": "rerun", "run": run, "seq": 0})
    assert "prompt cannot run again: what comes there now is say" == reply["error"]


def test_who_wrote_a_value_is_told_with_its_code_and_calls(asking):
    """The page names the value by its places in the state."""
    backend, run = PanelBackend(asking.workspace), asking.app.uid
    blame = backend.handle({"id": 1, "do": "blame", "run": run, "seq": 0, "path": [0]})["blame"]
    assert {"path": "answer", "kind": "step", "seq": 0, "action": "ask"} == blame["origin"]
    assert blame["source"].startswith("@action")
    assert ["What colour?"] == [message["content"] for message in blame["calls"][0]["messages"]]


def test_a_value_inside_a_list_is_blamed_by_itself(agent):
    """An item that a later step left as it was keeps its writer."""
    agent.run(prompt="what is x")
    backend, run = PanelBackend(agent.workspace), agent.app.uid
    state = backend.handle({"id": 1, "do": "detail", "run": run, "seq": 3})["detail"]["state"]
    place = [key for key, _ in state["items"]].index("chat_history")
    ask = {"id": 2, "do": "blame", "run": run, "seq": 3}
    origins = [backend.handle({**ask, "path": [place, n]})["blame"]["origin"] for n in (0, 1)]
    assert [("chat_history[0]", 0, "prompt"), ("chat_history[1]", 3, "response")] == [
        (origin["path"], origin["seq"], origin["action"]) for origin in origins
    ]


def test_at_the_start_a_value_is_blamed_on_nobody(agent):
    """Although a later step has written it since."""
    agent.use("chat", state={"chat_history": []})
    agent.run(prompt="what is x")
    backend, run = PanelBackend(agent.workspace), agent.app.uid
    state = backend.handle({"id": 1, "do": "detail", "run": run, "seq": None})["detail"]["state"]
    place = [key for key, _ in state["items"]].index("chat_history")
    blame = backend.handle({"id": 2, "do": "blame", "run": run, "seq": None, "path": [place]})["blame"]
    assert {"path": "chat_history", "kind": "start", "seq": None, "action": None} == blame["origin"]


def test_what_a_fork_began_with_was_put_in_by_hand(agent):
    """Before its first step and after it."""
    agent.run(prompt="what is x")
    agent.fork("@1", state={"mode": "code"})
    backend, run = PanelBackend(agent.workspace), agent.app.uid

    def origin(seq):
        state = backend.handle({"id": 1, "do": "detail", "run": run, "seq": seq})["detail"]["state"]
        place = [key for key, _ in state["items"]].index("mode")
        ask = {"id": 2, "do": "blame", "run": run, "seq": seq, "path": [place]}
        return backend.handle(ask)["blame"]["origin"]

    assert {"path": "mode", "kind": "edit", "seq": None, "action": None} == origin(None)
    agent.step()
    assert {"path": "mode", "kind": "edit", "seq": 2, "action": "code"} == origin(2)


def test_a_value_that_is_not_there_is_one_sentence(agent):
    """Such as one of another step."""
    agent.run(prompt="what is x")
    backend, run = PanelBackend(agent.workspace), agent.app.uid
    reply = backend.handle({"id": 1, "do": "blame", "run": run, "seq": 0, "path": [99]})
    assert "This value is no longer there: look at the step again." == reply["error"]
