"""What the commands that look say where something cannot be told, written or named."""

import re

import pytest

from notebook_agent.errors import CommandError, ConditionError
from tests.session.chat import ACTIONS

UNDECIDED = """
from notebook_agent import graph, when
from notebook_agent.action import action


@action(reads=[], writes=["kind"])
def begin(state):
    return state.update(kind="a")


@action(reads=[], writes=["done"])
def end(state):
    return state.update(done=True)


branching = (
    graph.GraphBuilder()
    .with_actions(begin=begin, end=end)
    .with_transitions(("begin", "begin", when(kind="b")), ("begin", "end", when(mode="x")))
    .build()
)
"""
TROUBLE = "The edge 'begin' -> 'end' (mode=x) cannot be decided: The state has no key 'mode'"


@pytest.fixture
def undecided(notebook):
    """Give an agent whose next action cannot be decided."""
    notebook.cell(UNDECIDED)
    agent = notebook.agent.use("branching")
    with pytest.raises(ConditionError):
        agent.run()
    return agent


def failed(agent):
    """Run into the action that raises, at step 2."""
    with pytest.raises(ValueError, match="Demo error"):
        agent.run(prompt="draw a pen")


def test_status_says_why_nothing_can_be_decided(undecided):
    """What is known, then the sentence."""
    first, second = str(undecided.status()).splitlines()
    assert first.endswith(": 2 actions, 1 step, next not decided")
    assert second.startswith(TROUBLE)


def test_why_shows_the_conditions_up_to_the_one_that_cannot_be_decided(undecided):
    """Those before it are told with their values."""
    lines = str(undecided.why()).splitlines()
    assert lines[0].endswith("begin → not decided")
    assert lines[1] == "  kind=b → begin: false  (kind='a')"
    assert lines[2].startswith(TROUBLE)


def test_the_graph_is_drawn_though_nothing_can_be_decided(undecided):
    """The sentence stands below it."""
    assert "next: not decided\n" + TROUBLE in str(undecided.graph())
    assert undecided.graph().html().startswith("<img")
    assert list(undecided.words("input")) == []


@pytest.mark.parametrize(
    ("form", "current", "broken"),
    [
        ("text", "▸ prompt", "✖ image"),
        ("mermaid", "style n0 fill:#d3e5ff", "style n2 fill:#fde5e2"),
        ("dot", '"prompt" [fillcolor="#d3e5ff"', '"image" [fillcolor="#fde5e2"'),
    ],
)
def test_every_form_of_the_graph_marks_where_the_run_stands(agent, form, current, broken):
    """The next action, and the one that failed."""
    assert current in str(agent.graph(form))
    failed(agent)
    assert broken in str(agent.graph(form))


@pytest.mark.parametrize("name", ["x.html", "x.json"])
def test_a_file_that_cannot_be_written_is_one_sentence(agent, tmp_path, name):
    """The system's own word for it, and no traceback."""
    path = tmp_path / "none" / name
    with pytest.raises(CommandError) as caught:
        agent.export(path)
    assert str(caught.value) == f"{path} cannot be written: No such file or directory"


@pytest.mark.parametrize("name", ["nofile.json", "."])
def test_a_recording_that_cannot_be_read_is_one_sentence(notebook, name):
    """The flag is named."""
    with pytest.raises(CommandError) as caught:
        notebook.agent.use("chat", recorded=name)
    assert str(caught.value) == f"--recorded {name}: there is no such file"


@pytest.mark.parametrize("label", ["", " ", "a b", "a@4", "@4", "-1", "5", "head", "a=b", "a\n"])
def test_a_label_must_be_typable(agent, label):
    """Neither nothing, nor blanks, nor what would name a step."""
    for name in (agent.label, lambda label: agent.fork("@start", label=label)):
        with pytest.raises(CommandError, match="is no label: take up to 64 letters"):
            name(label)


def test_no_failed_run_is_not_no_run(agent):
    """The filter is named where it leaves nothing."""
    assert str(agent.runs(failed=True)) == "no failed runs"


def test_runs_part_where_a_fork_was_edited(agent):
    """Also before the fork has made a step of its own."""
    agent.label("first")
    agent.run(prompt="what is x")
    agent.fork("@1", label="second", state={"prompt": "write y", "mode": "code"})
    sentence = "they part at the fork @1: prompt, mode were edited"
    assert agent.diff("first", "second").note == sentence
    agent.run()
    assert agent.diff("second", "first").note == sentence


def test_times_have_their_unit_in_a_text_and_are_numbers_in_a_frame(agent):
    """A long step is told in minutes, never as 1.2e+05."""
    agent.run(prompt="what is x", until="prompt")
    log = agent.log()
    long = type(log)(log.columns, tuple((*row[:3], 125_000.0, *row[4:]) for row in log.rows))
    assert "2 min 5 s" in str(long)
    assert long.df()["ms"].tolist() == [125_000.0]


def test_status_names_the_run_that_is_looked_at(agent):
    """By its label."""
    agent.run(prompt="what is x")
    agent.goto("@1")
    assert f"looking at {agent.workspace.label()}@1; " in str(agent.status())


def test_the_agent_shows_the_status_of_now(agent):
    """Not what was said when it was taken into use."""
    assert repr(agent).endswith("6 actions, next prompt, 0 steps")
    agent.run(prompt="what is x")
    assert repr(agent) == str(agent.status())


def test_a_run_without_its_graph_says_what_to_do(notebook, agent):
    """Which actions are missing, and the two ways on."""
    label = agent.workspace.label()
    notebook.names.pop("chat")
    notebook.cell(ACTIONS + "short = graph.GraphBuilder().with_actions(prompt=process_prompt).build()", "two")
    agent.use("short")
    agent.workspace.apps.clear()
    with pytest.raises(CommandError) as caught:
        agent.use(label)
    assert re.fullmatch(
        f"{label} needs a graph with decide, image, code, text, response, which short lacks: "
        "run the cell that builds its graph, or begin a new run, %agent use short",
        str(caught.value),
    )


@pytest.mark.parametrize(("value", "kind"), [("5", "an int"), ("int", "a class"), ("'x'", "a str")])
def test_what_cannot_be_used_is_called_by_its_kind(notebook, value, kind):
    """With the right article."""
    notebook.cell(f"thing = {value}")
    with pytest.raises(CommandError, match=f"thing is {kind}: use takes"):
        notebook.agent.use("thing")


def test_an_edit_by_hand_stands_in_the_log(agent):
    """In its place, with the keys that it changed."""
    agent.run(prompt="what is x")
    agent.app.update_state(agent.app.state.update(mode="generate_image", note=1))
    agent.run(prompt="what is y")
    table = agent.log()
    place = table.columns.index("action"), table.columns.index("writes")
    row = next(n for n, each in enumerate(table.rows) if each[place[0]] == "edited by hand")
    assert ("edited by hand", "mode, note") == tuple(table.rows[row][n] for n in place)
    assert (3, 4) == (table.rows[row - 1][0], table.rows[row + 1][0])


def test_the_log_marks_the_step_in_view(agent):
    """It has all steps, says where the view stands, and its table of data is the same."""
    agent.run(prompt="what is x")
    whole = agent.log()
    agent.goto("@1")
    table = agent.log()
    assert whole.rows == table.rows
    marked = [line for line in str(table).splitlines() if "→" in line]
    said = f"looking at {agent.workspace.label()}@1 (→); a run from here makes a fork"
    assert ["→ 1", said] == [marked[0][:3], marked[1]]
    assert "→ 1</td>" in table.html()
    agent.goto("@head")
    assert "→" not in str(agent.log())


def test_the_calls_say_where_the_view_stands(agent):
    """At the start there is no step to mark."""
    agent.run(prompt="what is x")
    agent.goto("@start")
    said = f"looking at {agent.workspace.label()}@start; a run from here makes a fork"
    assert f"no LLM calls\n{said}" == str(agent.calls())
    assert "→" not in str(agent.log(calls=True))


def test_the_log_of_another_run_has_no_mark(agent):
    """The view stands in the one in use."""
    agent.run(prompt="what is x")
    first = agent.workspace.label()
    agent.fork("@1", label="other")
    agent.goto("@0")
    assert "→" not in str(agent.log(first))


def test_text_is_set_as_what_a_cell_prints(agent):
    """A page's own margins, size and breaks in words do not touch it."""
    drawn = agent.info().html()
    assert drawn.startswith(
        '<pre style="margin:.35em 0;line-height:1.4;font-size:var(--jp-code-font-size,1em);'
    )
    assert "word-break:normal" in drawn
