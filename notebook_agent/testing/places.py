"""Where a test file finds the person's own modules, and how its docstrings are laid out."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from notebook_agent.redact import redact_text
from notebook_agent.testing.imports import Import
from notebook_agent.testing.literal import literal as literal_of

__all__ = ["docstring", "module_root", "places_of"]

_WIDTH = 99


def places_of(imports: Iterable[Import], path: Path) -> list[str]:
    """Return where modules of the person's own lie, as expressions from the test file's place."""
    found: dict[str, None] = {}
    for each in imports:
        root = module_root(each.module)
        if root is not None and root != path.resolve().parent:
            found[_relative(root, path.resolve().parent)] = None
    return list(found)


def module_root(module: str) -> Path | None:
    """Return the folder that a module of the working folder is imported from; None for installed ones."""
    place = getattr(sys.modules.get(module), "__file__", None)
    if place is None or {"site-packages", "dist-packages"} & set(Path(place).parts):
        return None
    file = Path(place).resolve()
    depth = module.count(".") + (file.name == "__init__.py")
    root = file.parents[depth]
    return root if root == Path.cwd().resolve() else None


def _relative(root: Path, folder: Path) -> str:
    if folder.is_relative_to(root):
        return f"str(Path(__file__).parents[{len(folder.relative_to(root).parts)}])"
    return f"str(Path(__file__).parent / {literal_of(os.path.relpath(root, folder))})"


def docstring(text: str, indent: str) -> str:
    """Write paragraphs as a docstring, filled; indented ones stay as they are."""
    safe = redact_text(text).replace("\\", "\\\\").replace('"""', "'''")
    parts = [
        part if part.startswith("    ") else textwrap.fill(part, _WIDTH - len(indent))
        for part in safe.split("\n\n")
    ]
    body = "\n\n".join(parts)
    if "\n" not in body:
        return f'{indent}"""{body}"""'
    lines = f'"""{body}\n"""'.split("\n")
    return "\n".join(f"{indent}{line}" if line else line for line in lines)
