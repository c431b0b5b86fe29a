"""A file from a stranger: mutated anywhere, or with a payload in every field, it is only ever data."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent.errors import AgentError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store
from tests.faults.story import start, step
from tests.store.runs import call, new_run

__all__ = ["PAYLOADS", "Opened", "make_store", "open_mutants", "open_payloads"]

KEY = RunKey("hostile", "run")
FORK = RunKey("hostile", "fork")
SIZE = 2000
MEMORY = 1 << 30
"""Bytes that a process may take for one file, beyond what it has."""
SECONDS = 2.0
"""Of the processor, since a machine has other work too."""
_PART = 100

_GADGETS = (
    "cos\nsystem\n(S'touch {mark}'\ntR.",
    "\x80\x04\x95\x00.",
    "__import__('os').system('touch {mark}')",
    "!!python/object/apply:os.system ['touch {mark}']",
    "{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}",
    "'; DROP TABLE run; --",
    "\x00",
    "[" * 3000,
    "9" * 5000,
    "../../../etc/passwd",
)
_TAGGED = (
    *(("object", name) for name in ("os:system", "builtins:eval", "subprocess:Popen", "posix:system")),
    *(("dataclass", name) for name in ("os:system", "sys:modules", "builtins:type", "antigravity:x")),
    *(("pydantic", name) for name in ("pydantic:BaseModel", "os:_wrap_close", "this:s")),
    *(("enum", name) for name in ("enum:Enum", "re:RegexFlag", "builtins:object", "__main__:X")),
    *(("namedtuple", name) for name in ("os:stat_result", "collections:namedtuple", "builtins:tuple")),
    *(("ndarray", name) for name in ("numpy:ndarray", "numpy:load")),
    *(("image", name) for name in ("PIL.Image:Image", "PIL.Image:open")),
    *(("frame", name) for name in ("pandas:DataFrame", "pandas:eval")),
)
_ODD = (
    '{"$":"tuple"}',
    '{"$":["tuple"]}',
    '{"$":"defaultdict","v":["eval",[]]}',
    '{"$":"zone","v":"../../etc/passwd"}',
    '{"$":"range","v":[0,1e99,1]}',
    '{"$":"decimal","v":"1e999999999"}',
    '{"$":"int","v":"' + "f" * 100_000 + '"}',
    '{"$":"bytes","v":"zz"}',
    '{"$":"list","n":1e9,"v":[]}',
    '{"$":"list","n":5,"r":[1,1,1,1],"v":[]}',
    '{"$":"at","v":[1,1,1]}',
    '{"$":"mix","v":[["$"],5]}',
    '{"$":"dict","v":[[[],1]]}',
    '{"$":"set","v":[[1]]}',
    '{"$":"deque","v":[-1,[]]}',
    '{"$":"path","v":5}',
    '{"$":1}',
    '{"$":-1}',
    '{"$":true}',
    "[" * 100_000,
    '{"a":' * 50_000,
    "NaN",
    "",
    "{",
)
PAYLOADS: tuple[object, ...] = (
    *_GADGETS,
    *(f'{{"$":"{tag}","c":"{name}","v":{{"a":["touch {{mark}}"]}}}}' for tag, name in _TAGGED),
    *_ODD,
    *(b"\x80\x04c__builtin__\neval\n.", b"\xff\xfe", 2**62, -1, 1e308, None),
)


@dataclass(slots=True)
class Opened:
    """What came of it."""

    done: int = 0
    said: Counter[str] = field(default_factory=Counter)
    """`whole` where everything could be read, else the error's type."""
    untyped: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    died: list[str] = field(default_factory=list)
    slowest: float = 0.0


def make_store(path: Path) -> Path:
    """A store with something in every table and column."""
    store = open_store(path)
    start(store, KEY, SIZE)
    for seq in range(40):
        step(store, KEY, seq, SIZE)
    store.create_run(new_run(FORK, StepRef(KEY, 3)))
    store.record_call(call(StepRef(KEY, 2), chunks=((0.1, 1),), headers=(("a", "b"),)))
    store.label_run(KEY, "label")
    store.close()
    return path


def open_mutants(path: Path, count: int, seed: int = 0) -> Opened:
    """Open so many mutations of a file, each read through and through."""
    whole = path.read_bytes()

    def mutate(number: int) -> str:
        chance = random.Random(f"{seed} {number}")
        path.write_bytes(_mutated(whole, chance))
        return f"mutant {number}"

    return _open_all(path, count, mutate)


def open_payloads(path: Path, every: int = 1) -> Opened:
    """Open a file with each payload, or a share of them, in each column of each table."""
    whole, mark = path.read_bytes(), path.with_name("mark")
    places = [(table, column, n) for table, column in _columns(path) for n in range(len(PAYLOADS))]
    places = places[::every]

    def put(number: int) -> str:
        table, column, n = places[number]
        payload = PAYLOADS[n]
        if isinstance(payload, str):
            payload = payload.replace("{mark}", str(mark))
        path.write_bytes(whole)
        connection = sqlite3.connect(path)
        try:
            connection.execute(f"UPDATE OR REPLACE {table} SET {column} = ?", (payload,))
            connection.commit()
        except sqlite3.Error as error:
            connection.rollback()
            if "NOT NULL" not in str(error) and "mismatch" not in str(error):
                raise
        finally:
            connection.close()
        return f"{table}.{column} payload {n}"

    found = _open_all(path, len(places), put)
    if mark.exists():
        found.ran.append("a payload made its mark")
    return found


def _columns(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    tables = [name for (name,) in connection.execute(sql) if not name.startswith("sqlite_")]
    found = [(table, row[1]) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.close()
    return found


def _mutated(whole: bytes, chance: random.Random) -> bytes:
    raw = bytearray(whole)
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice((1, 1, 3, 20))):
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        case 1:
            raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
        case 2:
            at, size = chance.randrange(len(raw)), chance.randrange(1, 600)
            raw[at : at + size] = chance.randbytes(min(size, len(raw) - at))
        case 3:
            one, two = (chance.randrange(len(raw) // 4096) * 4096 for _ in range(2))
            raw[one : one + 4096], raw[two : two + 4096] = raw[two : two + 4096], raw[one : one + 4096]
        case _:
            del raw[chance.randrange(len(raw)) :]
    return bytes(raw)


def _open_all(path: Path, count: int, put: Callable[[int], str]) -> Opened:
    """Open files in processes of their own, a hundred each; one that dies is named, and the next goes on."""
    found, at = Opened(), 0
    while at < count:
        lines = list(_in_child(path, range(at, min(at + _PART, count)), put))
        for said, seconds, text, name in lines:
            _note(found, said, seconds, text, name)
        at += len(lines)
        if len(lines) < min(_PART, count - at + len(lines)):
            found.died.append(f"number {at}")
            found.done += 1
            at += 1
    return found


def _note(found: Opened, said: str, seconds: float, text: str, name: str) -> None:
    found.done += 1
    found.said[said] += 1
    found.slowest = max(found.slowest, seconds)
    found.slow += [f"{name}: {seconds:.1f} s"] if seconds > SECONDS else []
    found.untyped += [f"{name}: {text}"] if said == "untyped" else []
    found.ran += [f"{name}: {text}"] if said == "ran" else []


def _in_child(
    path: Path, numbers: Sequence[int], put: Callable[[int], str]
) -> Iterator[tuple[str, float, str, str]]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            _limit()
            ran = _watched()
            for number in numbers:
                os.write(writing, (json.dumps(_opened(path, put(number), ran)) + "\n").encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        for line in lines:
            yield json.loads(line)
    os.waitpid(child, 0)


def _limit() -> None:
    taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _watched() -> list[str]:
    """A list that grows when code is run, a program started, or a module loaded that was not there."""
    ran: list[str] = []
    events = {
        "os.system",
        "subprocess.Popen",
        "os.exec",
        "os.posix_spawn",
        "pickle.find_class",
    }

    def hear(event: str, arguments: tuple[object, ...]) -> None:
        if event in events:
            ran.append(f"{event} {str(arguments)[:80]}")
        if event == "import" and str(arguments[0]) in {"antigravity", "this"}:
            ran.append(f"import {arguments[0]}")

    import numpy  # noqa: F401, ICN001 (loaded before the watch begins)
    import pandas  # noqa: F401, ICN001
    import PIL.Image  # noqa: F401
    from numpy.lib import format  # noqa: A004, F401
    from pydantic import BaseModel  # noqa: F401

    sys.addaudithook(hear)
    return ran


def _opened(path: Path, name: str, ran: list[str]) -> tuple[str, float, str, str]:
    before, heard = time.process_time(), len(ran)
    signal.alarm(20)
    said, text = "whole", ""
    try:
        _read_all(path)
    except AgentError as error:
        said = type(error).__name__
    except BaseException as error:  # noqa: BLE001 (that is what is looked for)
        said, text = "untyped", f"{type(error).__name__}: {str(error)[:200]}"
    signal.alarm(0)
    if len(ran) > heard:
        said, text = "ran", ran[-1]
    for log in ("-wal", "-shm"):
        Path(f"{path}{log}").unlink(missing_ok=True)
    return said, time.process_time() - before, text, name


def _read_all(path: Path) -> None:
    store = open_store(path)
    try:
        for record in store.runs():
            _read_run(store, record.key)
        store.sizes()
        store.gc(dry_run=True)
    finally:
        store.close()


def _read_run(store: Store, key: RunKey) -> None:
    store.graph(key)
    store.head_state(key)
    steps = store.steps(key)
    for each in steps[::8]:
        repr(each)
        store.state(each.ref)
        store.values(each.ref)
    store.calls([each.ref for each in steps[:4]])
