"""Take the screenshots of the README and the debugging notebook, in a real JupyterLab."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import lab  # noqa: E402 - the tests' own driver, found from the root

OUT = ROOT / "notebooks" / "pictures"
SOURCES = "return panel.content.widgets.map(cell => cell.model.sharedModel.source)"
SHOTS = {
    "panel-light": {"width": 1400, "dark": False},
    "panel-dark": {"width": 1400, "dark": True},
    "panel-narrow-light": {"width": 900, "dark": False},
    "panel-narrow-dark": {"width": 900, "dark": True},
}


def main() -> None:
    """Run the notebook up to its broken turn in each setting and photograph the panel."""
    OUT.mkdir(exist_ok=True)
    with lab.chromium() as browser:
        for name, shot in SHOTS.items():
            with tempfile.TemporaryDirectory() as folder:
                photograph(browser, Path(folder), name, **shot)
        with tempfile.TemporaryDirectory() as folder:
            debug(browser, Path(folder))


def debug(browser: Browser, folder: Path) -> None:
    """Run the debugging notebook up to its first grid, and save the panel where the text shows it."""
    with opened(browser, folder, "02_debugging.ipynb", width=1150, dark=False) as notebook:
        page, cells = notebook.page, notebook.js(SOURCES)
        panel = page.get_by_role("region", name="Agent").first
        for index, source in enumerate(cells):
            notebook.run_cell(index)
            if source.startswith("%agent run traveller"):
                tab(panel, "Error")
                save(panel, "debugging-failed")
            elif source.startswith("%agent why"):
                tab(panel, "Why")
                save(panel, "debugging-why")
            elif source.startswith("%agent map"):
                save(page.get_by_role("region", name="Forks").last, "debugging-grid")
                break


def tab(panel: Locator, name: str) -> None:
    """Turn to a tab, once the panel has heard of the last step."""
    panel.page.wait_for_timeout(1500)
    panel.get_by_role("tab", name=name).click()
    panel.page.wait_for_timeout(800)


def save(part: Locator, name: str) -> None:
    """Save a part of the page as a picture."""
    part.scroll_into_view_if_needed()
    part.screenshot(path=OUT / f"{name}.png")
    sys.stdout.write(f"{(OUT / name).relative_to(ROOT)}.png\n")


def photograph(browser: Browser, folder: Path, name: str, *, width: int, dark: bool) -> None:
    """Open the notebook in a fresh JupyterLab and save the panel as a picture."""
    with opened(browser, folder, "01_multimodal_chatbot.ipynb", width=width, dark=dark) as notebook:
        notebook.run_all()
        panel = notebook.page.get_by_role("region", name="Agent").last
        pose(panel)
        save(panel, name)


@contextlib.contextmanager
def opened(
    browser: Browser, folder: Path, name: str, *, width: int, dark: bool
) -> Iterator[lab.OpenNotebook]:
    """Open a copy of a notebook in a fresh JupyterLab."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    settings = lab.DARK if dark else {}
    store = str(folder / "store.db")
    with lab.jupyter_server(
        folder / "notebooks", folder / "home", settings=settings, NOTEBOOK_AGENT_STORE=store
    ) as server:
        page, _ = lab.new_page(browser, width=width, dark=dark)
        notebook = lab.OpenNotebook(page, server, name)
        notebook.js("window.jupyterapp.shell.collapseLeft?.(); return null")
        yield notebook
        notebook.close()


def pose(panel: Locator) -> None:
    """Turn to the first run, once the last fork is there, and bring the picture that it drew into view."""
    panel.scroll_into_view_if_needed()
    panel.get_by_role("treeitem", name="in-python").wait_for(timeout=120_000)
    panel.page.wait_for_timeout(1500)
    panel.get_by_role("treeitem").first.click()
    panel.get_by_role("treeitem", selected=True, name=re.compile("^chatbot")).wait_for()
    slider = panel.get_by_role("slider", name="Step")
    slider.fill("12")
    panel.get_by_role("tab", name="State").click()
    panel.page.wait_for_timeout(1500)
    picture = panel.get_by_role("tabpanel").get_by_role("img").first
    picture.evaluate("image => image.scrollIntoView({block: 'end'})")
    panel.scroll_into_view_if_needed()
    panel.page.wait_for_timeout(500)


if __name__ == "__main__":
    main()
