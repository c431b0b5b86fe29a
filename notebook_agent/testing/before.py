"""The state that a step began with."""

from __future__ import annotations

from notebook_agent.history import History
from notebook_agent.state import State
from notebook_agent.store.protocol import StepRecord

__all__ = ["state_before"]


def state_before(history: History, step: StepRecord) -> State:
    """Return the state that a step began with, edits by hand before it included.

    An edit is seen in what the step left as it was; of a key that the step wrote itself, the
    value before the edit is all that is known.
    """
    after = history.at(step.seq)
    if step.status != "completed":
        return after
    _, begin = history.begun(step.seq)
    before = history.store.state(begin)
    own = {key: before[key] for key in step.writes if key in before}
    kept = {key: value for key, value in after.items() if key not in step.writes}
    order = {key: None for key in (*before, *kept) if key in own or key in kept}
    return State({key: own[key] if key in own else kept[key] for key in order})
