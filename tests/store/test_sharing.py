"""What is stored once: unchanged values, grown lists, messages of requests."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from notebook_agent.ids import StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store, walk
from notebook_agent.store.protocol import Store

from .runs import KEY, begin, call, end, new_run

CHAT = [{"role": "user", "content": f"message {n} " * 20} for n in range(5000)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()


def weight(path: Path) -> tuple[int, int]:
    """How many nodes there are, and their bytes."""
    connection = sqlite3.connect(path)
    found = walk.sizes(connection, walk.nodes(connection))
    return len(found), sum(found.values())


def write(store: Store, seq: int, state: State) -> None:
    store.begin_step(KEY, begin(seq), after=seq - 1 if seq else None)
    store.end_step(KEY, end(seq, state))


def test_an_append_writes_only_what_is_new(store: Store, path: Path):
    """An append to a list of 5,000 messages makes a handful of nodes and less than 1 KB."""
    state = State({"chat": CHAT})
    store.create_run(new_run())
    write(store, 0, state)
    for seq in range(1, 70):
        count, size = weight(path)
        state = state.append(chat={"role": "user", "content": f"new {seq} " * 20})
        write(store, seq, state)
        nodes, grown = weight(path)
        assert nodes - count <= 3
        assert grown - size < 1000
    assert state == store.state(StepRef(KEY, 69))
    assert CHAT == store.state(StepRef(KEY, 0))["chat"]


def test_an_append_after_a_restart_writes_only_what_is_new(path: Path):
    """A list that was read from the file grows as one that never left memory."""
    store = open_store(path)
    store.create_run(new_run())
    write(store, 0, State({"chat": CHAT}))
    store.close()
    store = open_store(path)
    count, _ = weight(path)
    write(store, 1, store.head_state(KEY).append(chat={"role": "user", "content": "one more"}))
    assert weight(path)[0] - count <= 2
    assert 5001 == len(store.head_state(KEY)["chat"])
    store.close()


def test_however_a_list_grew_it_reads_the_same(store: Store):
    """A list that grew item by item past chunks and runs equals one that was written at once."""
    state = State({"items": []})
    store.create_run(new_run())
    for seq in range(70):
        state = state.extend(items=[f"{seq}.{n}" for n in range(seq % 40)])
        write(store, seq, state)
    assert state == store.head_state(KEY)
    assert [len(store.state(StepRef(KEY, seq))["items"]) for seq in (9, 39)] == [45, 780]


def test_two_ways_to_go_on_from_one_list(store: Store):
    """Two longer versions of one list do not mix."""
    base = State({"items": ["x"] * 40})
    store.create_run(new_run())
    write(store, 0, base)
    left, right = base.append(items="left"), base.append(items="right")
    write(store, 1, left)
    write(store, 2, right)
    write(store, 3, left.append(items="more"))
    tails = [store.state(StepRef(KEY, seq))["items"][40:] for seq in (1, 2, 3)]
    assert [["left"], ["right"], ["left", "more"]] == tails


def test_a_failed_write_is_forgotten(store: Store):
    """What a rolled-back step wrote is not taken for stored by the next one."""
    state = State({"items": ["x" * 300] * 40})
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    with pytest.raises(TypeError):
        store.end_step(KEY, end(0, state.update(bad=object())))
    store.end_step(KEY, end(0, state))
    assert state == store.head_state(KEY)


@pytest.mark.parametrize(
    "big",
    [
        "x" * 2**20,
        os.urandom(2**20),
        [random.Random(1).random() for _ in range(60_000)],
        {str(n): "y" * 300 for n in range(3000)},
    ],
    ids=["text", "bytes", "list", "dict"],
)
def test_a_large_value_that_stays_is_stored_once(store: Store, path: Path, big: object):
    """A step that leaves 1 MB as it is writes no node."""
    state = State({"big": big, "n": 0})
    store.create_run(new_run())
    write(store, 0, state)
    before = weight(path)
    for seq in range(1, 20):
        state = state.update(n=seq)
        write(store, seq, state)
    assert before == weight(path)
    assert state == store.head_state(KEY)


def test_equal_values_are_stored_once(store: Store, path: Path):
    """The same text in the inputs, in a message and under a key of the state is one node."""
    text = "a prompt " * 100
    store.create_run(new_run())
    store.begin_step(KEY, begin(0, prompt=text), after=None)
    store.end_step(KEY, end(0, {"prompt": text, "chat": [{"role": "user", "content": text}]}))
    sql = "SELECT count(*) FROM node WHERE form >= 2 AND form < 4"
    sources = 1
    assert (1 + sources,) == sqlite3.connect(path).execute(sql).fetchone()


def test_a_request_shares_its_messages(store: Store, path: Path):
    """The request of a longer chat adds its new message alone."""
    store.create_run(new_run())
    write(store, 0, State({"chat": CHAT[:1000]}))
    store.record_call(call(StepRef(KEY, 0), request={"model": "m", "messages": CHAT[:1000]}))
    count, size = weight(path)
    store.record_call(call(StepRef(KEY, 0), request={"model": "m", "messages": CHAT[:1001]}))
    nodes, grown = weight(path)
    assert nodes - count <= 4
    assert grown - size < 1000
    assert [1000, 1001] == [len(each.request["messages"]) for each in store.calls([StepRef(KEY, 0)])]


def test_a_list_read_in_the_middle_of_a_run_grows_past_its_end(path: Path):
    """What was read is recalled where the stretch that it belongs to gets full; equal lists are one node."""
    messages = [{"role": "user", "content": f"message {n} {'x' * (n % 90)}"} for n in range(1060)]
    store = open_store(path)
    store.create_run(new_run(chat=messages[:1000]))
    store.close()
    store = open_store(path)
    state = store.head_state(KEY)
    for seq, message in enumerate(messages[1000:]):
        state = state.append(chat=message)
        write(store, seq, state)
    store.close()
    store = open_store(path)
    found = [store.state(StepRef(KEY, seq))["chat"] for seq in (22, 23, 24, 59)]
    assert [messages[:1023], messages[:1024], messages[:1025], messages] == found
    store.close()
