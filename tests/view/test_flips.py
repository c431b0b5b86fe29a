"""What the panel says would have led elsewhere."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, Condition, State, action, expr, when
from notebook_agent.view import detail


@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)


@action(reads=[], writes=[])
def stop(state):
    return state


def counted(condition, **values):
    """Make one step of a count that stops on a condition, and return its detail."""
    builder = (
        ApplicationBuilder().with_actions(count, stop).with_state(n=0, **values).with_entrypoint("count")
    )
    app = builder.with_transitions(("count", "stop", condition), ("count", "count")).build()
    app.step()
    return detail(app.history, app.graph, 0)


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        (when(n__gte=3), "It would be stop with n = 3."),
        (expr("n > 5"), "It would be stop with n = 6."),
        (when(n=1), "It would be count with n = 2."),
    ],
)
def test_a_decision_tells_what_would_change_it(condition, line):
    """The smallest change of the state, beside the conditions."""
    assert line == counted(condition)["next"]["flip"]


def test_no_function_of_the_users_is_called_to_find_it():
    """It would be called again at each look."""
    asked = []

    def full(state: State) -> bool:
        asked.append(state["n"])
        return False

    assert None is counted(Condition.lmda(full, ["n"]))["next"]["flip"]
    assert [1] == asked


def test_no_long_value_is_compared_to_find_it():
    """The slider is not held up."""
    assert None is counted(expr("len(log) > 5000"), log=["x"] * 1001)["next"]["flip"]


def test_a_secret_in_it_is_redacted():
    """As in all that is shown."""
    key = "sk-proj-" + "a1B2" * 12
    assert key not in str(counted(when(token=key), token="none")["next"])
