"""A project in a store: what its applications are tracked by, resumed from and listed with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from notebook_agent import store as stores
from notebook_agent.errors import UnknownRunError
from notebook_agent.history import History
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store.places import MEMORY, NAME, check_project, is_address
from notebook_agent.store.protocol import Durability, RunRecord, Store

__all__ = ["Loaded", "LocalTrackingClient", "default_path"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A checkpoint as `load` gives it; `position` is the action that made it, None for a start."""

    app_id: str
    partition_key: str | None
    sequence_id: int | None
    position: str | None
    state: State
    status: str | None
    created_at: float

    def __getitem__(self, name: str) -> object:
        """Return a field by its name, as loaders of state give it."""
        if name not in self.__slots__:
            raise KeyError(name)
        return getattr(self, name)


class LocalTrackingClient:
    """Keeps the runs of a project in a file on this machine; several applications may share it.

    Args:
        project: A name of letters, digits and `_ - . :`.
        storage_dir: The file, or a folder for it; the user's data folder by default, or
            what the environment variable NOTEBOOK_AGENT_STORE names.
        durability: `"full"`: a step that returned survives a power cut; `"normal"`: the
            death of the process, and each step is faster.
        redact_state: Write states and inputs without their secrets too; a resumed run goes on without them.

    Attributes:
        store: The open store; one for each file in a process.
    """

    def __init__(
        self,
        project: str,
        storage_dir: str | Path | None = None,
        *,
        durability: Durability = "full",
        redact_state: bool = False,
    ) -> None:
        check_project(project)
        self.project = project
        self.store: Store = stores.open_store(
            _file(storage_dir), durability=durability, redact_state=redact_state
        )

    def load(
        self,
        partition_key: str | None,
        app_id: str | None,
        sequence_id: int | None = None,
        **_: object,
    ) -> Loaded | None:
        """Return a checkpoint, the latest where no number is given; None where there is no such run.

        Raises:
            UnknownStepError: The run has no step of this number.
        """
        if app_id is None:
            return None
        key = RunKey(self.project, app_id, partition_key)
        try:
            record = self.store.run(key)
        except UnknownRunError:
            return None
        at = record.head if sequence_id is None else sequence_id
        step = None if at is None else self.store.step(StepRef(key, at))
        state = self.store.head_state(key) if sequence_id is None else self.store.state(StepRef(key, at))
        return Loaded(
            app_id,
            partition_key,
            at,
            None if step is None else step.action,
            state,
            None if step is None else step.status,
            record.created_at if step is None else step.started_at,
        )

    def runs(self) -> list[RunRecord]:
        """Return the project's runs, newest first."""
        return self.store.runs(self.project)

    def list_app_ids(self, partition_key: str | None = None, **_: object) -> list[str]:
        """Return the ids of the project's runs in a partition, newest first."""
        return [each.key.app_id for each in self.runs() if each.key.partition_key == partition_key]

    def history(self, app_id: str, partition_key: str | None = None) -> History:
        """Return the past of a run."""
        return History(self.store, RunKey(self.project, app_id, partition_key))

    def copy(self) -> LocalTrackingClient:
        """Return this tracker: one can serve any number of applications."""
        return self

    def __repr__(self) -> str:
        return f"<tracker of {self.project!r} in {self.store.location}>"


def default_path(environment: Mapping[str, str] = os.environ) -> Path | str:
    """Return what is opened where nothing is named: a file, but for `:memory:`."""
    named = os.path.expandvars(environment.get("NOTEBOOK_AGENT_STORE", ""))
    if named:
        return named if named == MEMORY or is_address(named) else _resolved(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("notebook_agent", appauthor=False)) / NAME


@cache
def _resolved(named: str) -> Path:
    """A relative name means the same file all along, wherever the process goes."""
    return Path(named).expanduser().absolute()


def _file(storage: str | Path | None) -> str | Path:
    if storage is None:
        return default_path()
    if (
        not isinstance(storage, str | Path)
        or not str(storage)
        or str(storage) == MEMORY
        or is_address(storage)
    ):
        return storage
    path = Path(storage).expanduser()
    return path if path.suffix and not os.path.isdir(path) else path / NAME  # noqa: PTH112  # raises nothing
