"""The `%agent` line: split it, read it, make one call, return what the call returns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notebook_agent.magics.extension import Extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_loaded: list[Extension] = []


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add `%agent`, its completion and its displays to a shell; a second time nothing happens."""
    from notebook_agent.magics.extension import Extension

    if any(each.shell is shell for each in _loaded):
        return
    extension = Extension(shell)
    extension.load()
    _loaded.append(extension)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take away all that loading added; without it nothing happens."""
    for each in [each for each in _loaded if each.shell is shell]:
        each.unload()
        _loaded.remove(each)
