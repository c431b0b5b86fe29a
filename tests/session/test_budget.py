"""What one command may spend."""

import pytest

from notebook_agent.errors import BudgetError, CommandError, RunError
from notebook_agent.magics.reading import read_line
from notebook_agent.session import Settings
from tests.session.test_replay import ASKING


@pytest.fixture
def agent(notebook, server):
    """Give the agent, with an action that asks a model in use."""
    notebook.cell(ASKING, "asking")
    return notebook.agent.use("asking")


def test_a_command_keeps_to_its_limit(agent, server):
    """The next command has its own."""
    agent.run(prompt="a", max_calls=1)
    with pytest.raises(BudgetError, match=r"^The budget of 0 calls is spent"):
        agent.run(prompt="b", max_calls=0)
    agent.retry(max_calls=1)
    assert 2 == len(server.journal)


def test_a_setting_holds_for_each_command(agent, server):
    """Unless the command says something else."""
    agent.settings = Settings(max_calls=0)
    with pytest.raises(BudgetError):
        agent.run(prompt="a")
    with pytest.raises(BudgetError):
        agent.retry()
    agent.retry(max_calls=1)
    assert 1 == len(server.journal)


def test_a_limit_is_checked_before_anything_runs(agent, server):
    """One sentence, and no step."""
    with pytest.raises(RunError, match="max_calls must be a whole number"):
        agent.run(prompt="a", max_calls=-1)
    assert 0 == len(agent.app.history)


def test_a_line_says_limits():
    """Calls are a whole number, dollars a number."""
    call = read_line('run prompt="a" --max-calls 3 --max-cost 0.05', scope=None)
    assert {"max_calls": 3, "max_cost": 0.05} == dict(call.options)
    assert {"max_calls": 0} == dict(read_line("retry --max-calls 0", scope=None).options)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("run --max-calls x", "--max-calls takes a number; not 'x'"),
        ("run --max-cost x", "--max-cost takes US dollars, such as 0.50; not 'x'"),
    ],
)
def test_a_limit_that_is_no_number_is_said(line, said):
    """In plain words."""
    with pytest.raises(CommandError, match=said):
        read_line(line, scope=None)
