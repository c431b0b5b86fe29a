"""Pause, step, go on and stop while a run goes on: every kernel, in every host, for every kind of run.

python benchmarks/controls.py [KERNEL ...]      such as 6.31.0 7.4.0; without any all of KERNELS

A time is from the click to what the page shows of it, in ms. `queued` is what the button says
where the click has to wait for the end of the cell; Stop ends that cell by an interrupt.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import peers
from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as Late

from tests.browser import holding, lab  # the tests' own driver, found from the root

KERNELS = ("6.31.0", "7.3.0", "7.4.0")
HOSTS = ("lab", "notebook")
PAUSED = re.compile("paused before")
LONGEST = 3
"""Seconds after which a click is taken to wait for the end of the cell."""
COLUMNS = ("host", "ipykernel", "run", "pause", "held", "step", "go on", "stop", "ended")


def packages(version: str) -> Path:
    """A folder with this ipykernel alone; all else is found where this runs."""
    folder = peers.cache() / f"ipykernel-{version}"
    if not (folder / "ipykernel").exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
        pins = [f"ipykernel=={version}", "nest-asyncio==1.6.0"]
        subprocess.run([*pip, "--target", str(folder), *pins], check=True)
    return folder


def held(controls: holding.Controls) -> str:
    """Whether the run makes no step while it is held."""
    before = controls.steps()
    controls.page.wait_for_timeout(500)
    return "yes" if controls.steps() == before else f"no: {controls.steps() - before} steps"


def stepped(controls: holding.Controls) -> str:
    """Make a step, and see that it is one."""
    before = controls.steps()
    controls.click("Step")
    slider = controls.panel.get_by_role("slider", name="Step").element_handle()
    took = controls.page.wait_for_function(
        "([slider, max]) => Number(slider.max) > max && performance.now() - window.clickedAt",
        arg=[slider, before],
    ).json_value()
    controls.since_click(PAUSED)
    made = controls.steps() - before
    return f"{took:.0f}" if made == 1 else f"no: {made} steps"


def moved(controls: holding.Controls) -> list[str]:
    """Pause, look, step and go on; a click that waits ends that."""
    controls.click("Pause")
    try:
        heard = controls.since_click(PAUSED, seconds=LONGEST)
    except Late:
        return [controls.button("Pause").inner_text().split()[-1], "-", "-", "-"]
    told = [f"{heard:.0f}", held(controls), stepped(controls)]
    controls.click("Run")
    return [*told, f"{controls.since_click(re.compile('^running$')):.0f}"]


def row(notebook: lab.OpenNotebook, controls: holding.Controls) -> list[str]:
    """Use every control once; what the run has ended as comes last."""
    told = moved(controls)
    controls.click("Stop")
    stop = controls.since_click(holding.RESTS)
    notebook.wait_until_done()
    return [*told, f"{stop:.0f}", controls.pill.inner_text()]


@contextlib.contextmanager
def served(host: str, versions: list[str]) -> Iterator[tuple[lab.JupyterServer, Path]]:
    """Serve an empty folder with these kernels."""
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder) / "root", Path(folder) / "home"
        root.mkdir()
        home.mkdir()
        kernels = {version: packages(version) for version in versions}
        store = str(home / "store.db")
        with lab.jupyter_server(root, home, kind=host, kernels=kernels, NOTEBOOK_AGENT_STORE=store) as server:
            yield server, root


def measured(browser: Browser, server: lab.JupyterServer, root: Path, version: str, kind: str) -> list[str]:
    """Make a notebook, run it, and use every control."""
    page, _ = lab.new_page(browser)
    name = f"{kind}-{version}.ipynb"
    lab.write_notebook(root / name, *holding.cells(kind), kernel=version)
    notebook = lab.OpenNotebook(page, server, name)
    told = row(notebook, holding.started(notebook))
    notebook.close()
    return told


def measure(browser: Browser, host: str, versions: list[str]) -> None:
    """Print a row for each kernel and kind of run in one host."""
    with served(host, versions) as (server, root):
        for version, kind in itertools.product(versions, holding.KINDS):
            told = measured(browser, server, root, version, kind)
            print("| " + " | ".join([host, version, kind, *told]) + " |", flush=True)


def main() -> None:
    """Print the matrix."""
    versions = sys.argv[1:] or list(KERNELS)
    print("| " + " | ".join(COLUMNS) + " |")
    print("|" + "---|" * len(COLUMNS), flush=True)
    with lab.chromium() as browser:
        for host in HOSTS:
            measure(browser, host, versions)


if __name__ == "__main__":
    main()
