"""Actions that a cell defined again, and the nodes that run them.

The graph holds the functions that it was built with. When the cell that defined one
of them is run again, the node takes the new function; when another cell defines the
same name, that is only offered: `retry` takes it for the step that failed, `--with`
for any. The same cell is told by its id and, where the front end sends none, by its
defining the same actions as before. Functions defined inside functions, and those of
modules, are left alone. An object of an action class that was defined again becomes one of
the new class, with its values, where both make their objects alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FunctionType

from notebook_agent.action import Node
from notebook_agent.action.base import Base, as_node

__all__ = ["Edit", "EditWatcher", "Origin", "find_edits"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a function comes from: its cell's id, and the actions that the cell defined."""

    cell: str | None
    names: frozenset[str]

    def is_same_cell(self, other: Origin) -> bool:
        """Return whether the other is a later version of the same cell."""
        if self.cell is not None and other.cell is not None:
            return self.cell == other.cell
        return self.names == other.names


@dataclass(frozen=True, slots=True)
class Edit:
    """A node whose action was defined again: `new` takes the place of `old`.

    `function` is the name of the function or class.
    """

    old: Node
    new: Node
    function: str
    same_cell: bool

    @property
    def of_class(self) -> bool:
        """Whether the action is an object of a class."""
        return isinstance(self.old.origin, Base)

    def __str__(self) -> str:
        return f"{self.old.name} ({self.old.code[:4]} → {self.new.code[:4]})"


class EditWatcher:
    """Remembers which cell defined which action, and which classes there are."""

    def __init__(self) -> None:
        self._origins: dict[int, tuple[object, Origin]] = {}
        self._classes: dict[tuple[str, str], type] | None = None
        self._told: set[int] = set()

    def after_cell(self, namespace: Mapping[str, object], cell: str | None) -> None:
        """Note the actions that a cell has just defined."""
        made = {name: node.function for name, node in _actions(namespace)} | dict(_action_classes(namespace))
        fresh = {name: thing for name, thing in made.items() if id(thing) not in self._origins}
        origin = Origin(cell, frozenset(fresh))
        for thing in fresh.values():
            self._origins[id(thing)] = thing, origin

    def new_classes(self, namespace: Mapping[str, object]) -> list[str]:
        """Return the names of classes that another class has taken since the last call; at first none."""
        known, self._classes = self._classes, _classes(namespace)
        if known is None:
            return []
        return [cls.__qualname__ for name, cls in self._classes.items() if known.get(name) not in {None, cls}]

    def is_same_cell(self, old: Node, new: Node) -> bool:
        """Return whether both were defined by the same cell, at different times."""
        before, after = (self._origins.get(id(_definition(made))) for made in (old, new))
        return bool(before and after and before[1].is_same_cell(after[1]))

    def stale(self, actions: Iterable[Node], namespace: Mapping[str, object]) -> list[str]:
        """Say, once, which actions are objects of an old class whose new one makes its objects otherwise."""
        said = []
        for node, new in _of_old_classes(actions, namespace):
            if id(new) not in self._told and _remade(node, new) is None:
                self._told.add(id(new))
                said.append(
                    f"{new.__name__} was defined again and makes its objects otherwise; {node.name} is one "
                    "of the old class: run the cell that builds the graph"
                )
        return said


def find_edits(actions: Iterable[Node], namespace: Mapping[str, object], watcher: EditWatcher) -> list[Edit]:
    """Return the nodes whose function has been defined again since."""
    actions, defined = list(actions), dict(_actions(namespace))
    edits = []
    for old in actions:
        name = _top_level_name(old)
        new = defined.get(name or "")
        if name and new is not None and new.function is not old.function:
            edits.append(Edit(old, _in_place_of(old, new), name, watcher.is_same_cell(old, new)))
    for old, cls in _of_old_classes(actions, namespace):
        new = _remade(old, cls)
        if new is not None:
            edits.append(Edit(old, _in_place_of(old, new), cls.__name__, watcher.is_same_cell(old, new)))
    return [edit for edit in edits if edit.old.code != edit.new.code]


def _classes(namespace: Mapping[str, object]) -> dict[tuple[str, str], type]:
    return {
        (value.__module__, value.__qualname__): value
        for value in list(namespace.values())
        if isinstance(value, type)
    }


def _actions(namespace: Mapping[str, object]) -> Iterable[tuple[str, Node]]:
    for name, value in list(namespace.items()):
        made = getattr(value, "action_function", None) if isinstance(value, FunctionType) else None
        if isinstance(made, Node) and _top_level_name(made) == name:
            yield name, made


def _action_classes(namespace: Mapping[str, object]) -> Iterator[tuple[str, type[Base]]]:
    for name, value in list(namespace.items()):
        top = isinstance(value, type) and value.__module__ == "__main__" and value.__qualname__ == name
        if top and isinstance(value, type) and issubclass(value, Base):
            yield name, value


def _of_old_classes(
    actions: Iterable[Node], namespace: Mapping[str, object]
) -> Iterator[tuple[Node, type[Base]]]:
    """Yield the nodes whose class another one of its name has taken the place of, and that."""
    classes = dict(_action_classes(namespace))
    for node in actions:
        cls = type(node.origin)
        new = classes.get(cls.__qualname__) if cls.__module__ == "__main__" else None
        if isinstance(node.origin, Base) and new is not None and new is not cls:
            yield node, new


def _remade(node: Node, new: type[Base]) -> Node | None:
    """Return the node of an object of the new class with the old one's values; None where that makes none."""
    if _makes(type(node.origin)) != _makes(new):
        return None
    try:
        made = new.__new__(new)
        vars(made).update(vars(node.origin))
        return as_node(made, node.name)
    except Exception:  # noqa: BLE001 - a class of the user's may refuse in any way
        return None


def _makes(cls: type) -> tuple[object, ...]:
    """Return what the constructor of a class does; nothing where it has none of its own."""
    code = getattr(getattr(cls, "__init__", None), "__code__", None)
    if not isinstance(code, CodeType):
        return ()
    constants = tuple(each for each in code.co_consts if not isinstance(each, CodeType))
    return code.co_code, code.co_names, code.co_varnames, constants


def _definition(made: Node) -> object:
    return type(made.origin) if isinstance(made.origin, Base) else made.function


def _top_level_name(made: Node) -> str | None:
    name = getattr(made.function, "__qualname__", "")
    return name if name.isidentifier() and made.function.__module__ == "__main__" else None


def _in_place_of(old: Node, new: Node) -> Node:
    known = {*new.required, *new.optional}
    bound = {key: value for key, value in old.bound.items() if key in known}
    return new.bind(**bound).with_name(old.name)
