"""Actions written as classes, and how each thing that a user may give becomes a node."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from typing import Any, Never, Self, cast

from notebook_agent.action.node import Node, names, signature_of
from notebook_agent.errors import ActionError, GraphError, ResultError
from notebook_agent.state import State

__all__ = ["Action", "AsyncStreamingAction", "Base", "SingleStepAction", "StreamingAction", "as_node"]

Result = Mapping[str, object]


class Base(ABC):
    """What all actions written as classes have: the keys they read and write, tags, and a name."""

    _name: str | None = None

    @property
    @abstractmethod
    def reads(self) -> Sequence[str]:
        """Keys that it needs; `run` sees these only."""

    @property
    @abstractmethod
    def writes(self) -> Sequence[str]:
        """Keys that `update` sets, each time."""

    @property
    def inputs(self) -> Sequence[str] | tuple[Sequence[str], Sequence[str]] | None:
        """Inputs that it takes, or (required, optional); None reads them off the method's parameters."""
        return None

    @property
    def tags(self) -> Sequence[str]:
        """Names to halt at (`"@tag:.."`) or to find actions by."""
        return []

    @property
    def name(self) -> str:
        """The name in the graph; the class's own until it is in one."""
        return self._name or type(self).__name__

    def with_name(self, name: str) -> Self:
        """Return a copy under a name; ActionError where it has one already."""
        if self._name is not None:
            raise ActionError(
                f"This {type(self).__name__} is named {self._name!r} already. Make another one.", action=name
            )
        named = copy.copy(self)
        named._name = name  # noqa: SLF001  # its own class
        return named

    def update(self, result: Mapping[str, Any], state: State) -> State:
        """Return the new state, with what was found put into it."""
        raise NotImplementedError(f"{type(self).__name__} defines no update(self, result, state).")


class Action(Base):
    """An action in two parts: `run` finds something out, `update` puts it into the state.

    Either may be given to `with_actions(name=Counter())`. `run` may be `async def`.
    """

    @abstractmethod
    def run(self, state: State, **inputs: Any) -> Any:
        """Return a dict of what was found; `state` has the keys of `reads` only."""


class SingleStepAction(Action):
    """An action in one part, which sees the whole state: as a function is, with an object's values."""

    @abstractmethod
    def run_and_update(self, state: State, **inputs: Any) -> Any:
        """Return a dict of what was found and the new state, as a pair; it may be `async def`."""

    def is_async(self) -> bool:
        """Return whether `run_and_update` is awaited."""
        return inspect.iscoroutinefunction(self.run_and_update)

    def run(self, state: State, **inputs: Any) -> Never:
        """Refuse: it has one part only."""
        raise NotImplementedError(f"{type(self).__name__} runs and updates in one: call run_and_update.")


class StreamingAction(Base):
    """An action that finds its result piece by piece, and puts the last piece into the state."""

    @abstractmethod
    def stream_run(self, state: State, **inputs: Any) -> Generator[Any, None, None]:
        """Yield dicts as they come, the result last."""


class AsyncStreamingAction(Base):
    """As StreamingAction, with an async generator."""

    @abstractmethod
    def stream_run(self, state: State, **inputs: Any) -> AsyncGenerator[Any, None]:
        """Yield dicts as they come, the result last."""


Base.register(Node)
Action.register(Node)


def as_node(thing: object, name: str | None = None) -> Node:
    """Return the node of a decorated function, a bound action, or an object of an action class.

    Raises:
        GraphError: It is none of these.
        ActionError: Its class is not whole.
    """
    made = getattr(thing, "action_function", thing)
    if isinstance(made, Node):
        return made if name is None else made.with_name(name)
    if isinstance(thing, Base):
        return _node_of(thing, name or thing.name)
    shown = getattr(thing, "__name__", repr(thing))
    if isinstance(thing, type) and issubclass(thing, Base):
        raise GraphError(f"{name or shown}: {shown} is a class. Give an object of it: {shown}(..).")
    raise GraphError(
        f"{name or shown}: {shown} is not an action. Put @action(reads=[..], writes=[..]) above its def.",
        action=name or str(shown),
    )


def _node_of(given: Base, name: str) -> Node:
    function, method, kind = _adapted(given)
    required, optional, injected = _parameters(given, name, method)
    return Node(
        name,
        function,
        names("reads", given.reads),
        names("writes", given.writes),
        names("tags", given.tags),
        asynchronous=kind in {"coroutine", "async stream"},
        streaming=kind in {"stream", "async stream"},
        required=required,
        optional=optional,
        injected=injected,
        origin=given,
    )


def _adapted(given: Base) -> tuple[Callable[..., object], Callable[..., object], str]:
    """Return the function of the node, the user's method in it, and what kind it is of."""
    if isinstance(given, AsyncStreamingAction):
        return _AsyncStream(given), given.stream_run, "async stream"
    if isinstance(given, StreamingAction):
        return _Stream(given), given.stream_run, "stream"
    if isinstance(given, SingleStepAction):
        # Burr's documentation shows is_async as a property too
        waits = given.is_async() if callable(given.is_async) else given.is_async
        return given.run_and_update, given.run_and_update, "coroutine" if waits else "plain"
    single = cast("Action", given)
    if inspect.iscoroutinefunction(single.run):
        return _Awaited(single), single.run, "coroutine"
    return _Plain(single), single.run, "plain"


def _parameters(
    given: Base, name: str, method: Callable[..., object]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    stated = given.inputs
    if stated is None:
        read = signature_of(name, method, method=True)
        return read.required, read.optional, read.injected
    two = isinstance(stated, tuple) and len(stated) == 2 and not isinstance(stated[0], str)  # noqa: PLR2004
    required, optional = cast("Sequence[Sequence[str]]", stated) if two else (stated, ())
    asked = [*names("inputs", cast("Sequence[str]", required)), *names("inputs", optional)]
    injected = tuple(each for each in asked if each.startswith("__"))
    plain = [each for each in names("inputs", cast("Sequence[str]", required)) if each not in injected]
    return tuple(plain), tuple(each for each in optional if each not in injected), injected


def _visible(given: Base, state: State) -> State:
    return state.subset(*given.reads)


class _Plain:
    def __init__(self, given: Action) -> None:
        self.given = given

    def __call__(self, state: State, **inputs: object) -> tuple[Result, State]:
        result = _checked(self.given, self.given.run(_visible(self.given, state), **inputs))
        return result, self.given.update(result, state)


class _Awaited:
    def __init__(self, given: Action) -> None:
        self.given = given

    async def __call__(self, state: State, **inputs: object) -> tuple[Result, State]:
        result = _checked(self.given, await self.given.run(_visible(self.given, state), **inputs))
        return result, self.given.update(result, state)


class _Stream:
    def __init__(self, given: StreamingAction) -> None:
        self.given = given

    def __call__(self, state: State, **inputs: object) -> Generator[object, None, None]:
        last: object = None
        with closing(self.given.stream_run(_visible(self.given, state), **inputs)) as items:
            for item in items:
                last = _checked(self.given, item)
                yield last
        yield _ended(self.given, last, state)


class _AsyncStream:
    def __init__(self, given: AsyncStreamingAction) -> None:
        self.given = given

    async def __call__(self, state: State, **inputs: object) -> AsyncGenerator[object, None]:
        last: object = None
        async with aclosing(self.given.stream_run(_visible(self.given, state), **inputs)) as items:
            async for item in items:
                last = _checked(self.given, item)
                yield last
        yield _ended(self.given, last, state)


def _checked(given: Base, result: object) -> Mapping[str, object]:
    if isinstance(result, Mapping):
        return result
    what = "nothing" if result is None else f"a {type(result).__name__}"
    raise ResultError(
        f"The action {type(given).__name__} gave {what}, where a dict of what it found is due.",
        action=given.name,
    )


def _ended(given: Base, last: object, state: State) -> tuple[object, State]:
    result = _checked(given, last)
    return result, given.update(result, state)
