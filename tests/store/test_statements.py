"""How the store's statements name their values."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import notebook_agent.store as stores


def texts(path: Path) -> list[str]:
    """Give every string of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str
    ]


def test_values_are_taken_in_their_order():
    """Python 3.12.0 to 3.12.3 take `?1` for a name, and warn at each use: a user's pytest counts that."""
    modules = sorted(Path(stores.__file__).parent.rglob("*.py"))
    numbered = [(path.name, text) for path in modules for text in texts(path) if re.search(r"\?\d", text)]
    assert [] == numbered
