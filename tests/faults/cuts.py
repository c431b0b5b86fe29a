"""A store cut short at any byte: it opens with what is whole, or says in a typed error why it does not."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.errors import AgentError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store
from tests.faults.story import expected, grown, start, step
from tests.store.runs import begin, end

__all__ = ["Cuts", "cut_file", "cut_log", "make_file", "make_log"]

KEY = RunKey("cuts", "run")
SIZE = 100
STEPS = 12
PAGE = 4096


@dataclass(slots=True)
class Cuts:
    """What came of the cuts."""

    done: int = 0
    opened: int = 0
    refused: int = 0
    readable: int = 0
    """Checkpoints read back as they were, all cuts together."""
    wrong: list[str] = field(default_factory=list)


def make_file(folder: Path) -> Path:
    """A closed store of many steps."""
    path = folder / "whole.db"
    store = open_store(path)
    start(store, KEY, SIZE)
    for seq in range(STEPS):
        step(store, KEY, seq, SIZE)
    store.close()
    return path


def make_log(folder: Path) -> tuple[Path, Path]:
    """A store of many steps, and its log of three commits more."""
    path = make_file(folder)
    store, copy = open_store(path), folder / "open.db"
    store.begin_step(KEY, begin(STEPS), after=STEPS - 1)
    store.label_run(KEY, "between")
    store.end_step(KEY, end(STEPS, grown(store.state(StepRef(KEY, STEPS)), KEY, STEPS, SIZE)))
    shutil.copy(path, copy)
    shutil.copy(f"{path}-wal", f"{copy}-wal")
    store.close()
    return copy, Path(f"{copy}-wal")


def cut_file(path: Path, places: Iterable[int]) -> Cuts:
    """Cut a store's file at each of these places."""
    found, whole, cut = Cuts(), path.read_bytes(), path.with_name("cut.db")
    for place in places:
        _clean(cut)
        cut.write_bytes(whole[:place])
        _look(cut, found, place, least=0)
    return found


def cut_log(path: Path, log: Path, places: Iterable[int]) -> Cuts:
    """Cut a store's log at each of these places; what was in the file itself must be there."""
    found, whole, cut = Cuts(), log.read_bytes(), path.with_name("cut.db")
    for place in places:
        _clean(cut)
        shutil.copy(path, cut)
        Path(f"{cut}-wal").write_bytes(whole[:place])
        _look(cut, found, place, least=STEPS)
    return found


def _clean(path: Path) -> None:
    for name in ("", "-wal", "-shm"):
        Path(f"{path}{name}").unlink(missing_ok=True)


def _look(path: Path, found: Cuts, place: int, *, least: int) -> None:
    found.done += 1
    try:
        store = open_store(path)
    except AgentError:
        found.refused += 1
        found.wrong += [f"cut at {place}: it does not open"] if least else []
        return
    found.opened += 1
    try:
        readable = _readable(store)
    finally:
        store.close()
    found.readable += readable
    if readable < least:
        found.wrong.append(f"cut at {place}: {readable} of {least} checkpoints")


def _readable(store: Store) -> int:
    """How many completed checkpoints can be read, each as it was; a damaged one does not count."""
    count = 0
    for seq in range(STEPS + 1):
        try:
            done = store.step(StepRef(KEY, seq)).status == "completed"
            state = store.state(StepRef(KEY, seq))
        except AgentError:
            continue
        if done:
            held = state["n"], state["blob"], len(state["chat"])
            assert held == expected(KEY, seq, SIZE), f"step {seq} holds something else"
            count += 1
    return count
