"""What all parts of an open store share: the file, the claims, and what is known without asking it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from notebook_agent.condition import Decision
from notebook_agent.errors import StoreError, StoreFormatError, UnstorableError
from notebook_agent.ids import RunKey
from notebook_agent.interrupts import held
from notebook_agent.redact import redact_text
from notebook_agent.state import State
from notebook_agent.store.claims import Claims
from notebook_agent.store.codec.decode import Decoder
from notebook_agent.store.codec.encode import Encoder
from notebook_agent.store.codec.paths import locate, shortened, suspect, unfit
from notebook_agent.store.codec.rows import Rows
from notebook_agent.store.codec.stored import NoCodecError, Rooted
from notebook_agent.store.codec.uncollected import uncollected
from notebook_agent.store.database import Database
from notebook_agent.store.keeper import Keeper
from notebook_agent.store.nodes import NodeReader
from notebook_agent.store.places import MEMORY
from notebook_agent.store.protocol import Durability, RunCall
from notebook_agent.store.recent import Recent
from notebook_agent.store.transaction import AgedError, Transaction, age_of

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["Core", "Writing", "at_any_age"]

V = TypeVar("V")
P = ParamSpec("P")
_TRIES: Final = 20
_abandoned: Final[list[object]] = []
"""Connections of a parent process, which a forked child must neither use nor close."""


class Core:
    """One open store, shared by all its handles in a process.

    Attributes:
        roots: By run, what was written for each key of its last state.
        runs: Numbers of runs.
        sources: Nodes of actions' sources, by the id of their code.
        graphs: Nodes of graphs, by their JSON.
        written: Texts of decisions, by their identity.
        calls: Nodes of run calls, by their identity.
        handles: How many stores of this process share it.
        owner: Of what is noted on values: one store, at one age of its file.
    """

    def __init__(
        self, path: str | None, *, durability: Durability, read_only: bool, network: bool = False
    ) -> None:
        self._path = path
        self._durability: Durability = durability
        self._read_only = read_only
        self._network = network
        self.handles = 0
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._database = Database(
            self._path, durability=self._durability, read_only=self._read_only, network=self._network
        )
        self._claims = Claims(self._path)
        self._rows = Rows()
        self.forget()

    def forget(self) -> None:
        """Know nothing of the file but its age, for what was known may have been removed."""
        self.long: dict[int, tuple[object, int]] = {}
        self.roots: Recent[int, Rooted] = Recent(64)
        self.runs: Recent[RunKey, int] = Recent(1024)
        self.sources: Recent[str, int] = Recent(1024)
        self.graphs: Recent[str, int] = Recent(16)
        self.written: Recent[int, tuple[Decision, str]] = Recent(64)
        self.calls: Recent[int, tuple[RunCall, int]] = Recent(64)
        self.owner = Keeper(self._database.age())

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
        return Decoder(self.owner, NodeReader(connection, self._rows.at(age_of(connection)).shelf))

    def state_decoder(self, connection: Connection, reader: NodeReader | None = None) -> Decoder:
        """To read states on this connection; stretches of long lists that several share are read once."""
        rows = self._rows.at(age_of(connection))
        return Decoder(self.owner, NodeReader(connection, rows.shelf) if reader is None else reader, rows)

    def state(self, decoder: Decoder, text: str) -> State:
        """The state of a column."""
        with uncollected():
            values = decoder.text(text)
        if not isinstance(values, Mapping):
            raise StoreFormatError(f"{self.location} is damaged: a state is no mapping.", path=self._path)
        return State(values)

    def close(self) -> None:
        """Let go of the file."""
        if self._process == os.getpid():
            self._claims.close()
            self._database.close()


def at_any_age(work: Callable[Concatenate[Core, P], V]) -> Callable[Concatenate[Core, P], V]:
    """Make a function that writes begin again where the file turns out to be older than this process knew.

    An interrupt comes when it is done: what is known of the file is noted after the commit.
    """

    @wraps(work)
    def tried(core: Core, /, *args: P.args, **options: P.kwargs) -> V:
        for _ in range(_TRIES):
            try:
                with held():
                    return work(core, *args, **options)
            except AgedError:
                core.forget()
        raise StoreError(f"{core.location} is emptied by others all the time. Try again when they are done.")

    return tried


class Writing:
    """See `Core.write`; gives the transaction and an encoder."""

    __slots__ = ("_encoder", "_transaction", "_values")

    def __init__(self, core: Core, values: Mapping[str, object], *, durable: bool) -> None:
        self._values = values
        self._transaction = core.database.write(durable=durable, keeper=core.owner)
        self._encoder = Encoder(core.owner, self._transaction, core.long)

    def __enter__(self) -> tuple[Transaction, Encoder]:
        return self._transaction.__enter__(), self._encoder

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._transaction.__exit__(kind, error, trace)
        if error is None:
            self._encoder.settle()
        elif isinstance(error, NoCodecError):
            raise self._unstorable(error) from error.failure

    def _unstorable(self, error: NoCodecError) -> UnstorableError:
        culprit = error.value
        path, key = _where(self._values, culprit)
        kind = type(culprit)
        name = (
            kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
        )
        if error.endless:
            message = f"{path}: this {name} contains itself or is nested too deeply. Flatten it first."
        elif error.failure is not None:
            told = redact_text(f"{type(error.failure).__name__}: {error.failure}")
            message = f"{path}: the encode that {name} was registered with raised {told}. Mend it."
        else:
            message = f"{path}: {unfit(culprit, name)}"
        return UnstorableError(message, path=path, key=key)


def _where(values: Mapping[str, object], culprit: object) -> tuple[str, str | None]:
    roots = [(name, value) for name, value in values.items() if isinstance(value, Mapping)]
    items = [(f"{name}[{key!r}]", key, item) for name, value in roots for key, item in value.items()]
    for find in (lambda item, path: locate(item, culprit, path), suspect):
        for start, key, item in items:
            path = find(item, start)
            if path is not None:
                return shortened(path), str(key)
    return next(iter(values), "value"), None
