"""What an agent is on a screen that no extension of ours draws on."""

import pytest

from notebook_agent.errors import CommandError
from notebook_agent.session import Agent
from notebook_agent.widgets import Panel, TimeSlider


def test_the_panel_is_a_widget(agent):
    """It begins where the session stands."""
    agent.step(3, prompt="what is x")
    agent.goto(1)
    panel = agent.panel()
    assert isinstance(panel, Panel)
    assert 1 == panel.place["seq"]
    panel.close()


def test_a_part_of_an_agent_stands_with_its_panel(agent):
    """Given the agent alone."""
    agent.step(3, prompt="what is x")
    panel, slider = agent.panel(), TimeSlider(agent)
    slider.set_state({"place": {**slider.place, "seq": 0, "follows": False}})
    assert (0, False) == (panel.place["seq"], panel.place["follows"])
    panel.close()
    slider.close()


def test_there_is_no_panel_of_nothing():
    """It says what to do."""
    with pytest.raises(CommandError, match="no agent in use"):
        Agent({}).panel()


def test_marimo_shows_an_agent_as_its_panel(agent):
    """By the method that it asks for."""
    panel = agent._display_()
    assert isinstance(panel, Panel)
    panel.close()


def test_marimo_shows_a_line_where_nothing_is_in_use():
    """As a cell of Jupyter does."""
    assert "<agent, nothing in use: agent.use(graph)>" == str(Agent({})._display_())
