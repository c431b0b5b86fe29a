"""What axe-core finds wrong with a part of a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["AXE", "grave", "needs_axe"]

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="npm ci in widgets/ brings axe-core")


def grave(page: Page, place: str = ".na-panel") -> list[str]:
    """Return the rules that the parts of a page at `place` break gravely, with the first element of each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("place => axe.run([...document.querySelectorAll(place)])", place)["violations"]
    worst = [each for each in found if each["impact"] in {"serious", "critical"}]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in worst]
