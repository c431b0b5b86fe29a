"""Time the panel in a real JupyterLab: from the start of its cell until it can be seen, in seconds."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.browser import lab  # the tests' own driver, found from the root

RUNS = 7
SETUP = """
from notebook_agent import GraphBuilder, action
%load_ext notebook_agent

@action(reads=["n"], writes=["n"])
def count(state):
    return state.update(n=state["n"] + 1)

counter = GraphBuilder().with_actions(count).with_transitions(("count", "count")).build()
"""
USE = "%agent use counter n:=0"


def main():
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as name, lab.chromium() as browser:
        folder = Path(name)
        lab.write_notebook(folder / "panel.ipynb", SETUP, *[USE] * RUNS)
        env = {"NOTEBOOK_AGENT_STORE": str(folder / "store.db")}
        env["PYTHONPATH"] = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
        with lab.jupyter_server(folder, folder / "home", **env) as server:
            page, _ = lab.new_page(browser)
            notebook = lab.OpenNotebook(page, server, "panel.ipynb")
            notebook.run_cell(0)
            times = [shown(notebook, index) for index in range(1, RUNS + 1)]
            notebook.close()
    print(f"panel on screen after its cell was started: median {statistics.median(times):.2f} s of {RUNS},")
    print(f"the first {times[0]:.2f} s, the slowest {max(times):.2f} s")


def shown(notebook, index):
    before = time.perf_counter()
    notebook.run_cell(index, wait=False)
    cell = notebook.page.locator(f'[data-windowed-list-index="{index}"]')
    cell.get_by_role("region", name="Agent").get_by_role("slider", name="Step").wait_for()
    spent = time.perf_counter() - before
    notebook.wait_until_done()
    return spent


if __name__ == "__main__":
    main()
