"""Files of earlier versions."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from notebook_agent.errors import StoreError, StoreFormatError
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store, walk
from notebook_agent.store.schema import VERSION

from .runs import FORK, KEY, step

FILES = Path(__file__).parent / "files"
CHAT = [{"role": "user", "content": f"message {n} " * 30} for n in range(40)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of the first version: a run of 40 messages with a call, and an edited fork with a label."""
    return Path(shutil.copy(FILES / "version_1.db", tmp_path / "store.db"))


def test_a_file_of_the_first_version_reads_as_it_was(path: Path):
    """Every state, step and call of it is there, and the file is of this version."""
    store = open_store(path)
    assert [CHAT[: seq + 1] for seq in range(40)] == [store.state(StepRef(KEY, n))["chat"] for n in range(40)]
    assert {"n": 99, "pair": (1, {2.5}), "big": list(range(2000))} == store.state(StepRef(FORK, 20))
    assert ({"n": 100}, "old") == (store.head_state(FORK), store.run(FORK).label)
    (made,) = store.calls([StepRef(KEY, 39)])
    assert (CHAT, b'{"choices": []}' * 100) == (made.request["messages"], made.body)
    assert ([*range(40)], 21) == ([each.seq for each in store.steps(KEY)], len(store.steps(FORK)))
    assert "prompt 7" == store.values(StepRef(KEY, 7)).inputs["prompt"]
    store.close()
    rows = sqlite3.connect(path).execute("SELECT version FROM schema_version").fetchall()
    assert [(version,) for version in range(1, VERSION + 1)] == rows


def test_a_run_of_the_first_version_goes_on(path: Path):
    """Its chat grows by what is new alone, and its old messages are shared as before."""
    store = open_store(path)
    connection = sqlite3.connect(path)
    before = walk.nodes(connection)
    state = store.head_state(KEY).append(chat=CHAT[0])
    step(store, 40, state)
    assert 1 == len(walk.nodes(connection) - before)
    for seq in range(41, 200):
        state = state.append(chat={"role": "user", "content": f"later {seq} " * 30})
        step(store, seq, state)
    store.close()
    store = open_store(path)
    assert [state, CHAT] == [store.head_state(KEY), store.state(StepRef(KEY, 39))["chat"]]
    store.close()


def test_a_migration_is_whole_or_not_at_all(path: Path):
    """Where one fails, the file is as it was, and says so."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE digest (other TEXT)")
    connection.commit()
    with pytest.raises(StoreError, match="digest"):
        open_store(path)
    assert [(1,)] == connection.execute("SELECT version FROM schema_version").fetchall()
    connection.execute("DROP TABLE digest")
    connection.commit()
    connection.close()
    store = open_store(path)
    assert CHAT == store.head_state(KEY)["chat"]
    store.close()


def test_a_file_of_the_first_version_is_not_changed_by_reading(path: Path):
    """Opened for reading only, it is refused and left alone."""
    before = path.read_bytes()
    with pytest.raises(StoreFormatError, match="older version"):
        open_store(path, read_only=True)
    assert before == path.read_bytes()
