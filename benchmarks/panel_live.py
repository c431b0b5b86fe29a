"""Watch a run of 500 steps a second in a real JupyterLab: updates, what is there at rest, what the cell pays.

The cell's time holds what the browser takes of the same cores; the kernel's own part is its processor time.

python benchmarks/panel_live.py [SECONDS of the long run]
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from playwright.sync_api import TimeoutError as Late

from tests.browser import lab  # the tests' own driver, found from the root

ROUNDS = 9
SETUP = """
import time
from notebook_agent import ApplicationBuilder, GraphBuilder, LocalTrackingClient, action
%load_ext notebook_agent

def work(ms):
    end = time.thread_time() + ms / 1000
    while time.thread_time() < end:
        pass

@action(reads=["n"], writes=["n", "note"])
def count(state):
    work(1.4)
    return state.update(n=state["n"] + 1, note=f"step {state['n']}")

counter = GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()

def made():
    return (
        ApplicationBuilder().with_graph(counter).with_entrypoint("count").with_state(n=0)
        .with_tracker(LocalTrackingClient("live", durability="normal")).build()
    )

def steps(app, number):
    began, used = time.perf_counter(), time.process_time()
    for _ in range(number):
        app.step()
    return time.perf_counter() - began, time.process_time() - used

watched, alone = made(), made()
"""
USE = "%agent use watched"
COMPARE = f"""
import statistics
pairs = []
for _ in range({ROUNDS}):
    pairs.append((steps(alone, 500), steps(watched, 500)))
    time.sleep(0.3)
slower, dearer = (statistics.median(b[n] / a[n] for a, b in pairs) - 1 for n in (0, 1))
"""
LONG = "took = steps(watched, STEPS)[0]"
COUNT = """
root => {
  const slider = root.querySelector('input[type=range]');
  window.seen = {texts: new Set(), slider};
  const look = () => {
    const text = slider.getAttribute('aria-valuetext');
    if (!window.seen.texts.has(text)) window.seen.texts.add(text);
    window.seen.frame = requestAnimationFrame(look);
  };
  look();
}
"""


def main(seconds=60):
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as name, lab.chromium() as browser:
        folder = Path(name)
        steps = int(500 * seconds)
        lab.write_notebook(folder / "live.ipynb", SETUP, USE, COMPARE, LONG.replace("STEPS", str(steps)))
        env = {"NOTEBOOK_AGENT_STORE": str(folder / "store.db")}
        env["PYTHONPATH"] = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
        with lab.jupyter_server(folder, folder / "home", **env) as server:
            page, problems = lab.new_page(browser)
            messages = Messages(page)
            notebook = lab.OpenNotebook(page, server, "live.ipynb")
            for cell in (0, 1, 2):
                notebook.run_cell(cell)
            slower, dearer = (100 * notebook.evaluate(name) for name in ("slower", "dearer"))
            print(f"a watched cell takes {slower:+.1f} % longer than one without a panel, and the kernel")
            print(f"  {dearer:+.1f} % more of its processor; what else it takes goes to the browser")
            watch(page, notebook, messages, steps)
            print(f"errors on the page: {problems or 'none'}")
            notebook.close()


class Messages:
    """Counts the messages of progress that the kernel's sockets bring."""

    def __init__(self, page):
        self.progress = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self.take))

    def take(self, frame):
        """Count a message, if it is one of progress."""
        data = frame if isinstance(frame, bytes) else frame.encode()
        self.progress += b'"event":"progress"' in data.replace(b" ", b"")


def watch(page, notebook, messages, steps):
    panel = page.get_by_role("region", name="Agent")
    slider = panel.get_by_role("slider", name="Step")
    page.evaluate(COUNT, panel.element_handle())
    before = messages.progress
    notebook.run_cell(3)
    took = notebook.evaluate("took")
    head = notebook.evaluate("watched.sequence_id")
    with contextlib.suppress(Late):
        page.wait_for_function("head => window.seen.slider.max === head", arg=str(head), timeout=10_000)
    drawn = page.evaluate("window.seen.texts.size")
    at_rest = slider.get_attribute("aria-valuetext")
    sent = messages.progress - before
    print(f"{steps / took:.0f} steps a second for {took:.0f} s: {sent / took:.1f} messages and")
    print(f"  {drawn / took:.1f} places drawn a second; at rest the page stands at '{at_rest}',")
    last = slider.get_attribute("max")
    print(f"  and has {int(last) + 1:,} of the {head + 1:,} steps")


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
