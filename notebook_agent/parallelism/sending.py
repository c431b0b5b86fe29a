"""Why a branch could not be sent to another process: what of it cannot be pickled, by name."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor
from typing import TYPE_CHECKING

from notebook_agent.errors import ActionError, StoreError

if TYPE_CHECKING:
    from notebook_agent.parallelism.work import Work

__all__ = ["not_sent"]


def not_sent(work: Work, executor: Executor, error: Exception) -> ActionError:
    """Return the error for a branch that its executor did not run, or did not bring back."""
    if isinstance(error, CancelledError) or type(error) is RuntimeError:
        return ActionError(
            f"{work.title} was not run: its executor has been shut down. Give one that is open, or a "
            "function that makes one for each step: with_parallel_executor(ThreadPoolExecutor).",
            run=work.at.key.app_id,
        )
    culprit = next(_culprits(work, _pickler(executor)), None)
    if culprit is None:
        return ActionError(
            f"{work.title} did not come back from its executor ({type(error).__name__}: {error}). Was its "
            "process killed, or can it not import what the actions need? Functions of a notebook need an "
            "executor that sends code, such as loky's or dask's.",
            run=work.at.key.app_id,
        )
    name, why = culprit
    told = f"{name} cannot be pickled ({str(why) or type(why).__name__}). Make it inside the action"
    if isinstance(why, StoreError):
        told = f"{name} keeps its history in memory, where no other process reaches it. Give it a file"
    return ActionError(
        f"{work.title} cannot be sent to another process: {told}, or {work.in_threads}.",
        run=work.at.key.app_id,
        path=name,
    )


def _culprits(work: Work, dumps: Callable[[object], bytes]) -> Iterator[tuple[str, Exception]]:
    for name, part in _parts(work):
        try:
            dumps(part)
        except Exception as error:  # noqa: BLE001  # whatever a value's own code raises is why
            yield name, error


def _parts(work: Work) -> Iterator[tuple[str, object]]:
    for key, value in work.seed.state.items():
        yield f"state[{key!r}]", value
    for key, value in work.seed.call.inputs.items():
        yield f"the input {key!r}", value
    for node in work.seed.graph.actions:
        yield from ((f"the parameter {key!r} of {node.name!r}", value) for key, value in node.bound.items())
        yield f"the action {node.name!r}", node
    for edge in work.seed.graph.transitions:
        yield f"the condition {edge.source!r} -> {edge.target!r}", edge.condition
    yield "the ledger's recording", work.given.recording
    yield "the budget, which counts calls in this process,", work.given.purses
    yield "the saver", work.given.hooks
    setting = work.given.setting
    yield "the tracker", setting.tracker
    yield "the state_persister", setting.state_persister
    yield "the state_initializer", setting.state_initializer


def _pickler(executor: Executor) -> Callable[[object], bytes]:
    """Return how an executor pickles: the standard library's plainly, others with cloudpickle."""
    if type(executor).__module__.startswith("concurrent.futures"):
        return pickle.dumps
    dumps: Callable[[object], bytes] = getattr(sys.modules.get("cloudpickle"), "dumps", pickle.dumps)
    return dumps
