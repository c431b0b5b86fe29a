"""Import statements of a test file: collected one name at a time, written sorted and merged."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import NamedTuple

__all__ = ["Import", "import_of", "importable", "written_imports"]


class Import(NamedTuple):
    """`import module as alias` or, with a name, `from module import name as alias`."""

    module: str
    name: str | None
    alias: str

    @property
    def statement(self) -> str:
        """The statement on its own."""
        if self.name is None:
            renamed = self.alias not in {self.module, self.module.partition(".")[0]}
            return f"import {self.module}" + (f" as {self.alias}" if renamed else "")
        return f"from {self.module} import {self._imported}"

    @property
    def _imported(self) -> str:
        return str(self.name) if self.name == self.alias else f"{self.name} as {self.alias}"


def importable(value: object, alias: str = "") -> tuple[str, str] | None:
    """Return the module and name that a value is imported by; the shortest public path.

    None for what is defined in a notebook, inside a function, or is not where it says; `alias`
    is the name to look for where the value does not tell its own.
    """
    module = getattr(value, "__module__", None)
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or alias
    if not isinstance(module, str) or module == "__main__" or not str(name).isidentifier():
        return None
    parts = module.split(".")
    for count in range(1, len(parts) + 1):
        path = ".".join(parts[:count])
        if getattr(sys.modules.get(path), name, None) is value:
            return path, name
    return None


def import_of(alias: str, value: object) -> Import | None:
    """Return how to import a module, class or function under a name; None where that cannot be."""
    if isinstance(value, ModuleType):
        return None if value.__name__ == "__main__" else Import(value.__name__, None, alias)
    found = importable(value, alias)
    return None if found is None else Import(*found, alias)


def written_imports(imports: Iterable[Import]) -> str:
    """Return the statements, the standard library first; those from one module together."""
    groups: tuple[list[str], list[str]] = ([], [])
    every = sorted(set(imports), key=lambda each: (each.name is not None, each.module, each.name or ""))
    for module in dict.fromkeys((each.module, each.name is not None) for each in every):
        mine = [each for each in every if (each.module, each.name is not None) == module]
        known = module[0].partition(".")[0] in sys.stdlib_module_names
        groups[not known].extend(_statements(mine))
    return "\n\n".join("\n".join(group) for group in groups if group)


def _statements(of_one: list[Import]) -> list[str]:
    if of_one[0].name is None:
        return [each.statement for each in of_one]
    names = [each.statement.split(" import ")[1] for each in of_one]
    line = f"from {of_one[0].module} import {', '.join(names)}"
    if len(line) <= 79:  # noqa: PLR2004 - the width that any formatter leaves
        return [line]
    inner = "".join(f"    {name},\n" for name in names)
    return [f"from {of_one[0].module} import (\n{inner})"]
