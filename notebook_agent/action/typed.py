"""`action.pydantic` and `streaming_action.pydantic`: the decorators for functions of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar, cast

from notebook_agent.action.node import Effect

if TYPE_CHECKING:
    from notebook_agent.action.decorators import ActionFunction

__all__ = ["ActionDecorator", "Decorate", "StreamingDecorator", "as_action", "as_streaming"]

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Keys = Sequence[str]


class Decorate(Protocol):
    """What goes above a function: it makes that an action."""

    def __call__(self, function: Callable[_P, _R], /) -> ActionFunction[_P, _R]:
        """Make the function an action."""
        ...


class ActionDecorator(Protocol):
    """What `action` is: a function, and `action.pydantic` for functions of models."""

    __name__: str

    def __call__(
        self,
        reads: _Keys | None = None,
        writes: _Keys | None = None,
        tags: _Keys | None = None,
        *,
        effect: Effect | None = None,
    ) -> Decorate:
        """Make a function an action."""
        ...

    def pydantic(
        self,
        reads: _Keys,
        writes: _Keys,
        state_input_type: type | None = None,
        state_output_type: type | None = None,
        tags: _Keys | None = None,
        *,
        effect: Effect | None = None,
    ) -> Decorate:
        """Make a function of a model an action."""
        ...


class StreamingDecorator(Protocol):
    """What `streaming_action` is: a function, and `streaming_action.pydantic` for functions of models."""

    __name__: str

    def __call__(
        self,
        reads: _Keys | None = None,
        writes: _Keys | None = None,
        tags: _Keys | None = None,
        *,
        effect: Effect | None = None,
    ) -> Decorate:
        """Make a generator function an action."""
        ...

    def pydantic(  # noqa: PLR0913  # Burr's signature
        self,
        reads: _Keys,
        writes: _Keys,
        state_input_type: type | None = None,
        state_output_type: type | None = None,
        stream_type: object = None,
        tags: _Keys | None = None,
        *,
        effect: Effect | None = None,
    ) -> Decorate:
        """Make a generator function of a model an action."""
        ...


def _pydantic_action(
    reads: _Keys,
    writes: _Keys,
    state_input_type: type | None = None,
    state_output_type: type | None = None,
    tags: _Keys | None = None,
    *,
    effect: Effect | None = None,
) -> Decorate:
    """Make a function, sync or async, that takes a pydantic model of the state an action.

    It gets a copy of the state's values as a model, may change it freely, and returns it; the
    keys of `writes` are taken from it. A value that does not fit is a StateTypeError.

    Args:
        reads: Keys that it needs, fields of the model.
        writes: Keys that it sets, fields of the model it returns; changing another one is a WriteError.
        state_input_type: The model; by default what the first parameter is annotated with.
        state_output_type: The model that it returns; by default as annotated.
        tags: See `action`.
        effect: See `action`.
    """
    from notebook_agent.action.decorators import action

    plain = action(reads, writes, tags, effect=effect)
    return _typed("@action.pydantic", plain, state_input_type, state_output_type)


def _pydantic_stream(  # noqa: PLR0913  # Burr's signature
    reads: _Keys,
    writes: _Keys,
    state_input_type: type | None = None,
    state_output_type: type | None = None,
    stream_type: object = None,
    tags: _Keys | None = None,
    *,
    effect: Effect | None = None,
) -> Decorate:
    """Make a generator function, sync or async, that takes a pydantic model of the state an action.

    It yields `(piece, None)` as they come, a dict or a model each, and last `(piece, model)`.

    Args:
        reads: See `action.pydantic`.
        writes: See `action.pydantic`.
        state_input_type: See `action.pydantic`.
        state_output_type: The model that comes last; the input's by default.
        stream_type: The class of the pieces, a union too; any by default.
        tags: See `action`.
        effect: See `action`.
    """
    from notebook_agent.action.decorators import streaming_action

    plain = streaming_action(reads, writes, tags, effect=effect)
    return _typed("@streaming_action.pydantic", plain, state_input_type, state_output_type, stream_type)


def _typed(
    called: str,
    plain: Decorate,
    takes: type | None,
    gives: type | None,
    pieces: object = None,
) -> Decorate:
    def decorate(function: Callable[_P, _R]) -> ActionFunction[_P, _R]:
        from notebook_agent.action.pydantic import typed

        decorated = plain(function)
        adapter, schema = typed(
            called, decorated.action_function, function, takes=takes, gives=gives, pieces=pieces
        )
        decorated.action_function = replace(decorated.action_function, function=adapter, schema=schema)
        decorated.bind = decorated.action_function.bind  # type: ignore[method-assign]  # as `action` does
        return decorated

    return decorate


def as_action(decorator: Callable[..., object]) -> ActionDecorator:
    """Give `action` its attribute `pydantic`."""
    return cast("ActionDecorator", _with(decorator, _pydantic_action))


def as_streaming(decorator: Callable[..., object]) -> StreamingDecorator:
    """Give `streaming_action` its attribute `pydantic`."""
    return cast("StreamingDecorator", _with(decorator, _pydantic_stream))


def _with(decorator: Callable[..., object], typed: Callable[..., object]) -> Callable[..., object]:
    typed.__name__, typed.__qualname__ = "pydantic", f"{decorator.__qualname__}.pydantic"
    decorator.pydantic = typed  # type: ignore[attr-defined]  # the protocols above declare it
    return decorator
