"""Photograph the exported page of the wire fixture, light and dark, at several widths.

python -m tests.browser.pictures FOLDER
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

from notebook_agent.view.page import render
from tests.browser import lab

FIXTURE = Path(__file__).parents[1] / "fixtures" / "wire" / "page.json"
WIDTHS = (600, 900, 1400)
TABS = ("State", "Diff", "Calls", "Why", "Code", "Error")


def main(folder: Path) -> None:
    """Write a picture of each tab in each setting."""
    folder.mkdir(parents=True, exist_ok=True)
    text = render(json.loads(FIXTURE.read_text()), "chat")
    with lab.chromium() as browser:
        for width, scheme in itertools.product(WIDTHS, ("light", "dark")):
            page = browser.new_page(viewport={"width": width, "height": 760}, color_scheme=scheme)
            page.set_content(text)
            for tab in TABS:
                page.get_by_role("tab", name=tab).click()
                page.screenshot(path=folder / f"{tab.lower()}-{width}-{scheme}.png", full_page=True)
            page.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
