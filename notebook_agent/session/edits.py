"""Actions that a cell defined again, and the nodes that run them.

The graph holds the functions that it was built with. When the cell that defined one
of them is run again, the node takes the new function; when another cell defines the
same name, that is only offered: `retry` takes it for the step that failed, `--with`
for any. The same cell is told by its id and, where the front end sends none, by its
defining the same actions as before. Functions defined inside functions, and those of
modules, are left alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType

from notebook_agent.action import Node

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
    """A node whose action was defined again: `new` takes the place of `old`."""

    old: Node
    new: Node
    function: str
    same_cell: bool

    def __str__(self) -> str:
        return f"{self.old.name} ({self.old.code[:4]} → {self.new.code[:4]})"


class EditWatcher:
    """Remembers which cell defined which action, and which classes there are."""

    def __init__(self) -> None:
        self._origins: dict[int, tuple[object, Origin]] = {}
        self._classes: dict[tuple[str, str], type] | None = None

    def after_cell(self, namespace: Mapping[str, object], cell: str | None) -> None:
        """Note the actions that a cell has just defined."""
        fresh = {name: made for name, made in _actions(namespace) if id(made.function) not in self._origins}
        origin = Origin(cell, frozenset(fresh))
        for made in fresh.values():
            self._origins[id(made.function)] = made.function, origin

    def new_classes(self, namespace: Mapping[str, object]) -> list[str]:
        """Return the names of classes that another class has taken since the last call; at first none."""
        known, self._classes = self._classes, _classes(namespace)
        if known is None:
            return []
        return [cls.__qualname__ for name, cls in self._classes.items() if known.get(name) not in {None, cls}]

    def is_same_cell(self, old: Node, new: Node) -> bool:
        """Return whether both were defined by the same cell, at different times."""
        before, after = (self._origins.get(id(made.function)) for made in (old, new))
        return bool(before and after and before[1].is_same_cell(after[1]))


def find_edits(actions: Iterable[Node], namespace: Mapping[str, object], watcher: EditWatcher) -> list[Edit]:
    """Return the nodes whose function has been defined again since."""
    defined = dict(_actions(namespace))
    edits = []
    for old in actions:
        name = _top_level_name(old)
        new = defined.get(name or "")
        if name and new is not None and new.function is not old.function:
            edits.append(Edit(old, _in_place_of(old, new), name, watcher.is_same_cell(old, new)))
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


def _top_level_name(made: Node) -> str | None:
    name = getattr(made.function, "__qualname__", "")
    return name if name.isidentifier() and made.function.__module__ == "__main__" else None


def _in_place_of(old: Node, new: Node) -> Node:
    known = {*new.required, *new.optional}
    bound = {key: value for key, value in old.bound.items() if key in known}
    return new.bind(**bound).with_name(old.name)
