"""The family of a run: its ancestors and all their forks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from notebook_agent.ids import RunKey
from notebook_agent.store.protocol import RunRecord

__all__ = ["family"]


def family(runs: Iterable[RunRecord], key: RunKey) -> list[RunRecord]:
    """Pick a run, its ancestors and all their forks out of a list, parents before children."""
    by_key = {run.key: run for run in runs}
    forks: dict[RunKey, list[RunRecord]] = {}
    for run in sorted(by_key.values(), key=lambda run: run.created_at):
        if run.parent is not None:
            forks.setdefault(run.parent.run, []).append(run)
    return list(_descent(by_key[_oldest(by_key, key)], forks))


def _oldest(runs: dict[RunKey, RunRecord], key: RunKey) -> RunKey:
    parent = runs[key].parent
    return _oldest(runs, parent.run) if parent is not None and parent.run in runs else key


def _descent(run: RunRecord, forks: dict[RunKey, list[RunRecord]]) -> Iterator[RunRecord]:
    yield run
    for fork in forks.get(run.key, ()):
        yield from _descent(fork, forks)
