"""What all parts of an open store share: the file, the claims, and what is known without asking it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from notebook_agent.condition import Decision
from notebook_agent.errors import StoreFormatError, UnstorableError
from notebook_agent.ids import RunKey
from notebook_agent.state import State
from notebook_agent.store.claims import Claims
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.codec.paths import locate
from notebook_agent.store.codec.stored import NoCodecError, Rooted
from notebook_agent.store.database import MEMORY, Database, Transaction
from notebook_agent.store.nodes import get_node, get_nodes
from notebook_agent.store.protocol import Durability, RunCall

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Core", "Recent", "Writing"]

K = TypeVar("K")
V = TypeVar("V")
_abandoned: Final[list[object]] = []
"""Connections of a parent process, which a forked child must neither use nor close."""


class Recent(dict[K, V]):
    """A dict that forgets its oldest items beyond a number."""

    __slots__ = ("_most",)

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def __setitem__(self, key: K, value: V) -> None:
        dict.__setitem__(self, key, value)
        if len(self) > self._most:
            self.pop(next(iter(self)), None)


class Core:
    """One open store, shared by all its handles in a process.

    Attributes:
        roots: By run, what was written for each key of its last state.
        runs: Numbers of runs.
        sources: Nodes of actions' sources, by the id of their code.
        written: Texts of decisions, by their identity.
        calls: Nodes of run calls, by their identity.
    """

    def __init__(self, path: str | None, *, durability: Durability, read_only: bool) -> None:
        self._path = path
        self._durability: Durability = durability
        self._read_only = read_only
        self.roots: Recent[int, Rooted] = Recent(64)
        self.runs: Recent[RunKey, int] = Recent(1024)
        self.sources: Recent[str, int] = Recent(1024)
        self.written: Recent[int, tuple[Decision, str]] = Recent(64)
        self.calls: Recent[int, tuple[RunCall, int]] = Recent(64)
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._database = Database(self._path, durability=self._durability, read_only=self._read_only)
        self._claims = Claims(self._path)
        self.owner = object()
        self.long: dict[int, tuple[object, int]] = {}

    @property
    def database(self) -> Database:
        """The file; a forked child opens it anew."""
        if self._process != os.getpid():
            self._claims.forget()
            _abandoned.append(self._database)
            self._open()
        return self._database

    @property
    def claims(self) -> Claims:
        """The claims of this process."""
        return self._claims

    @property
    def location(self) -> str:
        """The file's path, or `:memory:`."""
        return self._path or MEMORY

    def write(self, *, durable: bool = True, **values: object) -> Writing:
        """Begin a transaction in which values are written; `values` are what an error's path starts at."""
        return Writing(self, values, durable=durable)

    def decoder(self, connection: Connection) -> Decoder:
        """To read values on this connection."""
        return Decoder(self.owner, partial(get_node, connection), partial(get_nodes, connection))

    def state(self, decoder: Decoder, text: str) -> State:
        """The state of a column."""
        values = decoder.text(text)
        if not isinstance(values, Mapping):
            raise StoreFormatError(f"{self.location} is damaged: a state is no mapping.", path=self._path)
        return State(values)

    def close(self) -> None:
        """Let go of the file."""
        if self._process == os.getpid():
            self._claims.close()
            self._database.close()


class Writing:
    """See `Core.write`; gives the transaction and an encoder."""

    __slots__ = ("_encoder", "_transaction", "_values")

    def __init__(self, core: Core, values: Mapping[str, object], *, durable: bool) -> None:
        self._values = values
        self._transaction = core.database.write(durable=durable)
        self._encoder = Encoder(core.owner, self._transaction, core.long)

    def __enter__(self) -> tuple[Transaction, Encoder]:
        return self._transaction.__enter__(), self._encoder

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._transaction.__exit__(kind, error, trace)
        if error is None:
            self._encoder.settle()
        elif isinstance(error, NoCodecError):
            raise self._unstorable(error.value, endless=error.endless) from None

    def _unstorable(self, culprit: object, *, endless: bool) -> UnstorableError:
        path, key = _where(self._values, culprit)
        kind = type(culprit)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        if endless:
            message = f"{path}: this {name} contains itself or is nested too deeply. Flatten it first."
        else:
            message = (
                f"{path}: {name} cannot be stored. Keep it out of the state and make it in the action, or"
                f" teach the store: notebook_agent.store.register({kind.__name__}, encode, decode)."
            )
        return UnstorableError(message, path=path, key=key)


def _where(values: Mapping[str, object], culprit: object) -> tuple[str, str | None]:
    roots = [(name, value) for name, value in values.items() if isinstance(value, Mapping)]
    for name, key, item in ((name, key, item) for name, value in roots for key, item in value.items()):
        path = locate(item, culprit, f"{name}[{key!r}]")
        if path is not None:
            return path, str(key)
    return next(iter(values), "value"), None
