"""A panel whose kernel was restarted behind its back."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import holding, lab


def test_a_command_after_a_restart_says_so_and_locks_nothing(browser, server, root):
    """Every command stays where it is, also after several of them, and no error reaches the page."""
    lab.write_notebook(root / "restart.ipynb", holding.SETUP, "%agent use plain n:=0", "%agent step 2;")
    page, problems = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, "restart.ipynb")
    notebook.run_all()
    controls = holding.Controls(page)
    expect(controls.panel.get_by_role("slider", name="Step")).to_have_attribute("max", "1")
    notebook.js("await session.session.kernel.restart(); return null")
    notebook.wait_for("kernel?.status === 'idle'")
    status = controls.panel.get_by_role("status")
    for name in ("Step", "Fork here", "Run"):
        controls.click(name)
        expect(status).to_have_text(re.compile("the kernel was restarted: run the cells again"))
        expect(controls.button(name)).to_be_enabled()
    assert problems == []
    notebook.close()


def test_after_a_restart_the_recorded_steps_are_seen_again(browser, server, root):
    """They knew every step, and stayed hidden under a panel that knows none."""
    lab.write_notebook(
        root / "replay.ipynb", holding.SETUP, "%agent use plain n:=0", "%agent step 2;", "agent"
    )
    page, problems = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, "replay.ipynb")
    notebook.run_all()
    panel, replay = page.get_by_role("region", name="Agent").last, page.locator("iframe").last
    expect(panel.get_by_role("slider", name="Step")).to_have_attribute("max", "1")
    expect(replay).to_be_hidden()
    notebook.js("await session.session.kernel.restart(); return null")
    notebook.wait_for("kernel?.status === 'idle'")
    panel.get_by_role("button", name="Step", exact=True).click()
    expect(panel.get_by_role("status")).to_contain_text("the kernel was restarted")
    expect(panel.get_by_role("tabpanel")).to_be_hidden()
    expect(replay.content_frame.get_by_role("slider", name="Step")).to_have_attribute("max", "1")
    assert problems == []
    notebook.close()
