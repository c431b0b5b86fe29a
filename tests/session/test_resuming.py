"""Going on after a kernel has died: which run, with which graph, from where, and what is paid."""

import pytest

from notebook_agent.errors import CommandError, UnknownRunError
from notebook_agent.session import Agent, Settings
from tests.kernels import Kernel
from tests.servers import Answer, Hold, OpenAIServer
from tests.session.chat import ACTIONS, CELLS, FIXED, GRAPH

ASKING = """
import openai
from notebook_agent import State, action, graph


@action(reads=["chat"], writes=["chat"])
def prompt(state: State, prompt: str) -> State:
    return state.append(chat=prompt)


@action(reads=["chat"], writes=["answers"])
def answer(state: State) -> State:
    answers = []
    for question in ("one", "two", "three"):
        messages = [{"role": "user", "content": question}]
        reply = openai.OpenAI().chat.completions.create(model="gpt-5.5", messages=messages)
        answers.append(reply.choices[0].message.content)
    return state.update(answers=answers)


asking = graph.GraphBuilder().with_actions(prompt, answer).with_transitions(("prompt", "answer")).build()
"""
REPAIRED = ASKING.replace("answers.append(", "answers.append('> ' + ")


def questions(server):
    """Return what arrived at the server."""
    return [received.json["messages"][0]["content"] for received in server.journal]


def held():
    """Make an answer that comes never: the test kills who waits for it."""
    hold = Hold()
    return hold, Answer.stream(hold)


def begin(kernel, server):
    """Run in a kernel up to the second of three calls, which is not answered."""
    hold, silence = held()
    server.answer(Answer.of(REPLY), silence)
    kernel.run("%load_ext notebook_agent")
    assert kernel.run(ASKING).error is None
    kernel.run("%agent use asking chat:=[]")
    kernel.begin("%agent run prompt=hello")
    assert hold.reached.wait(60)
    assert ["one", "two"] == questions(server)
    return hold


REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5.5",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "first"}, "finish_reason": "stop"}],
}


@pytest.mark.kernel
@pytest.mark.parametrize("source", [ASKING, REPAIRED], ids=["same code", "edited code"])
def test_a_killed_kernel_costs_only_the_calls_that_had_not_succeeded(tmp_path, source):
    """SIGKILL between two calls of a step: a new kernel goes on in the middle of it."""
    environment = {"OPENAI_API_KEY": "test", "JPY_SESSION_NAME": str(tmp_path / "asking.ipynb")}
    with OpenAIServer() as server:
        environment["OPENAI_BASE_URL"] = server.base_url
        with Kernel(tmp_path, **environment) as kernel:
            hold = begin(kernel, server)
            kernel.kill()
            hold.open()
        with Kernel(tmp_path, **environment) as kernel:
            kernel.run("%load_ext notebook_agent")
            assert kernel.run(source).error is None
            resumed = kernel.run("%agent resume")
            answers = kernel.run("agent.app.state['answers']").text
        assert ["one", "two", "two", "three"] == questions(server)
    assert "after @1 answer (interrupted), next answer" in resumed.stdout
    assert ("code changed since: answer (" in resumed.stdout) == (source is REPAIRED)
    assert "1 step (2), next nothing" in resumed.text
    assert "3 LLM calls, 1 replayed" in resumed.text
    mark = "> " if source is REPAIRED else ""
    assert f"['{mark}first', '{mark}Echo: two', '{mark}Echo: three']" == answers


@pytest.fixture
def other(notebook, monkeypatch):
    """Give what opens a session in another notebook of the same project and store."""

    def open_session(place, cells=CELLS):
        monkeypatch.setenv("JPY_SESSION_NAME", str(place))
        fresh = type(notebook)()
        if cells:
            fresh.cell(cells)
        return fresh.agent

    return open_session


def fail(agent):
    """Run into the demo's error."""
    agent.use("chat")
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw a pen")
    return agent.workspace.label()


def test_the_last_unfinished_run_of_this_notebook_is_taken(other):
    """Not that of another notebook of the same name, nor one of this that has finished its turn."""
    mine = fail(other("/one/demo.ipynb"))
    fail(other("/two/demo.ipynb"))
    agent = other("/one/demo.ipynb")
    agent.use("chat")
    agent.run(prompt="what is x")
    fresh = other("/one/demo.ipynb", ACTIONS + FIXED + GRAPH)
    assert [3, 4] == [step.seq for step in fresh.resume().steps]
    assert mine == fresh.workspace.label()


def test_forks_of_a_grid_are_taken_after_all_others(other):
    """Nobody worked with them; of the others it is the one that was worked with last."""
    agent = other("/one/demo.ipynb")
    agent.use("chat")
    agent.run(prompt="what is x")
    mine = agent.workspace.label()
    agent.fork("@1", label="beside")
    agent.use(mine)
    agent.run(prompt="what is y")
    agent.map("@1", {"mode": ["image", "text"]})
    fresh = other("/one/demo.ipynb")
    fresh.resume()
    assert mine == fresh.workspace.label()


def test_a_run_kept_with_a_tracker_of_another_project_is_found(other):
    """It was made in this notebook, by a builder of the person's own."""
    agent = other("/one/demo.ipynb")
    agent.workspace.namespace["tracker"] = agent.workspace.tracker("elsewhere")
    agent.use("chat", project="elsewhere")
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw a pen")
    fresh = other("/one/demo.ipynb", ACTIONS + FIXED + GRAPH)
    fresh.resume()
    assert "elsewhere" == fresh.app.key.project


def test_another_notebooks_run_is_offered_by_name(other):
    """A notebook that has moved finds its run with one more word."""
    label = fail(other("/one/demo.ipynb"))
    fresh = other("/two/demo.ipynb")
    sentence = (
        f"this notebook has made no run to resume; project 'demo' has {label}, made in /one/demo.ipynb: "
        f"%agent resume {label}"
    )
    with pytest.raises(CommandError) as raised:
        fresh.resume()
    assert sentence == str(raised.value)
    with pytest.raises(ValueError, match="Demo error"):
        fresh.resume(label)


def test_without_its_graph_a_run_names_the_actions(other):
    """Nothing in the namespace could go on with it."""
    label = fail(other("/one/demo.ipynb"))
    with pytest.raises(CommandError, match=f"{label} needs its graph, with prompt, decide, image, code"):
        other("/one/demo.ipynb", ACTIONS).resume()


def test_a_graph_that_lacks_actions_is_named_with_them(other):
    """The nearest one."""
    fail(other("/one/demo.ipynb"))
    less = "\nless = graph.GraphBuilder().with_actions(prompt=process_prompt).build()\n"
    near = CELLS.replace("image=image,", "picture=image,").replace('"image"', '"picture"')
    with pytest.raises(CommandError, match="needs a graph with image, which chat lacks: run the cell"):
        other("/one/demo.ipynb", near + less).resume()


def test_the_graph_of_an_application_will_do(other):
    """Where the builder's chain leaves no variable for the graph."""
    fail(other("/one/demo.ipynb"))
    build = """
from notebook_agent import ApplicationBuilder
app = ApplicationBuilder().with_graph(chat).with_entrypoint("prompt").with_store(None).build()
del chat
"""
    fresh = other("/one/demo.ipynb", ACTIONS + FIXED + GRAPH + build)
    assert [3, 4] == [step.seq for step in fresh.resume().steps]


def test_looking_runs_nothing(other):
    """The run is taken into use where it stands."""
    label = fail(other("/one/demo.ipynb"))
    fresh = other("/one/demo.ipynb")
    assert f"{label} after @2 image (failed), next image" == repr(fresh.resume(look=True))
    assert 3 == len(fresh.app.history)


def test_an_unknown_run_is_one_sentence(other):
    """As everywhere."""
    fail(other("/one/demo.ipynb"))
    with pytest.raises(UnknownRunError, match="no run is called 'nothing'"):
        other("/one/demo.ipynb").resume("nothing")


def test_a_run_that_stands_after_a_completed_step_is_taken_into_use(other):
    """It needs its next input; nothing is run."""
    agent = other("/one/demo.ipynb")
    agent.use("chat")
    agent.run(prompt="what is x")
    fresh = other("/one/demo.ipynb")
    assert isinstance(fresh.resume(), Agent)
    assert "prompt" == fresh.app.get_next_action().name


def test_with_a_run_in_use_that_is_not_unfinished_nothing_is_moved(other):
    """Resuming once more does not go from one completed run to another."""
    agent = other("/one/demo.ipynb")
    for _ in range(2):
        agent.use("chat")
        agent.run(prompt="what is x")
    name = agent.workspace.label()
    for _ in range(2):
        with pytest.raises(CommandError, match=rf"^nothing is unfinished: .* {name} stays in use"):
            agent.resume()
    assert name == agent.workspace.label()


def test_where_there_is_no_run_the_other_projects_are_named(other):
    """With the option that looks there."""
    label = fail(other("/one/demo.ipynb"))
    fresh = other("/two/elsewhere.ipynb", ACTIONS + FIXED + GRAPH)
    told = "; --project NAME looks in another project (demo with 1 run)"
    with pytest.raises(CommandError) as nothing:
        fresh.resume()
    assert f"there is no run in project 'elsewhere' to resume{told}" == str(nothing.value)
    with pytest.raises(UnknownRunError) as unknown:
        fresh.resume(label)
    assert str(unknown.value).endswith(told)
    with pytest.raises(CommandError) as undefined:
        fresh.use(label)
    assert str(undefined.value).endswith(told)
    fresh.resume(project="demo")
    assert label == fresh.workspace.label()


def test_projects_are_listed(other):
    """The present one is marked."""
    label = fail(other("/one/demo.ipynb"))
    fresh = other("/two/elsewhere.ipynb")
    assert (("", "demo", 1, label, "/one/demo.ipynb"),) == fresh.runs(projects=True).rows
    fresh.use("chat")
    assert ["→", ""] == [row[0] for row in fresh.runs(projects=True).rows]


def test_another_working_directory_is_the_same_project_and_store(notebook, tmp_path, monkeypatch):
    """Both are those of where the session began."""
    monkeypatch.setenv("NOTEBOOK_AGENT_STORE", f"kept-{tmp_path.name}.db")
    agent = notebook.agent.use("chat")
    name, location = agent.workspace.label(), agent.workspace.store().location
    fresh = type(notebook)()
    fresh.cell(CELLS)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    fresh.agent.use(name)
    assert ("demo", location) == (fresh.agent.workspace.project(), fresh.agent.workspace.store().location)


def test_a_store_that_is_set_stays_where_it_is(notebook, tmp_path, monkeypatch):
    """A relative path is from where the session began."""
    agent = notebook.agent
    agent.settings = Settings(store="mine.db")
    monkeypatch.chdir(tmp_path)
    agent.use("chat")
    assert str(tmp_path / "demo" / "mine.db") == agent.workspace.store().location


def test_a_run_is_listed_once(agent):
    """Though it is found in its project and among those of the notebook."""
    agent.step(prompt="what is x")
    with pytest.raises(UnknownRunError, match=rf"\(runs: {agent.workspace.label()}\)$"):
        agent.resume("nothing")


def refusal(notebook):
    """Return what a command says in a session that has nothing in use, as after a restart."""
    with pytest.raises(CommandError) as caught:
        Agent(notebook.names).panel()
    return str(caught.value)


def test_where_nothing_is_in_use_the_way_back_to_the_last_run_is_named(notebook, agent):
    """A new run, which `use` begins, is not what somebody wants whose kernel died."""
    agent.run(prompt="what is x")
    name = agent.history().run.label
    back = f"%agent resume goes on with {name} where it stopped"
    assert f"no agent in use: {back}, a new run begins with %agent use NAME (found: chat)" == refusal(
        notebook
    )


def test_the_way_back_leads_to_a_run_of_a_graph_that_is_there(notebook, agent):
    """By its name, where another was worked with since."""
    agent.run(prompt="what is x")
    name = agent.history().run.label
    notebook.cell("one = graph.GraphBuilder().with_actions(alone=process_prompt).build()")
    agent.use("one").run(prompt="x")
    del notebook.names["one"]
    assert f"no agent in use: %agent resume {name} goes on with {name} where" in refusal(notebook)


def test_a_run_of_another_graph_is_no_way_back(notebook, agent):
    """Nothing could go on with it."""
    agent.run(prompt="what is x")
    del notebook.names["chat"]
    assert "no agent in use: %agent use NAME (found: none)" == refusal(notebook)
