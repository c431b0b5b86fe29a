"""The panel wherever notebooks live: JupyterLab, Notebook 7, marimo, nbconvert, a file without its kernel."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser import lab

SETUP = """
from notebook_agent import GraphBuilder, action
%load_ext notebook_agent

@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)

@action(reads=["n"], writes=["text"])
def say(state):
    return state.update(text=f"this is {state['n']}")

talk = GraphBuilder().with_actions(count, say).with_transitions(("count", "say"), ("say", "count")).build()
"""
CELLS = (SETUP, "%agent use talk n:=0", "%agent step 6;")
MARIMO = """
import marimo

app = marimo.App()


@app.cell
def _():
    import notebook_agent
    from notebook_agent import GraphBuilder, action
    from notebook_agent.widgets import StateView, TimeSlider

    @action(reads=["n"], writes=["n"])
    def count(state):
        return state.update(n=state["n"] + 1)

    talk = GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
    agent = notebook_agent.use(talk, state={"n": 0})
    agent.step(4)
    return StateView, TimeSlider, agent


@app.cell
def _(agent):
    agent
    return


@app.cell
def _(agent):
    agent.panel()
    return


@app.cell
def _(StateView, agent):
    StateView(agent)
    return


@app.cell
def _(TimeSlider, agent):
    TimeSlider(agent)
    return


if __name__ == "__main__":
    app.run()
"""


@pytest.fixture(name="server", scope="module", params=["lab", "notebook"])
def server_fixture(request, root, tmp_path_factory):
    home = tmp_path_factory.mktemp(f"home-{request.param}")
    store = str(home / "store.db")
    with lab.jupyter_server(root, home, kind=request.param, NOTEBOOK_AGENT_STORE=store) as server:
        yield server


@pytest.fixture(name="notebook", scope="module")
def notebook_fixture(browser, server, root):
    name = f"hosts-{server.kind}.ipynb"
    lab.write_notebook(root / name, *CELLS)
    page, problems = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, name)
    notebook.run_all()
    yield notebook
    known = "reading 'schema'"  # Notebook 7.6 says this of itself
    assert [] == [problem for problem in problems if known not in problem]
    notebook.close()


def slider_of(page):
    return page.get_by_role("region", name="Agent").get_by_role("slider", name="Step")


def test_it_follows_the_run_and_scrubs(notebook):
    """The slider is at the head, and the kernel stands where it is moved to."""
    slider = slider_of(notebook.page)
    expect(slider).to_have_attribute("aria-valuetext", "step 5 of 5: say, completed")
    slider.fill("1")
    expect(notebook.page.get_by_role("tabpanel", name="State")).to_contain_text("this is 1")
    assert notebook.evaluate_until("agent.position", 1)


def test_several_panels_of_one_agent_stand_together(notebook):
    """A second panel opens where the first stands, and both follow."""
    slider_of(notebook.page).first.fill("3")
    assert notebook.evaluate_until("agent.position", 3)
    cell = "{cell_type: 'code', source: '%agent panel'}"
    notebook.js(f"panel.content.model.sharedModel.insertCell(3, {cell}); return null")
    notebook.run_cell(3)
    sliders = slider_of(notebook.page)
    expect(sliders).to_have_count(2)
    expect(sliders.last).to_have_value("3")
    sliders.last.fill("2")
    expect(sliders.first).to_have_value("2")


def test_the_list_of_runs_is_searched(notebook):
    """Opened from the header; Escape closes it."""
    panel = notebook.page.get_by_role("region", name="Agent").first
    panel.get_by_role("button", name=re.compile("list of runs")).click()
    runs = panel.get_by_role("region", name="All runs")
    runs.get_by_role("searchbox", name="Search runs").fill("no such run")
    expect(runs).to_contain_text("No run is like that.")
    runs.get_by_role("searchbox", name="Search runs").press("Escape")
    expect(runs).to_have_count(0)


def test_a_saved_notebook_scrubs_without_its_kernel(notebook, browser, root):
    """As nbconvert's HTML, offline; the run goes on in the page that was sent last."""
    from nbconvert import HTMLExporter

    notebook.save()
    path = root / f"{notebook.kind}.html"
    text, _ = HTMLExporter().from_filename(str(root / f"hosts-{notebook.kind}.ipynb"))
    path.write_text(text, encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    frame = page.frame_locator("iframe").last
    frame.get_by_role("slider", name="Step").fill("1")
    expect(frame.get_by_role("tabpanel")).to_contain_text("this is 1")
    context.close()


def test_a_reopened_notebook_scrubs_without_its_kernel(notebook, server, browser, root):
    """Its widget is gone, and the recorded page stands in for it."""
    notebook.save()
    name = f"again-{server.kind}.ipynb"
    shutil.copy(root / f"hosts-{server.kind}.ipynb", root / name)
    page, _ = lab.new_page(browser)
    again = lab.OpenNotebook(page, server, name)
    frame = page.frame_locator("iframe[title='Agent, as recorded']").last
    frame.get_by_role("slider", name="Step").fill("1")
    expect(frame.get_by_role("tabpanel")).to_contain_text("this is 1")
    again.close()


def test_a_notebook_that_is_not_trusted_shows_the_graph(notebook, browser, root, tmp_path):
    """As it comes from somebody else: no script of it runs, and the picture stands in for the page."""
    notebook.save()
    (tmp_path / "root").mkdir()
    shutil.copy(root / f"hosts-{notebook.kind}.ipynb", tmp_path / "root" / "from-another.ipynb")
    with lab.jupyter_server(tmp_path / "root", tmp_path / "home", kind=notebook.kind) as server:
        page, _ = lab.new_page(browser)
        foreign = lab.OpenNotebook(page, server, "from-another.ipynb")
        expect(page.get_by_role("img", name=re.compile("^talk-")).first).to_be_visible()
        expect(page.get_by_text("2 actions, next count, 0 steps")).to_be_visible()
        assert (0, 0) == (page.locator("iframe[srcdoc]").count(), slider_of(page).count())
        foreign.close()


def test_a_page_that_was_loaded_again_says_how_the_replay_is_kept(server, browser, root):
    """Jupyter finds no output again that it showed before; the panel itself goes on."""
    name = f"loaded-{server.kind}.ipynb"
    lab.write_notebook(root / name, *CELLS, "%agent step 1;")
    page, _ = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, name)
    for cell in range(3):
        notebook.run_cell(cell)
    notebook.save()
    notebook = lab.OpenNotebook(page, server, name)
    expect(slider_of(page)).to_have_attribute("aria-valuetext", "step 5 of 5: say, completed")
    notebook.run_cell(3)
    expect(slider_of(page)).to_have_attribute("aria-valuetext", "step 6 of 6: count, completed")
    expect(page.get_by_text("%agent panel adds one that is kept up to date")).to_be_visible()
    notebook.close()


@contextlib.contextmanager
def marimo(path, tmp_path):
    port = lab.free_port()
    command = [sys.executable, "-m", "marimo", "-y", "run", str(path), "--headless", "--no-token"]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    env = {**os.environ, "NOTEBOOK_AGENT_STORE": str(tmp_path / "store.db"), "HOME": str(tmp_path)}
    log = tmp_path / "marimo.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env)
    try:
        lab.wait_until_up(f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        lab.end(process)


def test_it_lives_in_marimo(browser, tmp_path):
    """Where there are no magics: an agent, its panel and its parts, each in a cell, stand together."""
    path = tmp_path / "talk.py"
    path.write_text(MARIMO)
    with marimo(path, tmp_path) as url:
        page, problems = lab.new_page(browser)
        page.goto(url)
        sliders, states = slider_of(page), page.get_by_role("tabpanel", name="State")
        expect(sliders).to_have_count(3, timeout=60_000)
        expect(states).to_have_count(3)
        expect(sliders.last).to_have_attribute("aria-valuetext", "step 3 of 3: count, completed")
        sliders.last.fill("1")
        for n in range(3):
            expect(sliders.nth(n)).to_have_attribute("aria-valuetext", "step 1 of 3: count, completed")
            expect(states.nth(n)).to_contain_text("2")
        page.context.close()
    assert [] == problems
