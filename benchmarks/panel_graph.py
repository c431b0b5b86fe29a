"""Pan and zoom graphs of 8, 50 and 500 actions in a real JupyterLab: frames a second, moved in each."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser import lab  # the tests' own driver, found from the root

SIZES = 8, 50, 500
FRAMES = 120
SETUP = """
import random
from notebook_agent import GraphBuilder, action, when
%load_ext notebook_agent

@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)

def agent_of(size):
    chance = random.Random(size)
    some = chance.choices(range(size), k=size // 2)
    pairs = {(chance.randrange(max(0, n - 8), n), n) for n in range(1, size)}
    pairs |= {(n, min(size - 1, max(0, n + chance.randrange(-6, 10)))) for n in some}
    edges = [(f"action_{a}", f"action_{b}", when(n=b)) for a, b in sorted(pairs)]
    actions = {f"action_{n}": count for n in range(size)}
    return GraphBuilder().with_actions(**actions).with_transitions(*edges).build()
"""
USE = "graph_{size} = agent_of({size})\n%agent use graph_{size} --entrypoint action_0 n:=0"
MOVE = """
async ([svg, frames, zooms]) => {
  const box = svg.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const send = (type, dx) => svg.dispatchEvent(new PointerEvent(
    type, {bubbles: true, button: 0, pointerId: 1, clientX: x + dx, clientY: y + dx / 2}));
  svg.setPointerCapture = () => {};
  svg.querySelector('[role=button]').focus();
  if (!zooms) send('pointerdown', 0);
  const times = [];
  for (let i = 0; i < frames; i += 1) {
    times.push(await new Promise(requestAnimationFrame));
    const turn = Math.sin(i / 12);
    if (zooms) svg.dispatchEvent(new WheelEvent(
      'wheel', {bubbles: true, cancelable: true, deltaY: -40 * turn, clientX: x, clientY: y}));
    else send('pointermove', 80 * turn);
  }
  send('pointerup', 0);
  return times;
}
"""


def main():
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as name, lab.chromium() as browser:
        folder = Path(name)
        lab.write_notebook(folder / "graph.ipynb", SETUP, *[USE.format(size=size) for size in SIZES])
        env = {"NOTEBOOK_AGENT_STORE": str(folder / "store.db")}
        env["PYTHONPATH"] = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
        with lab.jupyter_server(folder, folder / "home", **env) as server:
            page, problems = lab.new_page(browser)
            notebook = lab.OpenNotebook(page, server, "graph.ipynb")
            notebook.run_cell(0)
            for cell, size in enumerate(SIZES, 1):
                notebook.run_cell(cell)
                rates(page, size)
            print(f"errors on the page: {problems or 'none'}")
            notebook.close()


def rates(page, size):
    """Move in each frame and print how many came in a second; the slowest twentieth of frames beside it."""
    drawing = page.get_by_role("region", name="Agent").last.get_by_role("group", name="Graph")
    drawing.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    for kind in ("pan", "zoom", "pan of the whole", "zoom of the whole"):
        if kind == "pan of the whole":
            page.get_by_role("region", name="Agent").last.get_by_role("button", name="Fit graph").click()
            page.wait_for_timeout(500)
        times = page.evaluate(MOVE, [drawing.element_handle(), FRAMES, kind.startswith("zoom")])
        gaps = [b - a for a, b in pairwise(times)]
        slow = statistics.quantiles(gaps, n=20)[-1]
        rate = 1000 * len(gaps) / (times[-1] - times[0])
        print(f"{size:3} actions, {kind:17}: {rate:.0f} frames a second, 19 of 20 within {slow:.0f} ms")


if __name__ == "__main__":
    main()
