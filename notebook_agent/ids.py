"""What names a run, a step and a notebook, and the type of plain JSON."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Json", "RunKey", "StepRef", "notebook_here"]

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


_MADE_UP = 32
"""Characters of an id that nobody chose, at least."""


@dataclass(frozen=True, slots=True)
class RunKey:
    """One run: `app_id` within a project and, where partitions are used, a partition."""

    project: str
    app_id: str
    partition_key: str | None = None

    def __str__(self) -> str:
        return self.app_id

    @property
    def short(self) -> str:
        """What is shown of it where it has no label: of a made-up id the first 8 characters."""
        return self.app_id[:8] if len(self.app_id) >= _MADE_UP else self.app_id


@dataclass(frozen=True, slots=True)
class StepRef:
    """One checkpoint: step `seq` of a run, or its initial state where `seq` is None."""

    run: RunKey
    seq: int | None

    def __str__(self) -> str:
        return f"{self.run.app_id}@{'start' if self.seq is None else self.seq}"


def notebook_here() -> str | None:
    """Return the notebook at work: its path where a front end tells it, else the folder; None in a script.

    JupyterLab and Notebook tell it in the environment (JPY_SESSION_NAME), VS Code in a variable.
    """
    main = vars(sys.modules["__main__"])
    told = str(main.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME") or "")
    if told.endswith(".ipynb"):
        return told
    return None if "__file__" in main else os.getcwd()  # noqa: PTH109 - pathlib is not loaded for this
