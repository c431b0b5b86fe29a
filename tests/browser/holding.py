"""Runs of each kind in a notebook, and the panel's controls while they go on."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser import lab

SETUP = """
import asyncio, time
from notebook_agent import GraphBuilder, action
%load_ext notebook_agent

@action(reads=["n"], writes=["n"])
def count(state):
    time.sleep(0.1)
    return state.update(n=state["n"] + 1)

@action(reads=["n"], writes=["n"])
async def wait(state):
    await asyncio.sleep(0.1)
    return state.update(n=state["n"] + 1)

def ring(*functions):
    return GraphBuilder().with_actions(**dict(zip(("first", "second"), functions))).with_transitions(
        ("first", "second"), ("second", "first")
    ).build()

plain, awaited = ring(count, count), ring(wait, wait)
"""
KINDS = {
    "sync": ("%agent use plain n:=0", "%agent run --max-steps 3000"),
    "async": ("%agent use awaited n:=0", "await agent.app.arun(max_steps=3000);"),
    "thread": ("%agent use plain n:=0", "%agent run --max-steps 3000 --background"),
}
"""By kind: what takes a graph into use, and what runs it for longer than a slow machine takes for a test."""

RESTS = re.compile("halted|interrupted|not started")


class Controls:
    """The panel of a notebook that was made of `cells(kind)`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.panel = page.get_by_role("region", name="Agent").last
        self.pill = self.panel.locator(".na-pill")

    def button(self, name: str) -> Locator:
        """A command's button, whatever it says beside its name."""
        return self.panel.get_by_role("group", name="Commands").get_by_role(
            "button", name=re.compile(f"^{name}")
        )

    def click(self, name: str) -> None:
        """Click it from the page, and keep when."""
        expect(self.button(name)).to_be_enabled()
        self.button(name).evaluate("button => { window.clickedAt = performance.now(); button.click() }")

    def since_click(self, pattern: re.Pattern[str], seconds: float = 30) -> float:
        """Wait until the pill, another element each time, says so; return how long after the click, in ms."""
        return self.page.wait_for_function(
            "([panel, pattern]) => new RegExp(pattern).test(panel.querySelector('.na-pill').textContent)"
            " && performance.now() - window.clickedAt",
            arg=[self.panel.element_handle(), pattern.pattern],
            timeout=seconds * 1000,
        ).json_value()

    def steps(self) -> int:
        """The number of the last step."""
        text = self.panel.get_by_role("slider", name="Step").get_attribute("max")
        return int(text or -1)


def cells(kind: str) -> tuple[str, str, str]:
    """The cells of a notebook: definitions, the panel, the run."""
    return (SETUP, *KINDS[kind])


def started(notebook: lab.OpenNotebook) -> Controls:
    """Run the cells, the last without waiting for it, and return the panel once the run goes on."""
    notebook.run_cell(0)
    notebook.run_cell(1)
    controls = Controls(notebook.page)
    controls.panel.wait_for()
    notebook.run_cell(2, wait=False)
    expect(controls.pill).to_have_text("running")
    return controls
