"""A grid of forks in a real JupyterLab: it fills while it runs, stops, and opens its runs."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.axe import grave, needs_axe

SETUP = """%load_ext notebook_agent
import pathlib, time
from notebook_agent import GraphBuilder, action

slow = [0.02]

@action(reads=["level", "tone"], writes=["score"])
def judge(state):
    pathlib.Path(f"judging-{slow[0]}").touch()
    time.sleep(slow[0])
    if state["level"] == 13:
        raise ValueError("<img src=x onerror=alert(1)>")
    return state.update(score=state["level"] * len(state["tone"]))

@action(reads=["score"], writes=["answer"])
def answer(state):
    return state.update(answer=f"{state['score']} points")

quiz = GraphBuilder().with_actions(judge, answer).with_transitions(("judge", "answer")).build()
%agent use quiz level:=1 tone=calm score:=0
%agent run
"""
MAP = '%agent map @start level:=[2, 5, 13] tone:=["calm", "<b>lively</b>"] -n 3 --pass "score > 9"'
FIX = """slow[0] = 0.02
_ = agent.use(agent.runs().rows[-1][1])
%agent bisect "score < 1" --fix
"""
SLOW = 'slow[0] = 30; _ = get_ipython().run_line_magic("agent", "map @start level:=[2, 5, 7] -j 1")'


@pytest.fixture(name="notebook", scope="module")
def notebook_fixture(open_notebook):
    notebook = open_notebook("grid.ipynb", SETUP, MAP, SLOW, FIX)
    notebook.run_cell(0)
    notebook.run_cell(1)
    return notebook


@pytest.fixture(name="grid")
def grid_fixture(notebook):
    grid = notebook.page.get_by_role("region", name="Forks").first
    grid.scroll_into_view_if_needed()
    return grid


def test_the_grid_tells_variants_side_by_side(notebook, grid):
    """In the order they were tried, each with its rate; texts of the run are texts, and stand there once."""
    rows = grid.get_by_role("row")
    expect(rows).to_have_count(7)
    expect(rows.nth(0)).to_have_text("leveltonerunspassed95 %failedtimediffers")
    expect(rows.nth(1)).to_contain_text("0 of 3")
    expect(rows.nth(2)).to_contain_text("3 of 3")
    expect(rows.nth(2)).to_contain_text("44% to 100%")
    expect(rows.last).to_contain_text("0 of 3")
    expect(rows.filter(has_text="<b>lively</b>")).to_have_count(3)
    assert 0 == notebook.page.locator(".jp-OutputArea b").count()
    expect(notebook.page.locator(".jp-OutputArea-child").filter(has_text="18 forks of").last).to_be_hidden()


@needs_axe
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_of_the_grid_is_grave(notebook, grid, theme):
    """In the theme of the notebook."""
    notebook.change_theme(theme)
    assert [] == grave(notebook.page, ".na-grid")


@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_of_the_grid_is_cut_off(notebook, grid, width):
    """Long values wrap where there is little room."""
    notebook.js("window.jupyterapp.shell.collapseLeft(); return null")
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    assert grid.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_a_click_on_a_fork_opens_its_run(notebook, grid):
    """In the session, which says so."""
    grid.get_by_role("button", name="fork 13: failed").click()
    expect(grid.get_by_role("status")).to_contain_text(".13 is in use")
    assert notebook.evaluate("agent.history().run.label.endswith('.13')")


def test_stop_ends_all_forks(notebook, root):
    """Of the running cell; what has been tried stays in the grid."""
    notebook.run_cell(2, wait=False)
    grid = notebook.page.get_by_role("region", name="Forks").last
    expect(grid.get_by_role("progressbar", name="Forks ended")).to_be_visible()
    lab.wait_for_file(root / "judging-30")
    grid.get_by_role("button", name="Stop").click()
    expect(grid.get_by_role("button", name="Stop")).to_have_count(0)
    notebook.wait_until_done()
    assert ["interrupted", "not begun", "not begun"] == notebook.evaluate(
        "[each.outcome for each in agent.grid.grid]"
    )


def test_what_stands_above_a_grid_s_tables_is_not_hidden(notebook):
    """Such as where a predicate first failed, and what was put in there."""
    notebook.run_cell(3)
    page = notebook.page
    expect(page.get_by_text("score < 1 first fails after @0 judge").last).to_be_visible()
    expect(page.locator(".na-grid-page").last).to_be_hidden()
