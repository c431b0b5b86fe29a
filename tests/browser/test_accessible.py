"""axe-core finds nothing serious, light and dark, wide and narrow."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from notebook_agent import ApplicationBuilder, action
from notebook_agent.session.pages import page_of
from notebook_agent.view.page import render
from tests.browser.axe import grave, needs_axe
from tests.browser.test_hosts import SETUP

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "wire" / "page.json"
TABS = ("State", "Diff", "Calls", "Why", "Code", "Error")
OPENED = {
    "^Breakpoints": ("region", "Breakpoints"),
    "^Budget": ("form", "Budget"),
    "^Keys": ("region", "Keys"),
    "list of runs": ("region", "All runs"),
    "^Edit n": ("textbox", "n"),
    "^Who wrote n": ("region", "Who wrote n"),
    "^Re-run this step": ("form", "What it takes"),
}
"""By what opens it: the role and the name of what is then there."""
FAILS = (
    SETUP.replace("def say(state):", "def say(state):\n    assert state['n'] < 3, 'three is too many'"),
    "%agent use talk n:=0",
    "%agent step 6;",
)


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_is_grave(browser, tmp_path, scheme, width):
    """In each tab, at the head and in the past."""
    path = tmp_path / "page.html"
    path.write_text(render(json.loads(FIXTURE.read_text()), "chat"), encoding="utf-8")
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True, offline=True
    )
    page = context.new_page()
    page.goto(path.as_uri())
    page.get_by_role("slider", name="Step").fill("6")
    found = {}
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        found[tab] = grave(page, "#notebook-agent")
    context.close()
    assert {tab: [] for tab in TABS} == found


@action(reads=["level"], writes=["score"])
def judge(state):
    """Fail at one level."""
    if state["level"] == 13:
        raise ValueError("thirteen cannot be judged")
    return state.update(score=state["level"])


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_grid_among_the_lanes_is_one_lane_that_opens(browser, tmp_path, scheme):
    """By the arrows of the keyboard; nothing of it is grave."""
    app = (
        ApplicationBuilder().with_actions(judge).with_entrypoint("judge").with_state(level=1, score=0).build()
    )
    app.step()
    app.map_forks(None, state={"level": [2, 13]}, repeats=3)
    path = tmp_path / "grid.html"
    path.write_text(render(page_of(app.history, app.graph), "grid"), encoding="utf-8")
    page = browser.new_context(color_scheme=scheme, bypass_csp=True, offline=True).new_page()
    page.goto(path.as_uri())
    lane = page.get_by_role("treeitem", name=re.compile("6 forks, 3 failed$"))
    expect(page.get_by_role("tabpanel")).not_to_contain_text("Loading…")
    found = [grave(page)]
    lane.press("ArrowRight")
    expect(page.get_by_role("treeitem")).to_have_count(8)
    found.append(grave(page))
    page.context.close()
    assert [[], []] == found


@pytest.fixture(name="live", scope="module")
def live_fixture(open_notebook):
    """A live panel in JupyterLab, whose run has failed."""
    notebook = open_notebook("accessible.ipynb", *FAILS)
    notebook.run_all()
    return notebook


@needs_axe
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_of_the_live_panel_is_grave(live, theme, width):
    """In each tab, at the failed head and in the past, in the theme of the notebook."""
    page = live.page
    page.set_viewport_size({"width": width, "height": 1000})
    live.change_theme(theme)
    panel = page.get_by_role("region", name="Agent")
    found = {}
    for place in ("4", "1"):
        panel.get_by_role("slider", name="Step").fill(place)
        for tab in TABS:
            panel.get_by_role("tab", name=tab).click()
            found[tab, place] = grave(page)
    assert {key: [] for key in found} == found


@needs_axe
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_is_grave_in_what_opens(live, theme):
    """The forms, an edit, the help of keys, the list of runs, who wrote a value, two runs side by side."""
    page = live.page
    page.set_viewport_size({"width": 1400, "height": 1000})
    live.change_theme(theme)
    panel = page.get_by_role("region", name="Agent")
    if panel.get_by_role("treeitem").count() == 1:
        panel.get_by_role("slider", name="Step").fill("1")
        panel.get_by_role("button", name="Fork here").click()
        expect(panel.get_by_role("treeitem")).to_have_count(2)
    panel.get_by_role("tab", name="State").click()
    found = {}
    for opener, opened in OPENED.items():
        panel.get_by_role("button", name=re.compile(opener)).first.click()
        panel.get_by_role(*opened[:1], name=re.compile(opened[1])).wait_for()
        found[opener] = grave(page)
        page.keyboard.press("Escape")
    other = panel.get_by_role("treeitem", selected=False)
    other.press("c")
    panel.get_by_role("region", name="Comparison").wait_for()
    found["compared"] = grave(page)
    panel.get_by_role("button", name="Close comparison").click()
    assert {key: [] for key in found} == found
