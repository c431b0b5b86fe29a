"""What stands behind the panel."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from notebook_agent.action import action
from notebook_agent.graph import GraphBuilder
from notebook_agent.session.backend import PanelBackend
from notebook_agent.session.pages import page_of
from notebook_agent.view.sharing import Shared
from tests.columns import rows
from tests.servers import Answer, Hold, OpenAIServer, sse


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


def test_an_edit_of_a_page_leaves_secrets_and_types_beside_it(agent, backend):
    """What a page has of them is a mask, or another kind."""
    secret = "sk-proj-" + "a1B2" * 10
    agent.run(prompt="what is x")
    agent.app.update_state(agent.app.state.update(config={"api_key": secret, 1: 2.0, "model": "m"}))
    seen = {"api_key": "[openai-key]", "1": 2, "model": "n"}
    seq = agent.app.sequence_id
    request = {"do": "fork", "run": agent.app.uid, "seq": seq, "edits": {"config": seen}}
    assert "error" not in backend.handle({"id": 1, **request})
    assert {"api_key": secret, 1: 2.0, "model": "n"} == agent.app.state["config"]


def test_switch_takes_another_run_into_use(agent, backend):
    """Both ways."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    agent.fork("@0")
    assert backend.handle({"id": 1, "do": "switch", "run": parent})["overview"]["run"] == parent
    assert agent.app.uid == parent


def other_run(agent):
    """Make a run of another graph in the project; return its id."""

    @action(reads=[], writes=["n"])
    def count(state):
        return state.update(n=1)

    graph = GraphBuilder().with_actions(count).build()
    used = agent.app
    agent.use(graph)
    agent.run()
    made = agent.app
    agent.use(used)
    agent.workspace.apps.pop(made.key)
    return graph, made.uid


def test_switch_finds_the_graph_of_a_run_of_another_one(agent, backend):
    """Among the variables, as a command does: this session need not have used it."""
    graph, run = other_run(agent)
    agent.workspace.namespace["counter"] = graph
    assert backend.handle({"id": 1, "do": "switch", "run": run})["overview"]["run"] == run
    assert {"n": 1} == dict(agent.app.state)


def test_a_run_whose_graph_is_nowhere_is_refused_in_words_of_what_was_clicked(agent, backend):
    """It names the run and what its graph has, and the run in use stays."""
    used, (_, run) = agent.app.uid, other_run(agent)
    said = backend.handle({"id": 1, "do": "switch", "run": run})["error"]
    assert ("needs a graph with count" in said, agent.app.uid) == (True, used)


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


def test_the_thread_that_runs_tells_by_itself(agent, backend):
    """That a step begins is told before the step runs; another thread would only be in its way."""
    who = []
    unsubscribe = backend.subscribe(lambda progress: who.append((progress["n"], threading.current_thread())))
    agent.run(prompt="what is x")
    unsubscribe()
    assert (1, threading.current_thread()) == who[0]


def said(page):
    """Return what a page says of itself but from when it is."""
    return page["note"].partition(". ")[2]


def test_a_page_says_from_when_it_is(agent):
    """Nobody takes it for the present, where a notebook was saved before the run went on."""
    first = page_of(agent.app.history, agent.app.graph)["note"]
    agent.run(prompt="what is x")
    now = page_of(agent.app.history, agent.app.graph)["note"]
    assert ["Recorded before the first step", "Recorded at step @3"] == [
        note.partition(", ")[0] for note in (first, now)
    ]
    moment = datetime.fromisoformat(now.partition(", ")[2].partition(". ")[0])
    assert timedelta(minutes=5) > abs(datetime.now(UTC) - moment)


def test_a_page_carries_the_newest_details_up_to_a_size(agent):
    """It says how many are left out."""
    agent.run(prompt="what is x")
    made = page_of(agent.app.history, agent.app.graph, size=1)
    assert [detail["seq"] for detail in made["details"].values()] == [3]
    assert said(made) == "Without the details of 4 of 5 checkpoints. Secrets are masked."


def test_a_page_carries_the_run_in_use_rather_than_newer_forks(agent):
    """Which are beside it; what is left out is theirs."""
    agent.run(prompt="what is x")
    history = agent.app.history
    agent.app.fork(1).step()
    made = page_of(history, agent.app.graph, most=5)
    assert [3, 2, 1, 0, None] == [detail["seq"] for detail in made["details"].values()]
    assert {history.key.app_id} == {detail["run"] for detail in made["details"].values()}


def test_a_page_of_a_fork_carries_what_it_goes_on_from_first(agent):
    """And not what its parent did after the fork, until all of its own past is there."""
    agent.run(prompt="what is x")
    parent, fork = agent.app.history.key.app_id, agent.app.fork(1)
    fork.step()
    made = page_of(fork.history, agent.app.graph, most=6)
    own = fork.history.key.app_id
    assert list(made["details"]) == [
        *(f"{own}@2", f"{own}@start"),
        *(f"{parent}@1", f"{parent}@0", f"{parent}@start", f"{parent}@3"),
    ]
    assert said(made) == "Without the details of 1 of 7 checkpoints. Secrets are masked."


def test_a_page_of_a_long_chat_has_room_for_every_step(agent):
    """What neighbouring steps hold is written once."""
    chat = [{"role": "user", "content": f"message {n} " * 40, "type": "text"} for n in range(100)]
    app = agent.app.fork(state={"chat_history": chat})
    app.run(halt_after=["response"], inputs={"prompt": "what is x"})
    made, shared = page_of(app.history, agent.app.graph), Shared()
    shared.put(made)
    assert said(made) == "Secrets are masked."
    assert len(shared.text()) < 100_000 < len(json.dumps(made))


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


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        ({"do": "format the disk"}, "do is 'format the disk'"),
        ({"do": ["overview"]}, "do is ['overview']"),
        ({}, "do is None"),
        ({"do": "control"}, "act is None"),
        ({"do": "control", "act": "explode"}, "act is 'explode'"),
        ({"do": "detail", "seq": "4"}, "seq is '4'"),
        ({"do": "detail", "seq": -1}, "seq is -1"),
        ({"do": "detail", "seq": 10**30}, f"seq is {10**30}"),
        ({"do": "detail", "run": {}}, "run is {}"),
        ({"do": "value", "path": "abc"}, "path is 'abc'"),
        ({"do": "value", "path": [0.5]}, "path is [0.5]"),
        ({"do": "fork", "run": "a", "edits": [1]}, "edits is [1]"),
        ({"do": "run", "inputs": 7}, "inputs is 7"),
        ({"do": "limit", "maxCalls": True}, "maxCalls is True"),
    ],
)
def test_what_no_page_of_ours_asks_is_refused(backend, request_, told):
    """In one sentence that says what it was, before anything is done."""
    said = f"this panel asked what cannot be answered: {told}. %agent panel shows a new one."
    assert {"id": 7, "error": said} == backend.handle({"id": 7, **request_})


def test_a_place_that_is_none_is_passed_over(agent, backend):
    """The view stays where it is."""
    agent.run(prompt="what is x")
    for seq in (-1, 99):
        backend.look(seq, follows=False)
    assert agent.position == agent.app.sequence_id


def test_many_clicks_at_once_begin_one_command(agent, backend):
    """Each of the others is told that one runs, or that nothing can run without an input."""
    ask = {"do": "run", "inputs": {"prompt": "what is x"}}
    replies = []
    clicks = [
        threading.Thread(target=lambda: replies.append(backend.handle({"id": 1, **ask}))) for _ in range(50)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    agent.workspace.worker.check()
    began = [reply for reply in replies if "error" not in reply]
    assert (50, 4 * len(began)) == (len(replies), len(agent.history()))


def test_a_panel_that_is_gone_silences_no_other(agent, backend, caplog):
    """It is told no more; the other hears to the end."""
    heard = []

    def gone(message):
        heard.append("gone")
        raise OSError("closed")

    leave = [backend.subscribe(gone), backend.subscribe(heard.append)]
    agent.run(prompt="what is x")
    for each in leave:
        each()
    assert ("gone", 1) == (heard[0], heard.count("gone"))
    assert "completed" == heard[-1]["run"]["status"]
    assert ["A panel could not be told, and is told no more."] == [each.message for each in caplog.records]


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
    assert reply["error"] == (
        "a command still runs beside the cells: wait for it, or press Stop (%agent stop)"
    )


def test_a_message_between_many_steps_is_not_the_end(agent, backend):
    """The run rests once nothing more comes."""
    agent.run(prompt="what is x")
    told = []
    rested = threading.Event()
    unsubscribe = backend.subscribe(
        lambda message: (told.append(message), message["run"]["status"] == "completed" and rested.set())
    )
    agent.app.step(inputs={"prompt": "write y"})
    agent.app.step()
    assert rested.wait(10)
    unsubscribe()
    assert ["completed"] == [each["run"]["status"] for each in told if each["run"]["status"] != "running"]
    assert (5, 5) == (told[-1]["run"]["head"], told[-1]["detail"]["seq"])


QUICK_THEN_SLOW = """
@action(reads=["n"], writes=["n"])
def quick(state):
    return state.update(n=state["n"] + 1)


@action(reads=["n"], writes=[])
def slow(state):
    assert seen.wait(20)
    return state


hasty = (
    graph.GraphBuilder().with_actions(quick, slow)
    .with_transitions(("quick", "slow", expr("n == 200")), ("quick", "quick")).build()
)
"""


def test_a_step_that_goes_on_is_told_whole_after_many_quick_ones(notebook):
    """The quick ones are told whole a few times only, and their numbers in every message."""
    notebook.names["seen"] = seen = threading.Event()
    notebook.cell("from notebook_agent import expr\n" + QUICK_THEN_SLOW, "hasty")
    agent = notebook.agent.use("hasty", state={"n": 0})
    agent.settings = type(agent.settings)(max_steps=300)
    backend, told = PanelBackend(agent.workspace), []

    def hear(message):
        told.append(message)
        detail = message["detail"] or {"action": None}
        if (detail["action"], message["run"]["status"]) == ("slow", "running"):
            seen.set()

    unsubscribe = backend.subscribe(hear)
    agent.run()
    unsubscribe()
    assert seen.is_set()
    assert [*range(201)] == sorted({step["seq"] for each in told for step in rows(each["run"]["steps"])})


def test_the_list_of_runs(agent, backend):
    """The newest first, each with where it comes from."""
    agent.run(prompt="what is x")
    parent = agent.history().run.label
    agent.fork("@1", label="again")
    lines = backend.handle({"id": 1, "do": "runs"})["runs"]
    assert [("again", parent, 0), (parent, None, 4)] == [
        (line["label"], line["parent"], line["steps"]) for line in lines
    ]


def test_the_run_in_use_comes_first_in_the_list(agent, backend):
    """However many runs were made after it."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    agent.fork("@1", label="again")
    agent.fork("@1", label="once-more")
    assert "error" not in backend.handle({"id": 1, "do": "switch", "run": parent})
    lines = backend.handle({"id": 2, "do": "runs"})["runs"]
    assert lines[0]["id"] == parent
    assert ["once-more", "again"] == [line["label"] for line in lines[1:]]


def test_a_fork_of_a_failed_step_has_not_failed_before_it_ran(agent, backend):
    """In the header's data, the list of runs, and the table of a cell; Run goes on with the step."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw x")
    agent.fork("@head", label="mended")
    lane = next(run for run in backend.overview()["runs"] if run["label"] == "mended")
    line = backend.handle({"id": 1, "do": "runs"})["runs"][0]
    row = next(row for row in agent.runs().rows if row[1] == "mended")
    assert ["new", "new", "new"] == [lane["status"], line["status"], row[2]]
    reply, told = wait_for(backend, lambda: backend.handle({"id": 2, "do": "run"}))
    assert ("error" in reply, told[-1]["run"]["status"]) == (False, "failed")


def test_two_runs_side_by_side(agent, backend):
    """Where they part, the steps of both from shortly before, and what differs there."""
    agent.run(prompt="what is x")
    parent = agent.app.uid
    agent.fork("@0", state={"prompt": "write y"})
    agent.run()
    request = {"id": 1, "do": "compare", "run": agent.app.uid, "other": parent}
    made = backend.handle(request)["comparison"]
    assert "they part at the fork @0: prompt was edited" == made["said"]
    assert [1, "decide", "decide"] == [
        made["at"],
        *(rows(made[side])[1]["action"] for side in ("here", "there")),
    ]
    assert [("prompt", "write y", "what is x"), ("mode", "code", "text")] == [
        (change["path"], change["before"], change["after"]) for change in made["diff"]
    ]


def test_a_page_of_a_value(agent, backend):
    """What a step's state holds can be paged through."""
    agent.run(prompt="what is x")
    state = agent.app.state.get_all()
    place = list(state).index("prompt")
    request = {"id": 1, "do": "value", "run": agent.app.uid, "seq": 3, "path": [place], "start": 5}
    assert "is x" == backend.handle(request)["value"]["text"]


def test_an_image_is_asked_for_by_its_id(notebook, agent, backend):
    """Also where it was told of long ago."""
    image = b"\x89PNG\r\n\x1a\n" + bytes(9_000)
    notebook.names["image"] = image
    notebook.cell(
        "@action(reads=[], writes=['picture'])\n"
        "def draw(state):\n"
        "    return state.update(picture=image)\n"
        "drawn = graph.GraphBuilder().with_actions(draw).build()"
    )
    agent.use("drawn")
    agent.run()
    place = {"run": agent.app.uid, "seq": 0}
    detail = backend.handle({"id": 1, "do": "detail", **place})["detail"]
    name = dict(detail["state"]["items"])["picture"]["id"]
    assert image == backend.handle({"id": 2, "do": "image", "image": name, **place})["image"]
    later = PanelBackend(agent.workspace)
    assert image == later.handle({"id": 3, "do": "image", "image": name, **place})["image"]


def test_export_writes_a_page_beside_the_notebook(agent, backend, tmp_path, monkeypatch):
    """And says where."""
    agent.run(prompt="what is x")
    monkeypatch.chdir(tmp_path)
    said = backend.handle({"id": 1, "do": "export"})["said"]
    page = tmp_path / f"{agent.history().run.label}.html"
    assert said.startswith(f"written: {page.name}: 5 checkpoints")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


STREAMING = """
import openai

@action(reads=[], writes=["said"])
def say(state):
    with openai.OpenAI(max_retries=0, http_client=openai.DefaultHttpxClient(verify=False)) as client:
        stream = client.chat.completions.create(model="m", messages=[], stream=True)
        return state.update(said="".join(each.choices[0].delta.content for each in stream))

saying = graph.GraphBuilder().with_actions(say).build()
"""


def test_a_key_that_a_model_streams_is_not_told(notebook, monkeypatch):
    """Though none of its pieces looks like one."""
    key, hold = "sk-" + "a1b2c3d4" * 5, Hold()
    pieces = [sse({"choices": [{"index": 0, "delta": {"content": each}}]}) for each in ("it is ", *key, ".")]
    told, over = [], threading.Event()

    def hear(progress):
        told.append(progress["text"])
        if progress["text"].endswith("."):
            hold.open()
        if progress["run"]["status"] == "completed":
            over.set()

    with OpenAIServer() as server:
        server.answer(Answer.stream(*pieces, hold, sse("[DONE]")))
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        notebook.cell(STREAMING, "saying")
        notebook.agent.use("saying")
        backend = PanelBackend(notebook.agent.workspace)
        unsubscribe = backend.subscribe(hear)
        backend.handle({"id": 1, "do": "run"})
        assert over.wait(20)
        unsubscribe()
    assert ["it is [openai-key]."] == sorted({text for text in told if text.endswith(".")})
    assert not any(key in text for text in told)
