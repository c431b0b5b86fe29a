"""Actions: what the nodes of a graph do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType, MappingProxyType
from typing import Generic, Literal, ParamSpec, Protocol, TypeVar, cast

from notebook_agent.action.code import code_id, source_of
from notebook_agent.errors import ActionError, GraphError, did_you_mean

__all__ = ["Action", "ActionFunction", "Effect", "action", "as_action"]

Effect = Literal["pure", "idempotent", "irreversible"]
_EFFECTS = ("pure", "idempotent", "irreversible")
_P = ParamSpec("_P")
_R = TypeVar("_R", covariant=True)  # noqa: PLC0105  # the short name reads better in signatures


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Action:
    """A node of a graph: a function of the state and of inputs, and what it reads and writes.

    Attributes:
        name: In the graph; the function's own name until it is in one.
        function: Called with the state and the inputs.
        asynchronous: Whether the function is awaited.
        bound: Parameters fixed by `bind`, which are no inputs any more.
        required: Inputs without a default.
        optional: Inputs with a default.
    """

    name: str
    function: Callable[..., object]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    effect: Effect | None = None
    asynchronous: bool = False
    bound: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The inputs: those that are required, and those that have a default."""
        return self.required, self.optional

    @property
    def source(self) -> str | None:
        """The function's source; None where none is to be had."""
        return source_of(self.function)

    @property
    def code(self) -> str:
        """Id of the present code, all that it names included; bound parameters count."""
        return code_id(self.function, self.bound)

    def is_async(self) -> bool:
        """Return whether it must be awaited."""
        return self.asynchronous

    def with_name(self, name: str) -> Action:
        """Return the same action under another name."""
        return replace(self, name=name)

    def bind(self, **parameters: object) -> Action:
        """Return the same action with these parameters fixed, so that they are no inputs any more."""
        known = self.required + self.optional + tuple(self.bound)
        for name in parameters:
            if name not in known:
                raise ActionError(
                    f"{self.name}.bind({name}=..): there is no such parameter.{did_you_mean(name, known)} "
                    f"It has: {', '.join(known) or 'none'}.",
                    action=self.name,
                    key=name,
                )
        return replace(
            self,
            bound=MappingProxyType({**self.bound, **parameters}),
            required=tuple(name for name in self.required if name not in parameters),
            optional=tuple(name for name in self.optional if name not in parameters),
        )

    def __call__(self, *arguments: object, **inputs: object) -> object:
        """Call the function, its fixed parameters included."""
        return self.function(*arguments, **self.bound, **inputs)

    def __repr__(self) -> str:
        return f"{self.name}: {', '.join(self.reads)} -> {', '.join(self.writes)}"


class ActionFunction(Protocol, Generic[_P, _R]):
    """A decorated function: called as before, and bound to parameters with `bind`."""

    action_function: Action
    __name__: str

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call the function itself."""
        ...

    def bind(self, **parameters: object) -> Action:
        """Return an action with these parameters fixed."""
        ...


def action(
    reads: Sequence[str] | None = None,
    writes: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
    *,
    effect: Effect | None = None,
) -> Callable[[Callable[_P, _R]], ActionFunction[_P, _R]]:
    """Make a function, sync or async, an action.

    The function takes the state first; its other parameters are inputs. It returns a new
    State, or `(result, State)` with a dict of what it found.

    Args:
        reads: Keys that it needs. Others can be read; what is really read is recorded.
        writes: Keys that it sets, each time; setting another one is a WriteError.
        tags: Names to halt at (`"@tag:.."`) or to find actions by.
        effect: What running it twice does: `"pure"`, `"idempotent"` or `"irreversible"`.
    """
    if reads is None or writes is None:
        above = f" above {reads.__name__}" if isinstance(reads, FunctionType) else ""
        raise ActionError(
            f"@action{above} needs the lists of keys, empty ones too: @action(reads=[..], writes=[..])."
        )
    keys = _names("reads", reads), _names("writes", writes)

    def decorate(function: Callable[_P, _R]) -> ActionFunction[_P, _R]:
        made = _make(function, reads=keys[0], writes=keys[1])
        if effect is not None and effect not in _EFFECTS:
            raise ActionError(
                f"@action(effect={effect!r}) of {made.name}: it is one of {', '.join(_EFFECTS)}."
            )
        made = replace(made, tags=_names("tags", tags or ()), effect=effect)
        decorated = cast("ActionFunction[_P, _R]", function)
        decorated.action_function = made
        decorated.bind = made.bind  # type: ignore[method-assign]  # the protocol's method is this one
        return decorated

    return decorate


def as_action(thing: object, name: str | None = None) -> Action:
    """Return the action that a decorated function or a bound action stands for.

    Raises:
        GraphError: It is neither.
    """
    made = getattr(thing, "action_function", thing)
    if isinstance(made, Action):
        return made if name is None else made.with_name(name)
    shown = getattr(thing, "__name__", repr(thing))
    raise GraphError(
        f"{name or shown}: {shown} is not an action. Put @action(reads=[..], writes=[..]) above its def.",
        action=name or str(shown),
    )


def _names(what: str, names: Sequence[str]) -> tuple[str, ...]:
    if isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ActionError(
            f"@action({what}=..) takes a list of names, such as {what}=['prompt']; not {names!r}."
        )
    return tuple(dict.fromkeys(names))


def _make(function: Callable[..., object], *, reads: tuple[str, ...], writes: tuple[str, ...]) -> Action:
    if not callable(function) or isinstance(function, type):
        raise ActionError(f"@action goes above a def; {function!r} is not a function.")
    name = getattr(function, "__name__", type(function).__name__)
    state, *inputs = inspect.signature(function).parameters.values() or (None,)
    if state is None or state.kind in {state.VAR_KEYWORD, state.KEYWORD_ONLY}:
        raise ActionError(f"{name}() must take the state first: def {name}(state, ..).", action=name)
    for parameter in inputs:
        _check_input(name, parameter)
    return Action(
        name,
        function,
        reads,
        writes,
        asynchronous=inspect.iscoroutinefunction(function),
        required=tuple(each.name for each in inputs if each.default is each.empty),
        optional=tuple(each.name for each in inputs if each.default is not each.empty),
    )


def _check_input(name: str, parameter: inspect.Parameter) -> None:
    if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        raise ActionError(
            f"{name}({parameter}): inputs go by name. Name each of them: def {name}(state, prompt, ..).",
            action=name,
            key=parameter.name,
        )
