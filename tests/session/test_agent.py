"""One method a command: the whole story, and what is said when something cannot be done."""

import re

import pytest

from notebook_agent.errors import (
    AgentError,
    CommandError,
    MaxStepsError,
    MissingInputError,
    RunConflictError,
    UnknownInputError,
    UnknownStepError,
)
from notebook_agent.session import Agent
from notebook_agent.view.brief import size
from tests.session.chat import FIXED


def actions(result):
    """Give the (number, action) of each step made."""
    return [(step.seq, step.action) for step in result.steps]


def fail(agent):
    """Run into the action that raises, at step 2."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw a pen")


def test_use_says_what_it_took_and_labels_the_run(agent):
    """The label is the variable's name and four digits of the id."""
    assert re.fullmatch(r"chat-[0-9a-f]{4}: 6 actions, next prompt, 0 steps", repr(agent))
    assert agent.app.key.project == "demo"
    assert agent.app.uid.startswith(agent.workspace.label().removeprefix("chat-"))


def test_use_binds_agent_unless_the_name_is_taken(notebook):
    """The user's own variable stays."""
    notebook.names["agent"] = 5
    notebook.agent.use("chat")
    assert notebook.names["agent"] == 5


def test_a_run_is_one_turn(agent):
    """It halts before an action would take the input again, and says so."""
    result = agent.run(prompt="what is x")
    assert actions(result) == [(0, "prompt"), (1, "decide"), (2, "text"), (3, "response")]
    assert result.halted == "one turn: prompt is next and takes 'prompt' again"
    assert result.state["chat_history"] == ["user: what is x", "text: what is x"]
    assert result.next == "prompt"


def test_a_run_halts_where_it_is_told(agent):
    """`until` and `before` name actions."""
    assert actions(agent.run(prompt="what is x", until="decide")) == [(0, "prompt"), (1, "decide")]
    assert actions(agent.run(before=["response"])) == [(2, "text")]


def test_without_an_input_it_stops_where_one_is_needed(agent):
    """The rest of a turn runs, and the next one is not begun."""
    agent.run(prompt="what is x", until="decide")
    assert agent.run().halted == "prompt is next and needs 'prompt'"


def test_lines_are_shown_while_it_runs(notebook, agent):
    """One line a step."""
    agent.run(prompt="what is x", until="decide")
    assert [line.split()[:3] for line in notebook.screen.lines] == [
        ["0", "✓", "prompt"],
        ["1", "✓", "decide"],
    ]


def test_one_step_shows_what_it_read_and_wrote(agent):
    """`step` returns the step."""
    text = str(agent.step(1, {"prompt": "what is x"}))
    assert text.splitlines()[0].startswith(f"{agent.workspace.label()}@0 prompt: completed")
    assert "  writes  chat_history, prompt" in text
    assert "  inputs  prompt='what is x'" in text


def test_several_steps_come_to_a_run(agent):
    """`step(2)` returns what both came to."""
    assert actions(agent.step(2, prompt="what is x")) == [(0, "prompt"), (1, "decide")]


def test_the_whole_story(notebook, agent):
    """Two turns, a failure, a fixed cell, a retry of the failing step alone, a turn, a fork."""
    agent.run(prompt="what is x")
    agent.run(prompt="write hello")
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw a pen")
    assert str(agent.status()).splitlines()[1] == (
        "@10 image failed: ValueError: Demo error; %agent retry goes on with it"
    )
    notebook.cell(FIXED, "two")
    retried = agent.retry()
    assert actions(retried) == [(11, "image"), (12, "response")]
    assert re.fullmatch(r"retried image \([0-9a-f]{4} → [0-9a-f]{4}\)", retried.note)
    assert actions(agent.run(prompt="what is y"))[0] == (13, "prompt")
    original = agent.app.uid
    agent.fork("@4", state={"prompt": "draw a cat"}, label="other")
    forked = agent.run()
    assert actions(forked) == [(5, "decide"), (6, "image"), (7, "response")]
    assert forked.state["response"] == "picture: draw a cat"
    assert agent.workspace.tracker().history(original)[-1].seq == 16


def test_retry_ends_with_the_turn(notebook, agent):
    """What earlier steps of the call had taken counts."""
    fail(agent)
    notebook.cell(FIXED)
    assert agent.retry().halted == "one turn: prompt is next and takes 'prompt' again"


def test_retry_may_stop_after_the_step(notebook, agent):
    """`step=True` runs the failed step only."""
    fail(agent)
    notebook.cell(FIXED)
    assert actions(agent.retry(step=True)) == [(3, "image")]


def test_retry_says_when_nothing_failed(agent):
    """The message names the last step."""
    agent.run(prompt="what is x")
    with pytest.raises(CommandError) as caught:
        agent.retry()
    label = agent.workspace.label()
    assert str(caught.value) == f"nothing failed in {label}: its last step, @3 response, completed"


def test_a_run_from_the_past_makes_a_fork_and_says_so(notebook, agent):
    """Looking back changes nothing; running from there does not touch the run."""
    agent.run(prompt="what is x")
    before = agent.workspace.label()
    assert str(agent.goto("@1")) == f"looking at {before}@1; a run from here makes a fork"
    assert actions(agent.run()) == [(2, "text"), (3, "response")]
    after = agent.workspace.label()
    assert notebook.screen.said == [
        f"{after} forked from {before}@1, next text; the run it comes from stays as it is"
    ]


def test_goto_head_follows_the_run_again(agent):
    """No fork is made there."""
    agent.run(prompt="what is x")
    agent.goto("@1")
    agent.goto("@head")
    run = agent.app.uid
    agent.run(prompt="what is y")
    assert agent.app.uid == run


def test_a_fork_may_replace_an_action(notebook, agent):
    """The original graph keeps its own."""
    fail(agent)
    notebook.cell(FIXED.replace("def image", "def draft"))
    agent.fork("@1", actions={"image": notebook.names["draft"]})
    assert agent.run().state["response"] == "picture: draw a pen"


def test_a_label_is_taken_once(agent):
    """A fork's label must be free among the runs beside it."""
    agent.label("first")
    with pytest.raises(CommandError, match="a run beside it is called 'first' already"):
        agent.fork("@start", label="first")


def test_resume_finds_the_unfinished_run_after_a_restart(notebook, agent):
    """Another session takes the failed run up where it stands, and names changed code."""
    fail(agent)
    label = agent.workspace.label()
    agent.use("chat")
    assert repr(agent).splitlines()[1] == f"{label} stopped at @2 image (failed): %agent resume {label}"
    notebook.cell(FIXED)
    assert repr(agent.resume(look=True)).startswith(
        f"{label} after @2 image (failed), next image\ncode changed since: image ("
    )
    agent.use("chat")
    assert actions(agent.resume()) == [(3, "image"), (4, "response")]


def test_a_run_is_used_by_its_label_with_a_graph_that_fits(agent):
    """The graph of the namespace that has its actions is taken."""
    agent.run(prompt="what is x")
    label, run = agent.workspace.label(), agent.app.uid
    agent.use("chat")
    agent.use(label)
    assert (agent.app.uid, agent.app.sequence_id) == (run, 3)


def test_an_application_is_used_as_it_is(notebook, agent):
    """A run begun in Python goes on; its history in memory is said to end."""
    notebook.cell(
        "from notebook_agent import ApplicationBuilder\n"
        "app = ApplicationBuilder().with_graph(chat).with_entrypoint('prompt').build()"
    )
    agent.use("app")
    assert agent.app is notebook.names["app"]
    assert "its history is in memory" in repr(agent)
    assert actions(agent.run(prompt="what is x"))[-1] == (3, "response")


def test_state_shows_any_checkpoint(agent):
    """The whole state, a key, a step."""
    agent.run(prompt="what is x")
    agent.run(prompt="what is y")
    assert agent.state().value["prompt"] == "what is y"
    assert agent.state("@3", "prompt").value == "what is x"
    assert agent.state(0).value["chat_history"] == ["user: what is x"]
    assert str(agent.state(0)) == (
        f"{agent.workspace.label()}@0, 2 keys\n  chat_history: 1 item\n    0: 'user: what is x'\n"
        "  prompt: 'what is x'"
    )


def test_log_is_a_table_and_a_frame(agent):
    """`.df()` gives the same rows."""
    agent.run(prompt="what is x")
    frame = agent.log().df()
    assert list(frame["action"]) == ["prompt", "decide", "text", "response"]
    assert list(frame["status"]) == ["completed"] * 4
    assert len(str(agent.log()).splitlines()) == 5


def test_runs_are_listed_with_their_origin(agent):
    """The tree puts forks under their parents, and the one in use is marked."""
    agent.label("first")
    agent.run(prompt="what is x")
    agent.fork("@1", label="second")
    rows = [row[:6] for row in agent.runs(tree=True).rows]
    assert rows == [
        ("", "first", "completed", "@3 response", 4, ""),
        ("→", "  second", "completed", "@1 decide", 0, "first@1"),
    ]


def test_diff_compares_steps_and_runs(agent):
    """Paths that differ, and the step at which two runs part."""
    agent.label("first")
    agent.run(prompt="what is x")
    assert [change.path for change in agent.diff("@0", "@1").changes] == ["mode"]
    agent.fork("@0", label="second", state={"prompt": "write y"})
    agent.run()
    told = agent.diff("first", "second")
    assert told.note == "they part at the fork @0: prompt was edited"


def test_why_lists_the_conditions(agent):
    """In the order in which they were tried."""
    agent.run(prompt="write x")
    assert str(agent.why("@2")) == (
        f"{agent.workspace.label()}@2: decide → code\n"
        "  mode=image → image: false  (mode='code')\n"
        "  mode=code → code: true  (mode='code')\n"
        "  default → text: not tried\n"
        "  it would be image with mode = 'image'"
    )


def test_the_graph_is_drawn_in_four_forms(agent):
    """Text, Mermaid, DOT and a picture, marked by where the run stands."""
    fail(agent)
    assert str(agent.graph()).endswith("next: image\nfailed: image")
    assert str(agent.graph("mermaid")).startswith("flowchart TD")
    assert str(agent.graph("dot")).startswith("digraph {")
    assert agent.graph().html().startswith("<img src=")


def test_calls_and_info_are_readable(agent):
    """Without calls the table says so; info names the store."""
    assert str(agent.calls()) == "no LLM calls"
    assert "project         demo, 1 run" in str(agent.info())


def test_info_and_gc_agree_on_the_size_of_the_file(agent, tmp_path):
    """Both count its log."""
    agent.run(prompt="what is x")
    files = [tmp_path / "store.db", tmp_path / "store.db-wal"]
    took = size(sum(each.stat().st_size for each in files if each.is_file()))
    assert f"store.db ({took})" in str(agent.info())
    assert str(agent.gc()).endswith(f"(the file has {took})")


def test_export_writes_a_ledger_and_knows_its_suffixes(agent, tmp_path):
    """Another suffix lists the known ones."""
    path = tmp_path / "calls.json"
    assert str(agent.export(path, calls=True)) == f"{path}: 0 LLM calls"
    with pytest.raises(CommandError, match=r"has no suffix that export knows: \.html .* and \.json"):
        agent.export("run.txt")


def test_without_a_key_recorded_calls_alone_are_served(notebook, tmp_path, monkeypatch):
    """With a key the session is live; both are said. Forks and resumed runs follow."""
    agent = notebook.agent.use("chat")
    agent.export(tmp_path / "calls.json", calls=True)
    agent.use("chat", recorded=tmp_path / "calls.json")
    assert repr(agent).splitlines()[1] == "no key is set: LLM calls are replayed from calls.json"
    agent.fork("@start")
    assert agent.app.ledger == "strict"
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    agent.use("chat", recorded=tmp_path / "calls.json")
    assert (repr(agent).splitlines()[1], agent.app.ledger) == ("LLM calls are live", "auto")


@pytest.mark.parametrize(
    ("act", "error", "sentence"),
    [
        (lambda agent: agent.run(), MissingInputError, "needs the input 'prompt'"),
        (lambda agent: agent.run(promt="x"), UnknownInputError, "Did you mean 'prompt'?"),
        (lambda agent: agent.state("@7"), UnknownStepError, "has no step yet (only @start)"),
        (lambda agent: agent.use("chta"), CommandError, "'chta' is not defined. Did you mean 'chat'?"),
        (
            lambda agent: agent.use(5),
            CommandError,
            "use takes a graph, an application or a run's name; not an int",
        ),
        (lambda agent: agent.state(key="x"), AgentError, "has no key 'x'"),
        (
            lambda agent: agent.run(prompt="x", max_steps=0),
            AgentError,
            "max_steps=0: it is a number of steps, 1 or more",
        ),
        (
            lambda agent: agent.app.run(max_steps=-1),
            AgentError,
            "max_steps=-1: it is a number of steps, 1 or more",
        ),
        (lambda agent: agent.step(0), CommandError, "step runs 1 step or more, not 0"),
        (lambda agent: agent.log("nobody"), AgentError, "no run is called 'nobody'."),
        (lambda agent: agent.resume(), CommandError, "nothing is unfinished: no run of this"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(agent, act, error, sentence):
    """The message says what there is, or what to type."""
    with pytest.raises(error) as caught:
        act(agent)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(("most", "told"), [(1, "1 step"), (2, "2 steps")])
def test_the_most_steps_of_a_command_are_its_end(agent, most, told):
    """As asked for: no error, and the next command goes on."""
    result = agent.run(prompt="what is x", max_steps=most)
    ends = "%agent run goes on, --until ACTION names where to stop"
    assert f"halted after {told}, the most of one command (--max-steps): {ends}" == result.halted
    assert [*range(4)] == [step.seq for step in (*result.steps, *agent.run().steps)]


def test_the_most_steps_of_an_agent_within_an_action_fail_its_step(notebook):
    """They were a mistake of the action's, which is next again."""
    notebook.cell(
        "from notebook_agent import ApplicationBuilder, action\n"
        "@action(reads=[], writes=['n'])\n"
        "def inner(state):\n"
        "    return state.update(n=1)\n"
        "@action(reads=[], writes=['n'])\n"
        "def outer(state):\n"
        "    within = ApplicationBuilder().with_actions(inner).with_transitions(('inner', 'inner'))\n"
        "    return within.with_entrypoint('inner').build().run(max_steps=2)[2]\n"
        "nested = graph.GraphBuilder().with_actions(outer).build()"
    )
    with pytest.raises(MaxStepsError):
        notebook.agent.use("nested").run()
    assert "failed" == notebook.agent.history().run.status


def test_nothing_in_use_names_what_could_be(notebook):
    """The message is the line to type."""
    with pytest.raises(CommandError) as caught:
        notebook.agent.status()
    assert str(caught.value) == "no agent in use: %agent use NAME (found: chat)"


def test_a_finished_run_says_how_to_go_on(notebook):
    """There is no next action."""
    notebook.cell("end = graph.GraphBuilder().with_actions(prompt=process_prompt).build()")
    agent = notebook.agent.use("end")
    assert agent.run(prompt="x").halted == "prompt was the last action: the run is finished"
    with pytest.raises(CommandError, match="is finished: %agent fork @K goes on from an earlier step"):
        agent.run(prompt="x")


def test_a_key_that_is_read_first_must_be_given(notebook):
    """`use` says how, and takes it."""
    notebook.cell("late = graph.GraphBuilder().with_actions(decide=choose_mode).build()")
    with pytest.raises(AgentError, match=re.escape("%agent use late prompt:=...")):
        notebook.agent.use("late")
    agent = notebook.agent.use("late", state={"prompt": "draw"})
    assert agent.run().state["mode"] == "image"


def test_async_actions_run_beside_the_cell(notebook):
    """The same command runs them."""
    notebook.cell(
        "import asyncio\n"
        "@action(reads=[], writes=['n'])\n"
        "async def count(state, by: int):\n"
        "    await asyncio.sleep(0)\n"
        "    return state.update(n=by)\n"
        "counter = graph.GraphBuilder().with_actions(count).with_transitions(('count', 'count')).build()"
    )
    agent = notebook.agent.use("counter")
    assert actions(agent.run(by=2)) == [(0, "count")]
    assert actions(agent.step(2, by=3)) == [(1, "count"), (2, "count")]
    assert agent.app.state["n"] == 3


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda agent: agent.run(), MissingInputError),
        (lambda agent: agent.run(promt="x"), UnknownInputError),
        (lambda agent: agent.run(prompt="x", until="nowhere"), AgentError),
        (lambda agent: agent.run(prompt="x", max_steps=0), AgentError),
        (lambda agent: agent.step(1), MissingInputError),
    ],
)
def test_a_run_from_the_past_that_cannot_begin_makes_no_fork(notebook, agent, act, error):
    """The view stays where it was, and nothing is said of a fork."""
    agent.run(prompt="what is x")
    agent.goto("@start")
    with pytest.raises(error):
        act(agent)
    assert (len(agent.runs()), agent.position, notebook.screen.said) == (1, None, [])


def moved_elsewhere(notebook, agent):
    """Let another session move the run on, and run into that."""
    agent.run(prompt="what is x")
    other = Agent(notebook.names)
    other.use(agent.workspace.label())
    other.run(prompt="what is y")
    with pytest.raises(RunConflictError):
        agent.run(prompt="what is z")


@pytest.mark.parametrize(
    "act",
    [
        lambda agent: agent.resume(),
        lambda agent: agent.resume(agent.workspace.label()),
        lambda agent: agent.use(agent.workspace.label()),
        lambda agent: agent.use(agent.app),
    ],
)
def test_a_run_that_went_on_elsewhere_is_taken_where_it_stands(notebook, agent, act):
    """The advice of the error can be followed."""
    moved_elsewhere(notebook, agent)
    run = agent.app.uid
    act(agent)
    assert (agent.app.uid, agent.app.sequence_id) == (run, 7)
    assert actions(agent.run(prompt="what is z"))[0] == (8, "prompt")


def test_resume_does_not_pass_over_the_failed_run_in_use(agent):
    """The run in use comes before others."""
    agent.use("chat")
    fail(agent)
    label = agent.workspace.label()
    assert repr(agent.resume(look=True)) == f"{label} after @2 image (failed), next image"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"promt": "two"},
            "promt: the state has no such key, and no action reads or writes it. Did you mean",
        ),
        ({"prompt": "x", "zzz": 1}, "There are: chat_history, prompt, mode, response."),
    ],
)
def test_a_fork_refuses_a_key_that_nothing_knows(agent, state, sentence):
    """No run is made."""
    agent.run(prompt="what is x")
    with pytest.raises(CommandError, match=sentence):
        agent.fork("@0", state=state)
    assert len(agent.runs()) == 1


def test_a_fork_says_which_keys_are_new(agent):
    """An action declares it, and the state has none yet."""
    agent.run(prompt="what is x")
    told = str(agent.fork("@0", state={"mode": "code", "prompt": "y"}))
    assert told.endswith("@0, next decide; new in its state: mode")
