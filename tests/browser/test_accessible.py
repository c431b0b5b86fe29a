"""axe-core finds nothing serious, light and dark, wide and narrow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notebook_agent.view.page import render

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "tests" / "fixtures" / "wire" / "page.json"
AXE = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("State", "Diff", "Calls", "Why", "Code", "Error")
GRAVE = {"serious", "critical"}


def grave(page):
    """Return the rules that are broken gravely, with the first place of each."""
    found = page.evaluate("axe.run(document.querySelector('#notebook-agent'))")["violations"]
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
