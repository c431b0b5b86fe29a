"""Nodes: an action under its name in a graph, whichever way it was written."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from notebook_agent.action.code import code_id
from notebook_agent.action.policy import Policy
from notebook_agent.action.source import source_of
from notebook_agent.errors import ActionError, did_you_mean

__all__ = ["CONTEXT", "TRACER", "Effect", "Node", "Pinned", "Schema", "names", "signature_of"]

Effect = Literal["pure", "idempotent", "irreversible"]
CONTEXT, TRACER = "__context", "__tracer"
"""Parameters that the engine itself fills in, where an action has them."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """The code of an action as it was found where it can be read, for a process that cannot read it."""

    code: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Schema:
    """The classes of a typed action: of what it takes, of what it gives, and of the pieces it streams."""

    state_input_type: type
    state_output_type: type
    intermediate_result_type: object = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """An action in a graph: a function of the state and of inputs, and what it reads and writes.

    Attributes:
        name: In the graph; the function's own name until it is in one.
        function: Called with the state and the inputs; a generator function where `streaming`.
        asynchronous: Whether what it returns is awaited, or iterated asynchronously.
        bound: Parameters fixed by `bind`, which are no inputs any more.
        required: Inputs without a default.
        optional: Inputs with a default.
        injected: Those of `__context` and `__tracer` that the function takes.
        policy: Retries and time limit; None for neither.
        origin: The function or object that the user gave, whose code counts.
        pinned: Its code, where it cannot be read any more.
        schema: The classes that it takes and gives in the place of states and dicts; None for those.
    """

    name: str
    function: Callable[..., object]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    effect: Effect | None = None
    asynchronous: bool = False
    streaming: bool = False
    bound: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    injected: tuple[str, ...] = ()
    policy: Policy | None = None
    origin: object = None
    pinned: Pinned | None = None
    schema: Schema | None = None

    @property
    def inputs(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The inputs: those that are required, and those that have a default."""
        return self.required, self.optional

    @property
    def source(self) -> str | None:
        """The source of the function or class; None where none is to be had."""
        return source_of(self.origin) if self.pinned is None else self.pinned.source

    @property
    def code(self) -> str:
        """Id of the present code, all that it names included; bound parameters count."""
        return code_id(self.origin, self.bound) if self.pinned is None else self.pinned.code

    def is_async(self) -> bool:
        """Return whether it must be awaited."""
        return self.asynchronous

    def get_source(self) -> str:
        """Return the source; empty where none is to be had."""
        return self.source or ""

    def with_name(self, name: str) -> Node:
        """Return the same action under another name."""
        return replace(self, name=name)

    def pin(self) -> Node:
        """Return the same action with its present code, for a process that cannot read it."""
        return replace(self, pinned=Pinned(self.code, self.source))

    def bind(self, **parameters: object) -> Node:
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

    def __reduce__(self) -> tuple[object, ...]:
        plain = {name: getattr(self, name) for name in self.__slots__}
        return _rebuilt, ({**plain, "bound": dict(self.bound)},)

    def __repr__(self) -> str:
        return f"{self.name}: {', '.join(self.reads)} -> {', '.join(self.writes)}"


def _rebuilt(fields: dict[str, object]) -> Node:
    fields["bound"] = MappingProxyType(fields["bound"])  # type: ignore[arg-type]  # a dict, see __reduce__
    return Node(**fields)  # type: ignore[arg-type]  # the fields of a Node


def names(what: str, given: Sequence[str]) -> tuple[str, ...]:
    """Return names of keys or tags as a tuple, each once; ActionError where they are no list of strings."""
    if isinstance(given, str) or not all(isinstance(name, str) for name in given):
        raise ActionError(f"{what}=.. takes a list of names, such as {what}=['prompt']; not {given!r}.")
    return tuple(dict.fromkeys(given))


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of an action's function after the state."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    injected: tuple[str, ...]


def signature_of(name: str, function: Callable[..., object], *, method: bool = False) -> Signature:
    """Read the parameters of a function whose first one is the state.

    Raises:
        ActionError: It does not take the state first, takes inputs otherwise than by name, or
            asks for something that the engine does not give.
    """
    state, *others = inspect.signature(function).parameters.values() or (None,)
    if state is None or state.kind in {state.VAR_KEYWORD, state.KEYWORD_ONLY}:
        how = "self, state" if method else "state"
        raise ActionError(f"{name}() must take the state first: def {name}({how}, ..).", action=name)
    if method:  # a class may take `**inputs`, as the method that it overrides does, and name none
        others = [each for each in others if each.kind is not each.VAR_KEYWORD]
    for each in others:
        _check(name, each)
    return Signature(
        tuple(each.name for each in others if each.default is each.empty and not _hidden(each)),
        tuple(each.name for each in others if each.default is not each.empty and not _hidden(each)),
        tuple(each.name for each in others if _hidden(each)),
    )


def _hidden(parameter: inspect.Parameter) -> bool:
    return parameter.name.endswith((CONTEXT, TRACER))


def _check(name: str, parameter: inspect.Parameter) -> None:
    if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        raise ActionError(
            f"{name}({parameter}): inputs go by name. Name each of them: def {name}(state, prompt, ..).",
            action=name,
            key=parameter.name,
        )
    if parameter.name.startswith("__") and not _hidden(parameter):
        raise ActionError(
            f"{name}({parameter}): names that start with __ are the engine's. It gives {CONTEXT} and "
            f"{TRACER}; call an input otherwise.",
            action=name,
            key=parameter.name,
        )
