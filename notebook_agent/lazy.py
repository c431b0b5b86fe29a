"""Names of a package that load when they are used, so that importing it stays cheap."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

__all__ = ["lazily"]


def lazily(package: str, homes: Mapping[str, str], under: str | None = None) -> Callable[[str], object]:
    """Return a module's `__getattr__`: `homes` says in which submodule, of `under`, each name lives."""

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(importlib.import_module(f"{under or package}.{homes[name]}"), name)

    return load
