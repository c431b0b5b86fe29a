"""The files that are open in this process: the handles to one file share what it needs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Final

from notebook_agent.store.core import Core
from notebook_agent.store.mounts import network_of
from notebook_agent.store.protocol import Durability

__all__ = ["Slot", "let_go", "take"]

Slot = tuple[str, Durability, bool]
"""A file's path, how durable its steps are, and whether it is only read."""

_open: Final[dict[Slot, Core]] = {}
_said: Final[set[str]] = set()
_log: Final = logging.getLogger(__name__)
_lock: Final = threading.Lock()


def take(slot: Slot, network: bool | None) -> Core:  # noqa: FBT001  # as `open_store` was given it
    """Return what is open for a file, for one more handle; it is opened where nothing is."""
    path, durability, read_only = slot
    with _lock:
        core = _open.get(slot)
        if core is None or not core.database.is_there:
            away = _is_away(path) if network is None else network
            core = Core(path, durability=durability, read_only=read_only, network=away)
            _open[slot] = core
        core.handles += 1
    return core


def let_go(core: Core, slot: Slot | None) -> None:
    """Take a handle away, and close the file with the last one; a store in memory has no slot."""
    with _lock:
        core.handles -= 1
        if core.handles > 0:
            return
        if slot is not None and _open.get(slot) is core:
            del _open[slot]
    core.close()


def _is_away(path: str) -> bool:
    """Whether a store lies on a network mount; that is said once."""
    kind = network_of(Path(path))
    if kind is not None and path not in _said:
        _said.add(path)
        _log.warning(
            "%s lies on a network mount (%s): it is kept with a rollback journal, so that several machines"
            " may use it, and each step takes longer. A disk of this machine is faster: set"
            " NOTEBOOK_AGENT_STORE to a file there.",
            *(path, kind),
        )
    return kind is not None
