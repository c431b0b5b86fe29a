"""Watch a run of 500 steps a second in a real JupyterLab: updates, what is there at rest, what the cell pays.

First by itself, where nobody shows what the panel says: that is the kernel's own part. Then with a page on
the same cores, with what each of the processes takes of them.

python benchmarks/panel_live.py [SECONDS of the long run]
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import psutil
from playwright.sync_api import TimeoutError as Late

from tests.browser import lab  # the tests' own driver, found from the root
from tests.kernels import Kernel

ROUNDS = 9
SETUP = """
import contextlib, os, statistics, time
from notebook_agent import ApplicationBuilder, GraphBuilder, LocalTrackingClient, action
from notebook_agent.errors import MaxStepsError
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

def run(app, number):
    began, used = time.perf_counter(), time.process_time()
    with contextlib.suppress(MaxStepsError):
        app.run(max_steps=number)
    return time.perf_counter() - began, time.process_time() - used

watched, alone = made(), made()
"""
USE = "%agent use watched"
COMPARE = f"""
pairs = []
for _ in range({ROUNDS}):
    pairs.append((GO(alone, 500), GO(watched, 500)))
    time.sleep(0.3)
slower, dearer = (statistics.median(b[n] / a[n] for a, b in pairs) - 1 for n in (0, 1))
"""
SAID = "print(f'{100 * slower:+.1f} % longer, {100 * dearer:+.1f} % more of the processor')"
BY_STEPS, BY_RUN = COMPARE.replace("GO", "steps"), COMPARE.replace("GO", "run")
LONG = "took = steps(APP, STEPS)[0]"
COUNT = """
root => {
  const slider = root.querySelector('input[type=range]');
  const seen = window.seen = {slider, messages: 0, drawn: 0};
  const {kernel} = window.jupyterapp.shell.currentWidget.sessionContext.session;
  const isProgress = ({content}) => content.data?.content?.event === 'progress';
  kernel.iopubMessage.connect((_, message) => { seen.messages += isProgress(message) });
  let due = false;
  const draw = () => { due = false; seen.drawn += 1 };
  new MutationObserver(() => {
    if (!due) requestAnimationFrame(draw);
    due = true;
  }).observe(slider, {attributes: true, attributeFilter: ['aria-valuetext']});
}
"""


def main(seconds=60):
    root = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
        env = {"NOTEBOOK_AGENT_STORE": str(folder / "store.db"), "PYTHONPATH": path}
        print("a watched cell beside one without a panel:")
        for how, said in zip(("step by step", "by one call of run"), unseen(folder, env), strict=True):
            print(f"  where no page shows it, for the panel's own work, {how}: {said}")
        steps = int(500 * seconds)
        cells = SETUP, USE, BY_STEPS, written("alone", steps // 6), written("watched", steps)
        lab.write_notebook(folder / "live.ipynb", *cells)
        with lab.chromium() as browser, lab.jupyter_server(folder, folder / "home", **env) as server:
            page, problems = lab.new_page(browser)
            notebook = lab.OpenNotebook(page, server, "live.ipynb")
            for cell in (0, 1, 2):
                notebook.run_cell(cell)
            slower, dearer = (100 * notebook.evaluate(name) for name in ("slower", "dearer"))
            print(f"  with a page on the same {os.cpu_count()} cores: {slower:+.1f} % longer,", end=" ")
            print(f"{dearer:+.1f} % more of the kernel's processor")
            watch(page, notebook, steps)
            print(f"errors on the page: {problems or 'none'}")
            notebook.close()


def written(app, steps):
    return LONG.replace("APP", app).replace("STEPS", str(steps))


def unseen(folder, env):
    """Compare in a kernel that nobody listens to: by single steps, and by runs."""
    with Kernel(folder, **env) as kernel:
        kernel.run(SETUP)
        kernel.run(USE)
        for cell in (BY_STEPS, BY_RUN):
            kernel.run(cell, timeout=600)
            yield kernel.run(SAID).stdout.strip()


def watch(page, notebook, steps):
    panel = page.get_by_role("region", name="Agent")
    slider = panel.get_by_role("slider", name="Step")
    page.evaluate(COUNT, panel.element_handle())
    use = Use(notebook.evaluate("os.getpid()"))
    notebook.run_cell(3)
    at_rest = use.since()
    notebook.run_cell(4)
    shares = use.since()
    took = notebook.evaluate("took")
    head = notebook.evaluate("watched.sequence_id")
    with contextlib.suppress(Late):
        page.wait_for_function("head => window.seen.slider.max === head", arg=str(head), timeout=10_000)
    drawn, sent = (page.evaluate(f"window.seen.{name}") for name in ("drawn", "messages"))
    print(f"{steps / took:.0f} steps a second for {took:.0f} s: {sent / took:.1f} messages and")
    print(f"  {drawn / took:.1f} places drawn a second; at rest the page stands at")
    place, last = (slider.get_attribute(name) for name in ("aria-valuetext", "max"))
    print(f"  '{place}', and has {int(last) + 1:,} of the {head + 1:,} steps")
    print("parts of a core meanwhile, and while a run without a panel goes on:")
    for name, share in shares.items():
        print(f"  {name:<34}{share:5.0%}{at_rest[name]:8.0%}")


class Use:
    """What the processes take of the processor, each as a part of one core."""

    def __init__(self, kernel):
        self.kernel = psutil.Process(kernel)
        self.server = self.kernel.parent()
        self.before = self.seconds(), time.perf_counter()

    def seconds(self):
        used = {"kernel": spent(self.kernel), "server": spent(self.server)}
        used |= dict.fromkeys(("page", "drawing, and the rest of Chromium", "measuring"), 0.0)
        used["measuring"] = spent(psutil.Process())
        for each in psutil.Process().children(recursive=True):
            if each.pid not in {self.kernel.pid, self.server.pid}:
                used[part_of(each)] += spent(each)
        return used

    def since(self):
        """Return what was taken since it was asked last."""
        (old, began), now = self.before, (self.seconds(), time.perf_counter())
        self.before = now
        return {name: (used - old[name]) / (now[1] - began) for name, used in now[0].items()}


def part_of(process):
    if "chrom" not in process.name():
        return "measuring"
    return "page" if "--type=renderer" in process.cmdline() else "drawing, and the rest of Chromium"


def spent(process):
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
