"""axe-core finds nothing serious, light and dark, wide and narrow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notebook_agent.view.page import render
from tests.browser import lab
from tests.browser.test_hosts import SETUP

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "wire" / "page.json"
AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("State", "Diff", "Calls", "Why", "Code", "Error")
GRAVE = {"serious", "critical"}
FAILS = (
    SETUP.replace("def say(state):", "def say(state):\n    assert state['n'] < 3, 'three is too many'"),
    "%agent use talk n:=0",
    "%agent step 6;",
)


def grave(page, place="#notebook-agent"):
    """Return the rules that are broken gravely, with the first place of each."""
    found = page.evaluate("place => axe.run(document.querySelector(place))", place)["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in GRAVE]


@pytest.mark.skipif(not AXE.exists(), reason="npm ci in widgets/ brings axe-core")
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
    page.add_script_tag(path=AXE)
    found = {}
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        found[tab] = grave(page)
    context.close()
    assert {tab: [] for tab in TABS} == found


@pytest.fixture(name="live", scope="module")
def live_fixture(browser, server, root):
    """A live panel in JupyterLab, whose run has failed."""
    lab.write_notebook(root / "accessible.ipynb", *FAILS)
    page, _ = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, "accessible.ipynb")
    notebook.run_all()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    yield notebook
    notebook.close()


@pytest.mark.skipif(not AXE.exists(), reason="npm ci in widgets/ brings axe-core")
@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_of_the_live_panel_is_grave(live, theme, width):
    """In each tab, at the failed head and in the past, in the theme of the notebook."""
    page = live.page
    page.set_viewport_size({"width": width, "height": 1000})
    change = f"await window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})"
    live.js(f"{change}; return null")
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)
    panel = page.get_by_role("region", name="Agent")
    found = {}
    for place in ("4", "1"):
        panel.get_by_role("slider", name="Step").fill(place)
        for tab in TABS:
            panel.get_by_role("tab", name=tab).click()
            found[tab, place] = grave(page, "section.na-panel")
    assert {key: [] for key in found} == found
