"""Pause, step, go on and stop in a real JupyterLab while a run goes on, also on ipykernel 6.31."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import holding, lab
from tests.browser.axe import grave, needs_axe

OLD = os.environ.get("NOTEBOOK_AGENT_OLD_KERNEL", "")
"""A folder with ipykernel 6.31, which `.ci/test` makes."""
PAUSED = re.compile("paused before")


@pytest.fixture(name="host", scope="module")
def host_fixture(tmp_path_factory):
    root, home = tmp_path_factory.mktemp("holding"), tmp_path_factory.mktemp("home")
    kernels = {"old": Path(OLD)} if OLD else {}
    store = str(home / "store.db")
    with lab.jupyter_server(root, home, kernels=kernels, NOTEBOOK_AGENT_STORE=store) as server:
        yield server, root


@pytest.fixture(name="start")
def start_fixture(browser, host):
    server, root = host
    opened = []

    def start(kind, kernel="python3"):
        name = f"{kind}-{kernel}.ipynb"
        lab.write_notebook(root / name, *holding.cells(kind), kernel=kernel)
        page, problems = lab.new_page(browser)
        opened.append((lab.OpenNotebook(page, server, name), problems))
        return opened[-1][0], holding.started(opened[-1][0])

    yield start
    for notebook, problems in opened:
        notebook.close()
        assert [] == problems


@pytest.mark.parametrize("kind", ["sync", "async", "thread"])
def test_a_run_is_paused_stepped_let_go_and_stopped(start, kind):
    """A held run makes no step, a step is one, and Stop ends it."""
    notebook, controls = start(kind)
    controls.click("Pause")
    expect(controls.pill).to_have_text(PAUSED)
    expect(controls.button("Run")).to_be_enabled()
    slider = controls.panel.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("completed"))
    before = controls.steps()
    controls.click("Step")
    expect(slider).to_have_attribute("max", str(before + 1))
    expect(controls.pill).to_have_text(PAUSED)
    controls.click("Run")
    expect(controls.pill).to_have_text("running")
    controls.click("Stop")
    expect(controls.pill).to_have_text(holding.RESTS)
    notebook.wait_until_done()
    made = notebook.evaluate("agent.app.state['n']")
    expect(slider).to_have_attribute("max", re.compile(f"^({made - 1}|{made})$"))


@pytest.mark.skipif(not OLD, reason=".ci/test brings ipykernel 6.31")
def test_an_old_kernel_says_that_a_click_waits_and_stops_all_the_same(start):
    """What blocks its cell hears nothing before that ends, but an interrupt reaches it."""
    notebook, controls = start("sync", "old")
    controls.click("Pause")
    expect(controls.button("Pause")).to_have_text(re.compile("queued"))
    controls.click("Stop")
    notebook.wait_until_done()
    expect(controls.pill).to_have_text(re.compile("interrupted|halted"))
    assert notebook.evaluate("__import__('ipykernel').__version__").startswith("6.31")


@pytest.mark.skipif(not OLD, reason=".ci/test brings ipykernel 6.31")
def test_a_run_beside_the_cells_is_live_on_an_old_kernel(start):
    """As on every other."""
    notebook, controls = start("thread", "old")
    controls.click("Pause")
    expect(controls.pill).to_have_text(PAUSED)
    controls.click("Stop")
    expect(controls.pill).to_have_text(holding.RESTS)
    assert notebook.evaluate("__import__('ipykernel').__version__").startswith("6.31")


def test_a_breakpoint_that_is_clicked_holds_the_panels_run_and_halts_the_cells(start):
    """It is set at the node's edge, shown in its name, and cleared by another click."""
    notebook, controls = start("thread")
    controls.click("Stop")
    expect(controls.pill).to_have_text(holding.RESTS)
    mark = controls.panel.get_by_role("button", name="breakpoint before second")
    mark.click()
    expect(
        controls.panel.get_by_role("button", name=re.compile("^action second.*, breakpoint$"))
    ).to_be_visible()
    controls.click("Run")
    expect(controls.pill).to_have_text("paused before second")
    controls.click("Stop")
    expect(controls.pill).to_have_text(holding.RESTS)
    mark.click()
    expect(controls.button("Breakpoints, 0 set")).to_be_visible()
    assert {} == notebook.evaluate("agent.app.gate.breakpoints")


TALK = """
import time
from notebook_agent import GraphBuilder, action
%load_ext notebook_agent

@action(reads=[], writes=["said", "topic"])
def hear(state, message: str):
    return state.append(said={"role": "user", "content": message}).update(topic=message)

@action(reads=["topic"], writes=["said"])
def reply(state):
    time.sleep(0.5)
    return state.append(said={"role": "assistant", "content": f"all about {state['topic']}"})

talk = GraphBuilder().with_actions(hear, reply).with_transitions(("hear", "reply"), ("reply", "hear")).build()
"""


def test_a_chat_sends_with_enter_and_shows_the_answer(browser, host):
    """In a box of its own, and in the panel's tab."""
    server, root = host
    lab.write_notebook(root / "chat.ipynb", TALK, "%agent use talk", "%agent chat")
    page, problems = lab.new_page(browser)
    notebook = lab.OpenNotebook(page, server, "chat.ipynb")
    notebook.run_all()
    panel, chat = (page.get_by_role("region", name="Agent").nth(n) for n in (0, 1))
    box = chat.get_by_role("textbox", name="Message")
    box.fill("pens")
    box.press("Enter")
    expect(chat.get_by_role("log", name="Conversation")).to_contain_text("all about pens")
    panel.get_by_role("tab", name="Chat").click()
    expect(panel.get_by_role("log", name="Conversation")).to_contain_text("all about pens")
    assert notebook.evaluate("[each['content'] for each in agent.app.state['said']]") == [
        "pens",
        "all about pens",
    ]
    notebook.close()
    assert [] == problems


@needs_axe
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_grave_in_the_controls_and_the_chat(browser, host, dark):
    """With each of them open."""
    server, root = host
    name = f"grave-{dark}.ipynb"
    lab.write_notebook(root / name, TALK, "%agent use talk", "%agent break reply", "%agent run message=pens")
    page, _ = lab.new_page(browser, dark=dark)
    notebook = lab.OpenNotebook(page, server, name)
    notebook.run_all()
    controls = holding.Controls(page)
    found = {"rest": grave(page)}
    for opened in ("Breakpoints", "Budget"):
        controls.click(opened)
        found[opened] = grave(page)
    controls.panel.get_by_role("tab", name="Chat").click()
    found["Chat"] = grave(page)
    notebook.close()
    assert {key: [] for key in ("rest", "Breakpoints", "Budget", "Chat")} == found
