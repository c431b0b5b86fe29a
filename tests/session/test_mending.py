"""The counterfactual of a bisection: what a run had come to with the last good value."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, action, expr
from notebook_agent.errors import CommandError
from notebook_agent.magics.commands import Call
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import read_line
from notebook_agent.session import Agent


@action(reads=["n", "unit"], writes=["n", "unit"])
def add(state):
    unit = "miles" if state["n"] == 2 else state["unit"]
    return state.update(n=state["n"] + 1, unit=unit)


@action(reads=["n", "unit", "log"], writes=["log"])
def note(state):
    return state.append(log=f"{state['n']} {state['unit']}")


@pytest.fixture
def agent():
    """A loop of ten steps; the unit goes wrong at step 4."""
    builder = ApplicationBuilder().with_actions(add, note)
    app = builder.with_transitions(("add", "note"), ("note", "add", expr("n < 5"))).with_entrypoint("add")
    app = app.with_state(n=0, unit="km", log=[]).build()
    app.run()
    return Agent({}).use(app)


def test_the_last_good_value_is_put_in_and_run_on(agent):
    """At the step where it went wrong; the forks have the rest to make."""
    mended = agent.mend("unit == 'km'", n=2, passes="'miles' not in str(log[-1])")
    assert (4, {"unit": "km"}) == (mended.found.first_bad, mended.put)
    assert [True, True] == [each.passed for each in mended.view.grid]
    lines = str(mended).splitlines()
    assert "put in at @4, as after @3: unit='km'" in lines
    assert "2 forks of" in str(mended)


def test_an_edit_by_hand_is_left_out(agent):
    """What else it had put in stays; no step is blamed for it."""
    app = agent.workspace.app.fork(3, {"log": []})
    app.update_state(app.state.update(unit="mm", n=4))
    app.run()
    agent.use(app)
    mended = agent.mend("unit != 'mm'")
    assert {"unit": "km", "n": 4} == mended.put
    said = "unit != 'mm' first fails as it was edited by hand after @3; it still held after @3 note"
    assert [said, "run on from @3 without that edit: n=4, unit='km'"] == str(mended).splitlines()[:2]


def test_a_function_is_asked_which_keys_it_reads(agent):
    """Only those are put in."""
    assert {"unit": "km"} == agent.mend(lambda state: state["unit"] == "km").put


@pytest.mark.parametrize(
    ("predicate", "said"),
    [
        ("n >= 0", "holds at every checkpoint: there is nothing to fix"),
        ("n > 0", "fails from the start: there is no good value to put in"),
        ("len(log) < 5", "first fails after the last step, @9: nothing came of it yet"),
    ],
)
def test_where_there_is_nothing_to_mend_it_says_why(agent, predicate, said):
    """And no fork is made."""
    with pytest.raises(CommandError, match=said):
        agent.mend(predicate)
    assert 1 == len(agent.workspace.runs())


def test_the_line_says_fix():
    """Without it nothing is run, so it takes no number of forks."""

    def read(line):
        return read_line(line, Scope(lambda _: False, eval))

    assert Call("mend", ("n < 3", None), {"n": 5}) == read('bisect "n < 3" --fix -n 5')
    assert Call("bisect", ("n < 3", None)) == read('bisect "n < 3"')
    with pytest.raises(CommandError, match="bisect itself runs nothing"):
        read('bisect "n < 3" -n 5')
