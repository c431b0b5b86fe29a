"""A step as a test needs it, and running it again from there."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notebook_agent import serde
from notebook_agent.application import Application
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.engine import Step
from notebook_agent.state import State
from notebook_agent.store.codec import register
from notebook_agent.testing.fixture import Fixture, read_calls
from notebook_agent.testing.offline import offline

__all__ = ["Checkpoint", "Outcome", "from_json", "run_step"]

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a step began with: its input state, its inputs, and the LLM calls that it made.

    Values stand as `notebook_agent.serde` writes them: plain JSON, and what JSON lacks as a
    dict whose `__serde__` names its kind, such as `{"__serde__": "tuple", "value": [1, 2]}`.

    Attributes:
        action: The action's name in its graph.
        state: The state that the step began with.
        inputs: The inputs that it was given.
        calls: What it asked a model and was answered, in order: each a dict with `endpoint`,
            `request` and `answer`; of a stream the `lines`.
        classes: Classes of values in the state, by the names that they are kept under.
    """

    action: str
    state: Values = field(default_factory=dict)
    inputs: Values = field(default_factory=dict)
    calls: Sequence[Values] = ()
    classes: Mapping[str, type] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, object]:
        """The values of its state."""
        return {key: from_json(value, self.classes) for key, value in self.state.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step came to: the state after it, with plain lists and dicts, and its result."""

    state: dict[str, object]
    result: dict[str, object]


def from_json(value: object, classes: Mapping[str, type] | None = None) -> object:
    """Return the value that stands as JSON, exact in its type; see `Checkpoint`.

    Raises:
        StateError: It is not as `serde` writes it.
    """
    for name, cls in (classes or {}).items():
        register(cls, name=name)
    return _plain(serde.deserialize(value))


def run_step(checkpoint: Checkpoint, action: object) -> Outcome:
    """Run an action once from a checkpoint, in memory and offline; return what it came to.

    Args:
        checkpoint: Where it begins.
        action: What `with_actions` takes: a decorated function, one with bound parameters, an
            object of an action class; async and streaming ones too. No policy applies.

    Raises:
        LedgerMissError: It makes an LLM call that is not recorded; the message says how it differs.
        OfflineError: It opens a socket.
        Exception: What the action raises.
    """
    __tracebackhide__ = True
    app = _application(checkpoint, action)
    inputs = {key: from_json(value, checkpoint.classes) for key, value in checkpoint.inputs.items()}
    try:
        done = _step(app, inputs)
        assert done is not None, "the checkpoint's action is the entrypoint"
        return Outcome(_plain_dict(done[2]), _plain_dict(done[1] or {}))
    finally:
        app.history.store.close()


def _application(checkpoint: Checkpoint, action: object) -> Application:
    return (
        ApplicationBuilder()
        .with_actions(**{checkpoint.action: action})
        .with_entrypoint(checkpoint.action)
        .with_state(State(checkpoint.values))
        .with_identifiers(app_id="test")
        .with_ledger("strict", Fixture(read_calls(checkpoint.calls)))
        .build()
    )


def _step(app: Application, inputs: Values) -> Step | None:
    __tracebackhide__ = True
    action = app.get_next_action()
    if action is None or not action.asynchronous:
        with offline():
            return app.step(inputs)
    import asyncio

    with asyncio.Runner() as runner:
        runner.get_loop()
        with offline():
            return runner.run(app.astep(inputs))


def _plain_dict(values: Values) -> dict[str, object]:
    return {key: _plain(value) for key, value in values.items()}


def _plain(value: object) -> object:
    return copy.deepcopy(value)
