"""Scrub a run of 10,000 steps with a 3 MB state in a real JupyterLab: what each move takes and weighs.

python benchmarks/panel_scale.py [STEPS] [MINUTES of scrubbing, for the memory]
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser import lab  # the tests' own driver, found from the root

MOVES = 500
MAKE = """
from notebook_agent import ApplicationBuilder, GraphBuilder, LocalTrackingClient, action

TEXT = "The quick brown fox jumps over the lazy dog. " * 6

@action(reads=["chat"], writes=["chat"])
def ask(state):
    return state.append(chat={"role": "user", "content": f"{len(state['chat'])}: {TEXT}"})

@action(reads=["chat"], writes=["chat"])
def answer(state):
    return state.append(chat={"role": "assistant", "content": f"{len(state['chat'])}: {TEXT}"})

turns = ("ask", "answer"), ("answer", "ask")
agent_graph = GraphBuilder().with_actions(ask, answer).with_transitions(*turns).build()
app = (
    ApplicationBuilder().with_graph(agent_graph).with_entrypoint("ask").with_state(chat=[])
    .with_tracker(LocalTrackingClient("scale", durability="normal")).build()
)
for _ in range(STEPS):
    app.step()
%load_ext notebook_agent
"""
USE = "%agent use app"
# One move: the slider is set, and the frame in which the state of that step stands on the page is waited for.
MOVE = """
async ({root, seq}) => {
  const slider = root.querySelector('input[type=range]');
  const pane = root.querySelector('[role=tabpanel]');
  const start = performance.now();
  slider.value = seq;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  const frame = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 0)));
  await frame();
  const moved = performance.now() - start;
  const wanted = `${seq}: The quick`;
  while (pane.getAttribute('aria-busy') !== 'false' || !pane.textContent.includes(wanted)) {
    await frame();
    if (performance.now() - start > 20000) throw new Error(`step ${seq} is not shown`);
  }
  return [moved, performance.now() - start];
}
"""


def main(steps=10_000, minutes=0.0):
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as name, lab.chromium("--enable-precise-memory-info") as browser:
        folder = Path(name)
        lab.write_notebook(folder / "scale.ipynb", MAKE.replace("STEPS", str(steps)), USE)
        env = {"NOTEBOOK_AGENT_STORE": str(folder / "store.db")}
        env["PYTHONPATH"] = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
        with lab.jupyter_server(folder, folder / "home", **env) as server:
            page, problems = lab.new_page(browser)
            wire = Wire(page)
            notebook = lab.OpenNotebook(page, server, "scale.ipynb")
            notebook.run_cell(0)
            print(
                f"state of {notebook.evaluate('len(str(app.state.get_all()))') / 1e6:.1f} MB, {steps:,} steps"
            )
            shown = first_paint(notebook)
            print(f"first paint {shown[0]:.2f} s after the cell was started, the state {shown[1]:.2f} s")
            scrub(page, wire, steps)
            if minutes:
                memory(page, steps, minutes)
            print(f"errors on the page: {problems or 'none'}")
            notebook.close()


class Wire:
    """Counts the bytes that the kernel's sockets bring."""

    def __init__(self, page):
        self.bytes = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self.take))

    def take(self, frame):
        """Count a message."""
        self.bytes += len(frame if isinstance(frame, bytes) else frame.encode())


def first_paint(notebook):
    before = time.perf_counter()
    notebook.run_cell(1, wait=False)
    panel = notebook.page.get_by_role("region", name="Agent")
    panel.get_by_role("slider", name="Step").wait_for()
    slider = time.perf_counter() - before
    panel.get_by_role("tabpanel").get_by_text("The quick brown").first.wait_for()
    state = time.perf_counter() - before
    notebook.wait_until_done()
    panel.get_by_role("tab", name="State").click()
    return slider, state


def scrub(page, wire, steps):
    root = page.get_by_role("region", name="Agent").element_handle()
    page.wait_for_timeout(1500)
    for kind, places in (("one by one", walk(steps)), ("anywhere", jumps(steps))):
        before, moved, shown = wire.bytes, [], []
        for seq in places:
            first, last = page.evaluate(MOVE, {"root": root, "seq": seq})
            moved.append(first)
            shown.append(last)
        weight = (wire.bytes - before) / len(places) / 1024
        print(f"{len(places)} moves {kind}, {weight:.0f} KB over the wire a move:")
        print(f"  slider and graph painted after p50 {mid(moved):.0f}, p95 {p95(moved):.0f} ms,")
        print(f"  the state of that step after p50 {mid(shown):.0f}, p95 {p95(shown):.0f} ms")


def memory(page, steps, minutes):
    root = page.get_by_role("region", name="Agent").element_handle()
    heap = "() => { globalThis.gc?.(); return performance.memory.usedJSHeapSize / 1e6 }"
    places = random.Random(2)
    for seq in jumps(steps)[:100]:
        page.evaluate(MOVE, {"root": root, "seq": seq})
    began = page.evaluate(heap)
    sizes, moves, end = [], 0, time.monotonic() + 60 * minutes
    while time.monotonic() < end:
        page.evaluate(MOVE, {"root": root, "seq": places.randrange(steps)})
        moves += 1
        if moves % 50 == 0:
            sizes.append(page.evaluate(heap))
    tenth = max(1, len(sizes) // 10)
    first, last = statistics.median(sizes[:tenth]), statistics.median(sizes[-tenth:])
    print(f"{moves:,} moves in {minutes:g} min, memory of the page {began:.0f} MB before,")
    print(f"  {first:.0f} MB in the first tenth, {last:.0f} MB in the last")


def walk(steps):
    """Back and forth by single steps from the middle."""
    half = MOVES // 2
    there = range(steps // 2, steps // 2 - half, -1)
    return [*there, *reversed(there)]


def jumps(steps):
    places = random.Random(1)
    return [places.randrange(steps) for _ in range(MOVES)]


def mid(values):
    return statistics.median(values)


def p95(values):
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main(*[float(text) if "." in text else int(text) for text in sys.argv[1:]])
