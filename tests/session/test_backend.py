"""What stands behind the panel."""

import threading

import pytest

from notebook_agent.session.backend import PanelBackend
from notebook_agent.session.exporting import page_of
from tests.columns import rows


@pytest.fixture
def backend(agent):
    """Give the panel's side of the chat."""
    return PanelBackend(agent.workspace)


def wait_for(backend, action):
    """Ask for something that runs on the worker, and wait until the run rests."""
    told = []
    rested = threading.Event()

    def hear(progress):
        told.append(progress)
        if progress["run"]["status"] != "running":
            rested.set()

    unsubscribe = backend.subscribe(hear)
    reply = action()
    assert rested.wait(10)
    unsubscribe()
    return reply, told


def test_overview_and_detail(agent, backend):
    """The page asks for all, then for one step."""
    agent.run(prompt="what is x")
    overview = backend.handle({"id": 1, "do": "overview"})["overview"]
    assert [step["action"] for step in rows(overview["runs"][0]["steps"])] == [
        "prompt",
        "decide",
        "text",
        "response",
    ]
    detail = backend.handle({"id": 2, "do": "detail", "run": overview["run"], "seq": 1})["detail"]
    assert (detail["action"], detail["writes"]) == ("decide", ["mode"])


def test_a_fork_with_an_edit_is_in_use_at_once(agent, backend):
    """The reply shows the new lane."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    reply = backend.handle({"id": 1, "do": "fork", "run": parent, "seq": 0, "edits": {"prompt": "write y"}})
    assert reply["overview"]["run"] == agent.app.uid != parent
    assert reply["overview"]["runs"][1]["forkedAt"] == 0
    assert reply["said"].endswith("next decide")
    assert agent.run().state["response"] == "code: write y"


def test_switch_takes_another_run_into_use(agent, backend):
    """Both ways."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    agent.fork("@0")
    assert backend.handle({"id": 1, "do": "switch", "run": parent})["overview"]["run"] == parent
    assert agent.app.uid == parent


def test_the_slider_moves_the_view_and_nothing_else(agent, backend):
    """A page that only follows stands at the head, however late it says so."""
    agent.run(prompt="what is x")
    backend.look(1, follows=False)
    assert agent.position == 1
    backend.look(2, follows=True)
    assert (agent.position, agent.app.sequence_id) == (3, 3)


def test_the_beginning_of_the_slider_is_the_first_runs_start(agent, backend):
    """Also in a fork."""
    agent.run(prompt="what is x")
    agent.fork("@1")
    backend.look(None, follows=False)
    agent.fork(label="again", state={"mode": "code"})
    assert (agent.history().run.parent.seq, agent.app.get_next_action().name) == (None, "prompt")


def test_run_goes_on_beside_the_cell_and_is_told(agent, backend):
    """Numbered messages end with the run at rest."""
    reply, told = wait_for(
        backend, lambda: backend.handle({"id": 1, "do": "run", "inputs": {"prompt": "what is x"}})
    )
    assert "error" not in reply
    assert [progress["n"] for progress in told] == list(range(1, len(told) + 1))
    assert rows(told[-1]["run"]["steps"])[-1]["action"] == "response"
    assert agent.app.state["response"] == "text: what is x"


def test_retry_runs_beside_the_cell(notebook, agent, backend):
    """The failed step runs with the code as it is now."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw x")
    notebook.cell("image = action(reads=['prompt'], writes=['response'])(lambda state: state)")
    notebook.cell(
        "@action(reads=[], writes=['response'])\ndef image(state):\n    return state.update(response='ok')\n"
    )
    wait_for(backend, lambda: backend.handle({"id": 1, "do": "retry"}))
    assert agent.app.state["response"] == "ok"


@pytest.mark.parametrize("do", ["run", "step", "retry"])
def test_a_page_that_shows_another_run_runs_nothing(agent, backend, do):
    """It is told in a sentence, and shown the run in use."""
    agent.run(prompt="what is x")
    shown, label = agent.app.uid, agent.history().run.label
    agent.fork("@1")
    reply = backend.handle({"id": 1, "do": do, "run": shown, "inputs": {}})
    used = agent.history().run
    said = f"nothing was run: this panel showed {label}, but {used.label} is in use"
    assert (reply["error"], reply["overview"]["run"]) == (said, used.key.app_id)
    assert (used.head, len(agent.history(shown))) == (1, 4)


def test_a_run_from_the_past_is_a_fork(agent, backend):
    """The run that is looked at stays as it is."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    request = {"id": 1, "do": "step", "run": parent, "seq": 1, "inputs": {}}
    reply, _ = wait_for(backend, lambda: backend.handle(request))
    forked = agent.history().run
    assert (forked.parent.run.app_id, forked.parent.seq, forked.head) == (parent, 1, 2)
    assert (
        reply["said"] == f"{forked.label} forked from {agent.history(parent).run.label}@1, next text; it runs"
    )
    assert len(agent.history(parent)) == 4


def test_a_message_counts_what_the_events_told(agent, backend):
    """What was kept from message to message is what the store says."""
    agent.run(prompt="what is x")
    _, told = wait_for(
        backend, lambda: backend.handle({"id": 1, "do": "run", "inputs": {"prompt": "write y"}})
    )
    overview = backend.overview()
    steps = {step["seq"]: step for message in told for step in rows(message["run"]["steps"])}
    assert list(steps.values()) == rows(overview["runs"][0]["steps"])[4:]
    assert told[-1]["totals"] == overview["totals"]
    assert (
        told[-1]["detail"]
        == backend.handle({"id": 2, "do": "detail", "run": overview["run"], "seq": 7})["detail"]
    )


def test_a_page_carries_the_newest_details_up_to_a_size(agent):
    """It says how many are left out."""
    agent.run(prompt="what is x")
    made = page_of(agent.app.history, agent.app.graph, size=1)
    assert [detail["seq"] for detail in made["details"].values()] == [3]
    assert made["note"] == "Without the details of the 4 oldest of 5 checkpoints. Secrets are masked."


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"do": "run"}, "needs the input 'prompt'"),
        ({"do": "retry"}, "nothing failed in"),
        ({"do": "detail", "seq": 99}, "has no step"),
        ({"do": "switch", "run": "nobody"}, "nobody"),
    ],
)
def test_what_cannot_be_done_is_answered_in_a_sentence(backend, request_, sentence):
    """The page shows it in its status."""
    assert sentence in backend.handle({"id": 7, **request_})["error"]


def test_one_command_at_a_time(notebook, agent, backend):
    """A second one is refused while the first runs."""
    notebook.names["gate"] = gate = threading.Event()
    notebook.cell(
        "@action(reads=[], writes=['n'])\n"
        "def wait(state):\n"
        "    gate.wait(10)\n"
        "    return state.update(n=1)\n"
        "slow = graph.GraphBuilder().with_actions(wait).build()"
    )
    agent.use("slow")

    def twice():
        backend.handle({"id": 1, "do": "step"})
        reply = backend.handle({"id": 2, "do": "step"})
        gate.set()
        return reply

    reply, _ = wait_for(backend, twice)
    assert reply["error"] == "a command of the panel is still running: wait for it, or press Stop"
