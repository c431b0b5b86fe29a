"""What a builder has been told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notebook_agent.engine import Executors
from notebook_agent.engine.step import OpenStep
from notebook_agent.errors import GraphError, RunError, did_you_mean
from notebook_agent.graph import Graph
from notebook_agent.persistence.base import is_awaited
from notebook_agent.state import State, TypingSystem
from notebook_agent.store.protocol import Store
from notebook_agent.tracking import LocalTrackingClient

__all__ = [
    "Origin",
    "Plan",
    "check_awaited",
    "check_initialized",
    "check_role",
    "check_types",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """What `initialize_from` was told; `fork_from` is an id and a partition."""

    loader: Any
    at_next: bool
    state: object
    entrypoint: str
    overrides: Mapping[str, object]
    fork_from: tuple[str, str | None] | None
    fork_seq: int | None


@dataclass(slots=True)
class Plan:
    """What the methods of an ApplicationBuilder set; `ids` are id, partition and step."""

    entrypoint: str | None = None
    state: State | None = None
    data: object = None
    ids: tuple[str | None, str | None, int | None] = (None, None, None)
    tracker: LocalTrackingClient | None = None
    store: Store | None = None
    keeps: bool = True
    persister: Any = None
    origin: Origin | None = None
    typing: TypingSystem[Any] | None = None
    executor: Executors | None = None
    spawner: tuple[str, int, str | None] | None = None
    within: OpenStep | None = None

    @property
    def wanted(self) -> tuple[str | None, str | None, int | None]:
        """Partition, id and step of the checkpoint to begin from."""
        app_id, partition, seq = self.ids
        if self.origin is None or self.origin.fork_from is None:
            return partition, app_id, seq
        return self.origin.fork_from[1], self.origin.fork_from[0], self.origin.fork_seq

    def first_state(self) -> State:
        """Return the state of a new run, with its typing system."""
        given = self.data if self.origin is None else self.origin.state
        state = self.state or State()
        if self.typing is not None and isinstance(given, self.typing.state_type()):
            state = self.typing.construct_state(given).merge(state)
        elif isinstance(given, Mapping):
            state = state.merge(given)
        elif given is not None:
            kind = type(given).__name__
            raise RunError(
                f"The first state is a {kind}, and nothing says how it becomes one: give it by key, or call "
                f"with_typing(PydanticTypingSystem({kind})) too."
            )
        return state if self.typing is None else state.with_typing_system(self.typing)


def check_role(method: str, thing: object, needed: str, base: str) -> None:
    """Refuse a loader or saver that cannot do what it is for."""
    if isinstance(thing, type) or not callable(getattr(thing, needed, None)):
        shown = f"the class {thing.__name__}" if isinstance(thing, type) else f"a {type(thing).__name__}"
        raise RunError(
            f"{method} takes an object with the methods of {base}, such as SQLitePersister(path) from "
            f"notebook_agent.persistence; not {shown}."
        )


def check_awaited(plan: Plan, *, awaits: bool) -> None:
    """Refuse savers and loaders that the way of building does not fit."""
    loader = None if plan.origin is None else plan.origin.loader
    for method, thing in (("with_state_persister", plan.persister), ("initialize_from", loader)):
        if thing is None or isinstance(thing, LocalTrackingClient) or is_awaited(thing) == awaits:
            continue
        raise _mismatch(f"{method}({type(thing).__name__})", awaits=awaits)


def _mismatch(call: str, *, awaits: bool) -> RunError:
    if awaits:
        return RunError(
            f"{call}: it is not async, and abuild() would wait for it. Take one that is awaited too, such as "
            "AsyncSQLitePersister, or call build()."
        )
    return RunError(
        f"{call}: it is async, and build() cannot await. Build with await builder.abuild() and run with "
        "arun, astep ..; or take one that is not async."
    )


def check_initialized(thing: object, *, ready: object) -> None:
    """Refuse a saver or loader that says that it is not ready."""
    if not ready:
        name = type(thing).__name__
        raise RunError(f"{name} is not initialized. Call its initialize() before it is given to the builder.")


def check_types(typing: TypingSystem[Any], graph: Graph) -> None:
    """Refuse actions whose keys a typing system does not have."""
    known = typing.keys()
    for node in graph.actions:
        for key in dict.fromkeys((*node.reads, *node.writes)):
            if known is not None and key not in known:
                what = "reads" if key in node.reads else "writes"
                raise GraphError(
                    f"The action {node.name!r} {what} {key!r}, which {typing.state_type().__name__} lacks."
                    f"{did_you_mean(key, known)} It has: {', '.join(known)}.",
                    action=node.name,
                    key=key,
                )
