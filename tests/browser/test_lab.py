"""The chatbot notebook in a real JupyterLab: what the page shows is what the kernel holds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(name="notebook", scope="module")
def notebook_fixture(open_notebook):
    notebook = open_notebook("01_multimodal_chatbot.ipynb")
    notebook.run_all()
    return notebook


@pytest.fixture(name="panel")
def panel_fixture(notebook):
    panel = notebook.page.get_by_role("region", name="Agent").last
    panel.scroll_into_view_if_needed()
    return panel


def test_the_story_fails_once_and_goes_on(notebook):
    """Only the image action's own error is in the notebook, and the first run has 17 steps."""
    assert [e.split(":")[0] for e in notebook.errors()] == ["AttributeError"]
    assert notebook.evaluate("len(agent.history('chatbot'))") == 17


def test_a_page_that_follows_makes_no_fork(notebook):
    """The story's only fork is the one that it asks for, however late the page was with its place."""
    assert 2 == notebook.evaluate("len(agent.history().family())")


def move(panel, *keys):
    """Press keys on the slider, the first of them in whatever place it stands."""
    slider = panel.get_by_role("slider", name="Step")
    slider.focus()
    for key in keys:
        slider.press(key)
    return slider


def test_the_slider_moves_the_kernels_view(notebook, panel):
    """A move of the slider says where it stands, and the kernel stands there too."""
    slider = move(panel, "Home", "ArrowRight", "ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("choose_mode"))
    assert notebook.evaluate_until("agent.position", 1)


def test_a_fork_in_the_panel_is_a_run_in_the_kernel(notebook, panel):
    """*Fork here* adds a lane to the page and a run to the kernel, which starts where the slider stood."""
    before = notebook.evaluate("len(agent.runs())")
    move(panel, "Home", "ArrowRight")
    panel.get_by_role("button", name="Fork here").click()
    panel.get_by_role("status").filter(has_text="fork").wait_for()
    assert notebook.evaluate("len(agent.runs())") == before + 1
    assert notebook.evaluate("agent.history().run.parent.seq") == 0
