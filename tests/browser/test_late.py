"""A page that tells its place late, since the network or the machine is slow."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser import lab
from tests.browser.test_hosts import CELLS


class Held:
    """The page's socket to its kernel; what tells a place is held back while `holds`."""

    def __init__(self, page):
        self.holds = False
        self.late = []
        page.route_web_socket(re.compile("/channels"), self.join)

    def join(self, socket):
        """Connect the page with the server."""
        server = socket.connect_to_server()
        socket.on_message(lambda message: self.pass_on(server, message))

    def pass_on(self, server, message):
        """Send a message on, or hold it back."""
        data = message if isinstance(message, bytes) else message.encode()
        tells = b'"place"' in data and b'"update"' in data
        if self.holds and tells:
            self.late.append((server, message))
        else:
            server.send(message)

    def wait(self, page):
        """Wait until something was held back, frame by frame."""
        while not self.late:
            page.evaluate("new Promise(requestAnimationFrame)")

    def release(self):
        """Send what was held back."""
        self.holds = False
        for server, message in self.late:
            server.send(message)


def test_a_place_that_is_told_late_makes_no_fork(browser, server, root):
    """The run went on meanwhile: the kernel stays at its head, and takes the page there."""
    lab.write_notebook(root / "late.ipynb", *CELLS, "%agent step 2;", "%agent step;")
    page, problems = lab.new_page(browser)
    held = Held(page)
    notebook = lab.OpenNotebook(page, server, "late.ipynb")
    for cell in range(3):
        notebook.run_cell(cell)
    slider = page.get_by_role("region", name="Agent").get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", "step 5 of 5: say, completed")
    held.holds = True
    slider.fill("1")
    expect(page.get_by_role("tabpanel", name="State")).to_contain_text("this is 1")
    held.wait(page)
    notebook.run_cell(3)
    assert [7, 1] == [notebook.evaluate("agent.position"), notebook.evaluate("len(agent.history().family())")]
    held.release()
    notebook.run_cell(4)
    assert [8, 1] == [notebook.evaluate("agent.position"), notebook.evaluate("len(agent.history().family())")]
    expect(slider).to_have_attribute("aria-valuetext", "step 8 of 8: count, completed")
    assert problems == []
    notebook.close()
