"""`%agent map` as a person sees it: what is tried, the line that tells how far it is, and the tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from notebook_agent import action
from notebook_agent.errors import CommandError, UnknownStepError
from notebook_agent.magics.commands import Call
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import read_line


@pytest.fixture
def ran(agent):
    """Two turns of the chat: steps 0 to 7."""
    agent.run(prompt="write hello")
    agent.run(prompt="what now")
    return agent


def read(line):
    return read_line(line, Scope(lambda _: False, lambda text: eval(text, {"one": 1, "two": 2})))


def test_a_line_is_one_call():
    """A list is what is tried; functions come by name."""
    line = '@4 model:=["a", "b"] -n 3 -j 4 --on pool --pass "score > 1" --with answer=one,two --max-calls 9'
    options = {"n": 3, "on": "pool", "max_calls": 9, "jobs": 4, "passes": "score > 1"}
    assert Call("map", ("@4", {"model": ["a", "b"]}), options | {"actions": {"answer": (1, 2)}}) == read(
        f"map {line}"
    )


class Torn(ThreadPoolExecutor):
    """An executor that cannot be let go."""

    def shutdown(self, wait=True):
        """Raise once all is done."""
        super().shutdown(wait)
        raise OSError("torn")


def test_an_executor_that_cannot_be_let_go_takes_no_grid_away(ran):
    """Its forks have run, and were paid."""
    view = ran.map("@0", n=2, on=Torn)
    assert ["completed", "completed"] == [each.outcome for each in view.grid]
    assert ran.grid is view


def test_keys_of_the_state_and_inputs_are_told_apart(ran):
    """What the first action takes is an input, though the state has the key too."""
    edited = ran.map("@0", {"prompt": ["write a", "what b"]})
    given = ran.map("@3", {"prompt": ["write a", "what b"]})
    assert [3, 3] == [each.steps for each in edited.grid]
    assert [4, 4] == [each.steps for each in given.grid]
    assert ["code: write a", "text: what b"] == [
        ran.workspace.store().head_state(each.run)["response"] for each in given.grid
    ]


def test_a_predicate_over_no_key_is_refused_before_anything_is_paid(ran):
    """A key that the state lacks may come of an action, also of one that is tried."""

    @action(reads=["prompt"], writes=["mode", "sure"])
    def decide(state):
        return state.update(mode="text", sure=True)

    runs = len(ran.workspace.runs())
    with pytest.raises(CommandError) as caught:
        ran.map("@0", n=2, passes="respnse == 'x' and mode == 'text'")
    told = "respnse == 'x' and mode == 'text': the state has no key 'respnse', and no action writes it."
    assert f"{told} Did you mean 'response'?" == str(caught.value)
    assert runs == len(ran.workspace.runs())
    assert [True] == [each.passed for each in ran.map("@0", passes="sure", actions={"decide": decide}).grid]
    assert [True] == [each.passed for each in ran.map("@start", {"prompt": "what"}, passes="response").grid]


def test_one_value_is_the_same_for_all(ran):
    """Only what differs has a column."""
    grid = ran.map("@0", prompt="write x", mode=["code", "text"]).grid
    assert ("mode",) == grid.names
    assert [{"mode": "code"}, {"mode": "text"}] == [each.variant for each in grid]


def test_the_table_tells_rates_and_rows(ran):
    """The best variant first, then each fork."""
    view = ran.map("@0", {"prompt": ["what a", "write b", "draw c"]}, n=2, passes="mode == 'code'")
    lines = str(view).splitlines()
    assert lines[0].startswith(
        f"6 forks of {ran.workspace.label()}@0: 4 completed, 2 failed, 2 passed (mode == 'code')"
    )
    assert ["prompt", "passed", "95", "%", "failed", "time", "differs"] == lines[1].split()
    assert ["write", "b", "2", "of", "2", "34%", "to", "100%", "0"] == lines[2].split()[:9]
    assert f"%agent use {view.label}.3 opens that run" == lines[-1]
    assert "ValueError: Demo error" in str(view)


def test_a_row_opens_its_run(ran):
    """By its label; the family finds it first."""
    view = ran.map("@0", {"prompt": ["what a", "write b"]})
    ran.use(view.run(2))
    assert ("write b", view.run(2)) == (ran.app.state["prompt"], ran.workspace.label())
    with pytest.raises(CommandError, match="has no fork 3: there are 1 to 2"):
        view.run(3)


def test_the_page_opens_the_steps_of_a_row(ran):
    """Model and user text is text."""
    html = ran.map("@0", {"prompt": ["write <script>alert(1)</script>"]}).html()
    assert "<script>" not in html
    assert "<details><summary>map-" in html
    assert "✓ decide" in html


def test_the_last_grid_is_kept(ran):
    """Also as DataFrames."""
    view = ran.map("@0", {"prompt": ["what a", "write b"]}, n=2)
    assert view is ran.grid
    assert (4, 2) == (len(view.df()), len(view.summary()))


def test_one_line_tells_how_far_it_is(ran, notebook):
    """The last one is final."""
    view = ran.map("@0", n=3)
    (line,) = notebook.screen.lines
    assert line.startswith(f"{view.label} {'█' * 24} 3/3 forks, ")


@pytest.mark.parametrize(
    ("where", "options", "said"),
    [
        ("@0", {"tried": {"promt": [1]}}, "promt: the state has no such key"),
        ("@0", {"on": "pool"}, "--on pool: 'pool' is not defined"),
        ("@0", {"on": 3}, "--on takes an executor, or what makes one; 3 is an int"),
        ("@0", {"n": 0}, "repeats is a whole number, 1 or more; not 0"),
    ],
)
def test_what_cannot_be_mapped_is_said(ran, where, options, said):
    """And no fork is made."""
    given = dict(options)
    with pytest.raises(CommandError, match=said):
        ran.map(where, given.pop("tried", None), **given)
    assert 1 == len(ran.workspace.runs())


def test_an_unknown_step_is_an_error(ran):
    """It tells which there are."""
    with pytest.raises(UnknownStepError, match="has 8 steps"):
        ran.map("@77")


def test_secrets_are_masked_in_the_table(ran):
    """A key that is tried is not shown."""
    key = "sk-proj-" + "a1B2" * 10
    view = ran.map("@0", {"prompt": [f"write {key}", "what b"]})
    assert key not in str(view)
    assert key not in view.html()


def test_a_fork_of_an_application_in_memory_opens(notebook):
    """Also one that another project keeps: it is looked for beside the run in use."""
    notebook.cell(
        "from notebook_agent import ApplicationBuilder\n"
        "builder = ApplicationBuilder().with_graph(chat).with_entrypoint('prompt')\n"
        "kept = builder.with_state(chat_history=[]).build()"
    )
    agent = notebook.agent.use("kept")
    agent.run(prompt="write hello")
    view = agent.map("@0", {"prompt": ["write a", "what b"]})
    agent.use(view.run(2))
    assert ("what b", view.run(2)) == (agent.app.state["prompt"], agent.workspace.label())
    agent.goto(f"{view.run(1)}@head")
    assert view.run(1) == agent.workspace.label()


def test_async_actions_are_awaited_on_the_session_s_loop(notebook):
    """All on one, as those of other commands are: a client that was opened on one loop fails on another."""
    notebook.cell("""
import asyncio
from notebook_agent import ApplicationBuilder
loops = set()

@action(reads=["n"], writes=["n"])
async def wait(state):
    loops.add(asyncio.get_running_loop())
    await asyncio.sleep(0.01)
    return state.increment(n=1)

waiting = graph.GraphBuilder().with_actions(wait).build()
""")
    agent = notebook.agent.use("waiting", state={"n": 0})
    agent.run()
    grid = agent.map("@start", {"n": [1, 2, 3]}).grid
    assert (["completed"] * 3, 1) == ([each.outcome for each in grid], len(notebook.names["loops"]))


class Board:
    """Keep what is shown of a grid, and stop it once so many forks have ended."""

    def __init__(self, stop, at):
        self.shown = []
        self._stop, self._at = stop, at

    def show(self, wire):
        """Keep it."""
        self.shown.append(wire)
        if wire["done"] >= self._at:
            self._stop()


def test_a_board_is_told_as_the_grid_fills(ran):
    """Always in the order in which variants are tried, so that no row jumps; all forks are counted."""
    boards = []
    ran.workspace.board = lambda stop: boards.append(Board(stop, 99)) or boards[0]
    ran.map("@0", {"prompt": ["what a", "write b"]}, n=2, jobs=1, passes="mode == 'code'")
    first, last = boards[0].shown[0], boards[0].shown[-1]
    assert [(0, 4, True), (4, 4, False)] == [(w["done"], w["total"], w["going"]) for w in (first, last)]
    assert [["what a"], ["write b"]] == [row["tried"] for row in first["rows"]]
    assert [["what a"], ["write b"]] == [row["tried"] for row in last["rows"]]
    assert ["2 of 2", "34% to 100%"] == last["rows"][1]["told"][:2]
    assert [(3, "completed", True, ""), (4, "completed", True, "")] == [
        (fork["n"], fork["outcome"], fork["passed"], fork["why"]) for fork in last["rows"][1]["forks"]
    ]
    assert last["line"].startswith("4/4 forks, 2 passed, 2 did not pass, ")


def test_a_board_stops_all_forks(ran):
    """What had ended is kept, and shown."""
    boards = []
    ran.workspace.board = lambda stop: boards.append(Board(stop, 2)) or boards[0]
    with pytest.raises(KeyboardInterrupt, match="of 4 forks have ended"):
        ran.map("@0", {"prompt": ["what a", "write b", "what c", "write d"]}, jobs=1)
    outcomes = [each.outcome for each in ran.grid.grid]
    assert ["completed", "completed"] == outcomes[:2]
    assert "not begun" == outcomes[-1]
    assert boards[0].shown[-1]["going"] is False


def test_a_count_of_0_is_handed_on_to_be_refused():
    """As `-n 0` is."""
    assert {"jobs": 0} == read("map @4 -j 0").options
