"""What the functions that an action runs change in place, through those that they call too."""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType

from notebook_agent.action.facts import Facts, Given, Place
from notebook_agent.action.kinds import is_data

__all__ = ["Changes"]

_MAKERS = frozenset({"__init__", "__new__", "__post_init__", "__setstate__"})
"""Methods that make an object: what they set is what it is."""
_SELF = frozenset({"self", "cls"})


class Changes:
    """The variables and attributes that code changes, as more and more functions are added.

    Attributes:
        rebound: Variables outside of functions that they assign.
        outside: By variable outside of them, the attributes of it that they change; None for itself.
    """

    def __init__(self) -> None:
        self.rebound: set[str] = set()
        self.outside: dict[str, frozenset[str | None]] = {}
        self._named: set[str] = set()
        self._functions: dict[FunctionType, Facts] = {}
        self._callable: dict[str, list[FunctionType]] = {}
        self._places: dict[FunctionType, set[Place]] = {}
        self._own: dict[type, dict[str, set[str]]] = {}

    def add(self, function: FunctionType, facts: Facts, owner: type | None) -> None:
        """Count what a function, or a method of `owner`, changes and names."""
        self.rebound |= facts.rebound
        self._named |= facts.attributes
        self._functions[function] = facts
        self._callable.setdefault(function.__name__, []).append(function)
        self._places[function] = set(facts.changed)
        if owner is not None and function.__name__ not in _MAKERS:
            own = {place.attribute for place in facts.changed if place.root in _SELF and place.attribute}
            self._own.setdefault(owner, {}).setdefault(function.__name__, set()).update(own)

    def name(self, *attributes: str) -> None:
        """Count attributes and methods as named."""
        self._named.update(attributes)

    def settle(self) -> None:
        """Work out what functions change that is handed to those which change it."""
        going = True
        while going:
            found = [self._pass_on(function, facts.given) for function, facts in self._functions.items()]
            going = True in found
        self.outside = {}
        for root, attribute in self._outside():
            self.outside[root] = self.outside.get(root, frozenset()) | {attribute}

    def parameters(self, function: FunctionType, name: str) -> frozenset[str | None]:
        """Return the attributes of a function's parameter that it changes; None for the parameter itself."""
        return frozenset(place.attribute for place in self._places[function] if place.root == name)

    def is_own(self, cls: type, name: str) -> bool:
        """Return whether a method that is called changes this attribute of its object."""
        return any(
            name in names and (method in self._named or method.startswith("__"))
            for base in cls.__mro__
            for method, names in self._own.get(base, {}).items()
        )

    def counts(self, cls: type, name: str) -> bool:
        """Return whether an attribute says what an object is: code names it, or it is all data."""
        return (name in self._named or is_data(cls)) and not self.is_own(cls, name)

    def _pass_on(self, function: FunctionType, given: tuple[Given, ...]) -> bool:
        """Add the places that `function` hands on to be changed; return whether there were new ones."""
        places = self._places[function]
        before = len(places)
        for name, parameter, place in given:
            for called in self._callable.get(name, ()):
                taken = _parameter(self._functions[called], parameter)
                inner = [attribute for root, attribute in self._places[called] if root == taken]
                places.update(Place(place.root, place.attribute or attribute) for attribute in inner)
        return len(places) > before

    def _outside(self) -> Iterator[Place]:
        for function, places in self._places.items():
            parameters = self._functions[function].parameters
            yield from (place for place in places if place.root not in parameters)


def _parameter(facts: Facts, given: int | str) -> str | None:
    if isinstance(given, str):
        return given
    place = given + (facts.parameters[:1] in {("self",), ("cls",)})
    return facts.parameters[place] if place < len(facts.parameters) else None
