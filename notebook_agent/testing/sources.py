"""The code that an action needs, as it stands in a notebook: definitions, constants, imports.

A name's value decides: what is imported is imported again, a function or class of a cell is
written with its source, a plain value as it is now. What cannot be written down, such as a
client, is made again by the assignment at the top of the cell that made it.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, MappingProxyType, ModuleType

from notebook_agent import serde, syntax
from notebook_agent.action.source import source_of
from notebook_agent.errors import AgentError
from notebook_agent.redact import redact_json
from notebook_agent.store.codec.classes import TAGS
from notebook_agent.store.codec.registry import find_class
from notebook_agent.store.codec.types import READERS
from notebook_agent.testing.imports import Import, import_of
from notebook_agent.testing.literal import Code, assigned, call, is_literal, literal
from notebook_agent.testing.names import Statement, bound_by, needed_names, statement_of

__all__ = ["Sources", "cells_of"]

_FUTURE = 0x100000 | 0x1000000
_OURS = "notebook_agent.testing"
_KINDS = {"float", *READERS, *TAGS}
Namespace = Mapping[str, object]


@dataclass(slots=True)
class Sources:
    """What was collected for a test file.

    Attributes:
        cells: The cells' texts, in the order in which they ran.
        imports: What to import.
        blocks: Definitions and constants, each after what it needs.
        classes: Names of the classes of values in a state, by the names that they are kept under.
        unknown: Names that cannot be written down, each with the reason.
        future: Whether annotations of the sources are not to be evaluated.
    """

    cells: Iterable[str] = ()
    imports: list[Import] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    classes: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    future: bool = False
    _taken: set[str] = field(default_factory=set)
    _bound: Mapping[str, Statement] | None = None

    def take_source(self, source: str, around: Namespace) -> None:
        """Write a piece of source, after all that it names."""
        self._take_names(source, around)
        self.blocks.append(source.strip("\n"))

    def take(self, name: str, around: Namespace) -> None:
        """Write what a name stands for, once."""
        if name in self._taken:
            return
        self._taken.add(name)
        if name not in around:
            if not hasattr(builtins, name):
                self.unknown[name] = "is not defined any more"
            return
        value = around[name]
        ways: tuple[Callable[[str, object, Namespace], bool], ...] = (
            self._import,
            self._define,
            self._constant,
            self._value,
            self._assignment,
        )
        if not any(way(name, value, around) for way in ways):
            self.unknown[name] = f"is a {type(value).__name__}, which cannot be written down"

    def take_function(self, function: FunctionType, source: str) -> None:
        """Write a function by its source, with what it names; closures and globals alike."""
        self.future = self.future or bool(function.__code__.co_flags & _FUTURE)
        self._taken.add(function.__name__)
        self.take_source(source, around(function))

    def take_class(self, cls: type, names: Namespace) -> bool:
        """Write a class of a cell, or import it; False where its source is not to be found."""
        if cls.__name__ in self._taken:
            return True
        self._taken.add(cls.__name__)
        return self._import(cls.__name__, cls, names) or self._class(cls, names)

    def add(self, module: str, name: str | None) -> None:
        """Import a name from a module, or the module."""
        self.imports.append(Import(module, name, name or module.partition(".")[0]))

    def json(self, value: object, names: Namespace) -> object:
        """Return a value as plain JSON, with the classes that it needs taken.

        Raises:
            UnstorableError: There is no way to write it.
        """
        written = serde.serialize(value)
        for kind, name in sorted(_kinds(written)):
            if kind == "object" or kind not in _KINDS:
                self.unknown[name or kind] = "is written by a codec of yours, which a test file does not have"
            elif name:
                self._take_value_class(name, names)
        return written

    def class_names(self) -> dict[str, Code]:
        """Return the classes of values as they stand in the file."""
        return {name: Code(cls) for name, cls in sorted(self.classes.items())}

    def _take_value_class(self, name: str, names: Namespace) -> None:
        cls = find_class(name) or names.get(name.partition(":")[2])
        if not isinstance(cls, type) or name in self.classes:
            return
        if "<locals>" in name or not self.take_class(cls, names):
            self.unknown[cls.__name__] = "is a class whose source cannot be read"
            return
        self.classes[name] = cls.__name__

    def _take_names(self, source: str, names: Namespace) -> None:
        for name in needed_names(source):
            self.take(name, names)

    def _statement(self, name: str) -> Statement | None:
        if self._bound is None:
            self._bound = bound_by(self.cells)
        return self._bound.get(name)

    def _import(self, name: str, value: object, _: Namespace) -> bool:
        if is_literal(value):
            return False
        written = self._statement(name)
        found = _imported(written.node, name) if written is not None else None
        found = found or import_of(name, value)
        if found is not None:
            self.imports.append(found)
        return found is not None

    def _define(self, name: str, value: object, names: Namespace) -> bool:
        if isinstance(value, type):
            return self._class(value, names)
        function = inspect.unwrap(value) if isinstance(value, FunctionType) else None
        source = source_of(function) if isinstance(function, FunctionType) else None
        if not isinstance(function, FunctionType) or source is None or _defined(source) != name:
            return False
        self.take_function(function, source)
        return True

    def _class(self, cls: type, names: Namespace) -> bool:
        source = self._class_source(cls)
        if source is not None:
            self.take_source(source, names)
        return source is not None

    def _class_source(self, cls: type) -> str | None:
        for member in vars(cls).values():
            function = getattr(member, "fget", getattr(member, "__func__", member))
            if isinstance(function, FunctionType) and function.__module__ == cls.__module__:
                code = function.__code__
                cell = "".join(linecache.getlines(code.co_filename))
                found = statement_of(cell, cls.__name__, code.co_firstlineno)
                if found is not None:
                    return found.text
        written = self._statement(cls.__name__)
        return written.text if written is not None and isinstance(written.node, ast.ClassDef) else None

    def _constant(self, name: str, value: object, _: Namespace) -> bool:
        if not is_literal(value):
            return False
        written = _redacted(value, name)
        self.blocks.append(assigned(name, literal(written, before=len(name) + 3), written))
        return True

    def _value(self, name: str, value: object, names: Namespace) -> bool:
        if isinstance(value, ModuleType | FunctionType):
            return False
        try:
            written = redact_json(self.json(value, names))  # type: ignore[arg-type]  # it is JSON
        except (AgentError, RecursionError):
            return False
        self.add(_OURS, "from_json")
        classes = [self.class_names()] if self.classes else []
        made = call("from_json", written, *classes, before=len(name) + 3)
        self.blocks.append(assigned(name, made, written))
        return True

    def _assignment(self, name: str, _: object, names: Namespace) -> bool:
        written = self._statement(name)
        if written is None or not isinstance(written.node, ast.Assign | ast.AnnAssign):
            return False
        self._take_names(written.text, names)
        self.add(_OURS, "offline")
        inner = "\n".join(f"    {line}" if line else line for line in written.text.split("\n"))
        self.blocks.append(f"with offline():\n{inner}")
        return True


def around(function: FunctionType) -> Namespace:
    """Return what a function sees: its module's names and those of the functions around it."""
    names = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            names[name] = cell.cell_contents
        except ValueError:
            continue
    return MappingProxyType(names)


def cells_of(names: Namespace) -> list[str]:
    """Return the texts of the cells that defined what a namespace holds, as far as they are known.

    They are those that IPython keeps as `In`, and the files of functions.
    """
    kept = names.get("In")
    cells = [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []
    functions = [each for each in names.values() if isinstance(each, FunctionType)]
    files = dict.fromkeys(each.__code__.co_filename for each in functions if each.__module__ == "__main__")
    return [*("".join(linecache.getlines(file)) for file in files), *cells]


def _imported(node: ast.stmt, name: str) -> Import | None:
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for each in node.names:
            if name == (each.asname or each.name):
                return Import(node.module, each.name, name)
    if isinstance(node, ast.Import):
        for each in node.names:
            if name == (each.asname or each.name.partition(".")[0]):
                return Import(each.name, None, name)
    return None


def _defined(source: str) -> str | None:
    try:
        first = syntax.parse(source).body[0]
    except (SyntaxError, ValueError, IndexError):
        return None
    return first.name if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _kinds(written: object) -> set[tuple[str, str]]:
    """Return the kinds of values in what `serde` wrote, each with its class where it names one."""
    if isinstance(written, Mapping):
        own = {(str(written[serde.KEY]), str(written.get("class", "")))} if serde.KEY in written else set()
        return own.union(*map(_kinds, written.values()))
    return set().union(*map(_kinds, written)) if isinstance(written, list) else set()


def _redacted(value: object, name: str) -> object:
    """Redact a constant: its texts, and all of it where its name is that of a secret."""
    found = redact_json({name.lower(): value})  # type: ignore[dict-item]  # a literal; others pass as they are
    assert isinstance(found, Mapping)
    return found[name.lower()]
