"""What names a run and a step, and the type of plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Json", "RunKey", "StepRef"]

Json = None | bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class RunKey:
    """One run: `app_id` within a project and, where partitions are used, a partition."""

    project: str
    app_id: str
    partition_key: str | None = None

    def __str__(self) -> str:
        return self.app_id


@dataclass(frozen=True, slots=True)
class StepRef:
    """One checkpoint: step `seq` of a run, or its initial state where `seq` is None."""

    run: RunKey
    seq: int | None

    def __str__(self) -> str:
        return f"{self.run.app_id}@{'start' if self.seq is None else self.seq}"
