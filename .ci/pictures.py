"""Take the screenshots of the README in a real JupyterLab, light and dark, wide and narrow."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.browser import lab  # noqa: E402 - the tests' own driver, found from the root

OUT = ROOT / "notebooks" / "pictures"
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


def photograph(browser: Browser, folder: Path, name: str, *, width: int, dark: bool) -> None:
    """Open the notebook in a fresh JupyterLab and save the panel as a picture."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    settings = lab.DARK if dark else {}
    store = str(folder / "store.db")
    with lab.jupyter_server(
        folder / "notebooks", folder / "home", settings=settings, NOTEBOOK_AGENT_STORE=store
    ) as server:
        page, _ = lab.new_page(browser, width=width, dark=dark)
        notebook = lab.OpenNotebook(page, server, "01_multimodal_chatbot.ipynb")
        notebook.js("window.jupyterapp.shell.collapseLeft?.(); return null")
        notebook.run_all()
        panel = page.get_by_role("region", name="Agent").last
        pose(panel)
        panel.screenshot(path=OUT / f"{name}.png")
        notebook.close()
    sys.stdout.write(f"{(OUT / name).relative_to(ROOT)}.png\n")


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
