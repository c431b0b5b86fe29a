"""An error in a notebook shows the user's own line on top, and no frame of ours."""

from __future__ import annotations

import re

import pytest

CELL = """
from notebook_agent import ApplicationBuilder, GraphBuilder, State, action, default, expr, when

def made(function):
    decorated = action(reads=[], writes=[])(function)
    builder = ApplicationBuilder().with_actions(go=decorated).with_transitions(("go", "go"))
    return builder.with_entrypoint("go").with_state(l=[1], d={}, n=1).build()

@action(reads=[], writes=[])
def fine(state, prompt=""):
    return state

app = made(fine)
"""
ACTIONS = [
    'state["l"].append(1)',
    'state["d"]["x"] = 1',
    'state["d"].setdefault("x")',
    'del state["l"][0]',
    'state["zz"]',
    'state["n"] = 2',
    "state.append(n=1)",
    "state.extend(n=[1])",
    "state.increment(l=1)",
    "state.merge({1: 2})",
    'state.subset("zz", ignore_missing=False)',
    "state.wipe(delete=[], keep=[])",
]
LINES = [
    'app.state["zz"]',
    'app.state["l"].sort()',
    'GraphBuilder().with_actions(fine).with_transitions(("fine", "fin")).build()',
    'GraphBuilder().with_actions(fine).with_transitions(("fine", "fine"), ("fine", "fine")).build()',
    'GraphBuilder().with_transitions(("fine", fine))',
    'GraphBuilder().with_transitions(("fine",))',
    "GraphBuilder().with_actions(fine, other=len)",
    "GraphBuilder().with_actions(fine, fine).build()",
    "GraphBuilder().build()",
    'ApplicationBuilder().with_actions(fine).with_entrypoint("fin").build()',
    "ApplicationBuilder().with_actions(fine).build()",
    "ApplicationBuilder().with_state(5)",
    'app.run(inputs={"promt": 1})',
    'app.run(halt_after=["g"])',
    "app.retry()",
    "app.fork(99)",
    "action(fine)",
    "action(reads='n', writes=[])",
    "action(reads=[], writes=[])(lambda: 1)",
]


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell.instance(
        config=config, ipython_dir=str(tmp_path_factory.mktemp("ipython")), user_ns={"__name__": "__main__"}
    )
    shell.run_cell(CELL).raise_error()
    yield shell
    InteractiveShell.clear_instance()


def places(shell, capsys, cell):
    """Run a cell that fails and give the places that the traceback shows, the innermost last."""
    capsys.readouterr()
    assert shell.run_cell(cell).error_in_exec is not None
    shown = re.sub(r"\x1b\[[0-9;]*m", "", "".join(capsys.readouterr()))
    return re.findall(r"^(Cell|File \S+)", shown, re.MULTILINE)


@pytest.mark.parametrize("line", ACTIONS)
def test_in_an_action_its_own_line_is_on_top(shell, capsys, line):
    """Below the line that ran it."""
    cell = f"def broken(state):\n    {line}\n\nmade(broken).run()"
    assert ["Cell", "Cell"] == places(shell, capsys, cell)


@pytest.mark.parametrize("line", ACTIONS)
def test_in_an_async_action_its_own_line_is_on_top(shell, capsys, line):
    """Below the line that ran it."""
    cell = f"async def broken(state):\n    {line}\n\nawait made(broken).arun()"
    assert ["Cell", "Cell"] == places(shell, capsys, cell)


@pytest.mark.parametrize("line", LINES)
def test_in_a_cell_its_own_line_is_all(shell, capsys, line):
    """Nothing of what found the mistake."""
    assert ["Cell"] == places(shell, capsys, line)


STOPPED = """

def stop(grid, running):
    raise KeyboardInterrupt

app.step()
app.map_forks(None, repeats=2, tell=stop)
"""


def test_a_stopped_grid_shows_the_line_that_began_it(shell, capsys):
    """And the sentence that says what is kept."""
    assert ["Cell"] == places(shell, capsys, STOPPED)
