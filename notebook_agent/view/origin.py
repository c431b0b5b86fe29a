"""Who wrote a value, as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from notebook_agent.history import Blame, History, Origin
from notebook_agent.history.paths import write_path
from notebook_agent.redact import redact_text
from notebook_agent.view.call import streamed_call
from notebook_agent.view.escape import plural
from notebook_agent.view.paging import within
from notebook_agent.view.wire import BlameWire, OriginWire

__all__ = ["MOST_CAUSES", "blame_wire", "left_out", "path_at"]

MOST_CAUSES: Final = 12


def path_at(state: Mapping[str, object], places: Sequence[int]) -> str:
    """Write the path of what stands at a row of places in mappings and lists, from the outermost.

    Raises:
        AgentError: There is nothing at this place.
    """
    path: list[object] = []
    value: object = state
    for place in places:
        key, value = within(value, place)
        path.append(key)
    return write_path(tuple(path))


def blame_wire(history: History, found: Blame, seq: int | None) -> BlameWire:
    """Show who wrote a value: the step, its source as it was, its LLM calls, and what it was made from."""
    origin = found.origin
    step = origin.step if origin.kind == "step" else None
    source = None if step is None else history.values(step.seq).source
    return BlameWire(
        origin=_origin(origin),
        source=None if source is None else redact_text(source),
        calls=[] if step is None else [streamed_call(call) for call in history.calls(step.seq)],
        causes=[_origin(cause) for cause in found.causes],
        left=left_out(found, f"{history.run.label or history.key.app_id}@{'start' if seq is None else seq}"),
    )


def left_out(found: Blame, where: str) -> str | None:
    """Say that earlier causes are left out, and how to see them at this checkpoint; None where none are."""
    if not found.left:
        return None
    path = redact_text(found.origin.path)
    word = f'"{path}"' if " " in path and '"' not in path else path
    return (
        f"and at least {plural(found.left, 'earlier write')}: %agent blame {word} {where} --all tells of all"
    )


def _origin(origin: Origin) -> OriginWire:
    step = origin.step
    return OriginWire(
        path=redact_text(origin.path),
        kind=origin.kind,
        seq=None if step is None else step.seq,
        action=None if step is None else step.action,
    )
