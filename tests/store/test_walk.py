"""Which nodes a value is made of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store, walk

from .runs import FORK, KEY, call, new_run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def named(connection: sqlite3.Connection) -> Iterator[int]:
    """All nodes that the tables name."""
    for table, columns in walk.NODES.items():
        for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            yield from filter(None, row)
    for table, columns in walk.TEXTS.items():
        for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            for text in filter(None, row):
                yield from walk.pointers(text)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 5000,
        [f"{n}" * 100 for n in range(5000)],
        ["x" * 300, "short", {"deep": ["y" * 300] * 40}, None] * 30,
        {"$": 5, 7: "z" * 400, "t": ("w" * 300, {"v" * 300})},
        [list(range(3000)), [[["u" * 1000]]]],
    ],
    ids=["text", "texts", "mixed", "tags", "nested"],
)
def test_every_node_is_reached_from_the_tables(path: Path, value: object):
    """What a store holds is what its rows point to, step by step; no node is left over."""
    store = open_store(path)
    store.create_run(new_run(value=value))
    store.record_call(call(StepRef(KEY, None), request={"messages": [value]} if type(value) is list else {}))
    store.close()
    connection = sqlite3.connect(path)
    assert walk.nodes(connection) == walk.reachable(connection, named(connection))
    connection.close()


def test_a_node_has_the_children_that_its_list_has(path: Path):
    """One step down from a state is its list, from the list its items."""
    store = open_store(path)
    texts = [f"{n} " * 200 for n in range(30)]
    store.create_run(new_run(items=texts))
    store.close()
    connection = sqlite3.connect(path)
    (state,) = connection.execute("SELECT state FROM run").fetchone()
    (items,) = walk.pointers(state)
    assert 30 == len(walk.children(connection, [items]))
    assert set() == walk.children(connection, walk.children(connection, [items]))
    connection.close()


def test_dropped_nodes_are_gone(path: Path):
    """What nothing points to can be removed; the rest keeps its numbers, sizes and values."""
    store = open_store(path)
    store.create_run(new_run(items=["x" * 500] * 3))
    store.create_run(new_run(FORK, text="y" * 500))
    store.delete_run(KEY)
    store.close()
    connection = sqlite3.connect(path)
    live = walk.reachable(connection, named(connection))
    before = walk.sizes(connection, live)
    walk.drop(connection, walk.nodes(connection) - live)
    assert (live, before) == (walk.nodes(connection), walk.sizes(connection, live))
    connection.commit()
    connection.close()
    store = open_store(path)
    assert {"text": "y" * 500} == store.head_state(FORK)
    store.close()


@pytest.mark.parametrize("text", ['{"$":', '{"$":"at"}', '{"$":"list","r":[null],"n":1}', '["$"'])
def test_what_no_store_writes_is_a_typed_error(text: str):
    """A crafted column cannot do more than be refused."""
    with pytest.raises(StoreFormatError, match="damaged"):
        walk.pointers(text)
