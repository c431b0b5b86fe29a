"""Small nodes gathered into packs: found again by number and by content, whoever wrote them."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.state import State
from notebook_agent.store import open_store, walk
from notebook_agent.store.nodes import NodeReader
from notebook_agent.store.packs import pack, unpack
from notebook_agent.store.protocol import Store

from .runs import FORK, KEY, new_run, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()


def message(n: int) -> dict[str, str]:
    return {
        "role": "user",
        "content": f"message {n} " + "".join(random.Random(n).choices("abcdefgh ", k=900)),
    }


def packs(path: Path) -> int:
    return sqlite3.connect(path).execute("SELECT count(*) FROM node WHERE form = 6").fetchone()[0]


words = st.text(st.characters(exclude_categories=()), max_size=300).map(
    lambda text: text.encode("utf-8", "surrogatepass")
)
lists = st.integers().map(lambda n: b'{"$":"list","n":%d}' % n)
members = st.lists(
    st.one_of(
        st.tuples(st.integers(1, 1000), st.just(0), words | lists),
        st.tuples(st.integers(1, 1 << 62), st.just(2), words),
        st.tuples(st.integers(1, 1000), st.just(4), st.binary(max_size=300)),
    ),
    min_size=1,
    unique_by=lambda member: member[0],
).map(sorted)


@given(members)
def test_a_pack_opens_to_what_was_packed(found: list[tuple[int, int, bytes]]):
    """Numbers, forms and bodies come back, whatever they are."""
    assert found == unpack(pack(found))


def test_a_pack_of_the_third_version_opens():
    """One that was compressed as a whole holds what it held."""
    whole = zlib.compress(b'[[7,1,2],"024",[2,4,3]]\n[]text\x00\xff!')
    assert [(7, 0, b"[]"), (8, 2, b"text"), (10, 4, b"\x00\xff!")] == unpack(whole)


def test_a_pack_of_the_fourth_version_opens():
    """One with texts as they are, told of in JSON, holds what it held; a changed text is seen."""
    front = zlib.compress(b'[[7,2,-1],"024",[18,4,3]]\n{"$":"list","n":1}')
    whole = b"%d:%d:%b" % (len(front), zlib.adler32(b"text\x00\xff!"), front) + b"text\x00\xff!"
    assert [(7, 0, b'{"$":"list","n":1}'), (8, 4, b"\x00\xff!"), (9, 2, b"text")] == unpack(whole)
    with pytest.raises(StoreFormatError, match="another sum"):
        unpack(whole.replace(b"text", b"next"))


@pytest.mark.parametrize(
    "told",
    [
        struct.pack("<I", 1 << 31),
        struct.pack("<I2q2I2s", 2, 7, 1, 4, 4, b"\x02\x00") + b"text",
        struct.pack("<I2q2I2s", 2, 7, 1, 4, 4, b"\x00\x06") + b"null",
        struct.pack("<I2q2I2s", 2, 7, 1, 4, 5, b"\x00\x02") + b"null",
        struct.pack("<I2q2I2s", 2, 7, 1, 3, 4, b"\x00\x02") + b"null",
    ],
    ids=["more members than it holds", "text first", "an unknown form", "a long text", "short JSON"],
)
def test_a_pack_that_contradicts_itself_is_refused(told: bytes):
    """However it came to say so."""
    front, none = zlib.compress(told), zlib.compress(bytes(4))
    head = b"p%d:%d:%d:" % (len(front), len(none), zlib.adler32(b"text"))
    with pytest.raises(StoreFormatError, match="does not open"):
        unpack(head + front + none + b"text")


def test_text_stands_in_a_pack_as_it_is():
    """It is not compressed, for it is what takes the time to open."""
    assert b"a prompt" in pack([(1, 0, b"{}"), (2, 2, b"a prompt"), (3, 0, b"{}")])


def test_a_changed_text_in_a_pack_is_seen():
    """Though text is not compressed, which would show it."""
    with pytest.raises(StoreFormatError, match="another sum"):
        unpack(pack([(1, 2, b"a prompt")]).replace(b"prompt", b"Prompt"))


@given(members, st.data())
def test_a_damaged_pack_is_a_typed_error(found: list[tuple[int, int, bytes]], data: st.DataObject):
    """A pack that was cut or changed anywhere opens with other data or is refused, and no more."""
    whole = bytearray(pack(found))
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[place] ^= data.draw(st.integers(1, 255))
    else:
        del whole[place:]
    with contextlib.suppress(StoreFormatError):
        assert isinstance(unpack(bytes(whole)), list)


def test_a_long_run_reads_the_same_from_packs(store: Store, path: Path):
    """Every checkpoint of a run whose nodes were packed on the way is what it was."""
    store.create_run(new_run(chat=[]))
    state = store.head_state(KEY)
    states = []
    for seq in range(150):
        state = state.append(chat=message(seq)).update(n=seq)
        step(store, seq, state)
        states.append(state)
    assert packs(path) >= 2
    other = open_store(path, read_only=True)
    for seq in (0, 1, 31, 32, 63, 90, 149):
        assert states[seq] == store.state(StepRef(KEY, seq)) == other.state(StepRef(KEY, seq))
    other.close()


def test_a_packed_text_is_found_by_its_content(path: Path):
    """What stands in a pack is not written again, by this process or by the next."""
    store = open_store(path)
    store.create_run(new_run(chat=[message(n) for n in range(400)]))
    store.close()
    store = open_store(path)
    connection = sqlite3.connect(path)
    before = walk.nodes(connection)
    assert packs(path) >= 3
    store.create_run(new_run(FORK, chat=[message(n) for n in range(400)]))
    assert before == walk.nodes(connection)
    store.close()


def test_two_writers_pack_for_each_other(path: Path):
    """Two open stores on one file that write in turns keep each other's nodes, and share what is equal."""
    first, second = open_store(path), open_store(path, durability="normal")
    first.create_run(new_run(chat=[]))
    second.create_run(new_run(FORK, chat=[]))
    states = {KEY: State({"chat": []}), FORK: State({"chat": []})}
    for seq in range(120):
        for store, key in ((first, KEY), (second, FORK)):
            states[key] = states[key].append(chat=message(seq)).update(who=str(key))
            step(store, seq, states[key], key)
    connection = sqlite3.connect(path)
    texts = [node for node, form in forms(connection).items() if form == 2]
    sources = 1
    assert 120 + sources == len(texts)
    for store in (first, second):
        assert states == {key: store.head_state(key) for key in states}
        store.close()


def test_a_rolled_back_step_leaves_nothing_of_it_in_a_pack(store: Store, path: Path):
    """Numbers given out in a transaction that failed are given out again, for other content."""
    store.create_run(new_run(chat=[]))
    state = store.head_state(KEY)
    for seq in range(90):
        state = state.append(chat=message(seq))
        with pytest.raises(TypeError):
            store.create_run(new_run(RunKey("tests", "bad"), chat=[message(-seq)], bad=object()))
        step(store, seq, state)
    assert packs(path) >= 1
    assert state == store.head_state(KEY)
    assert state["chat"][:20] == store.state(StepRef(KEY, 19))["chat"]


def test_a_pack_without_its_dead_members_keeps_the_others(path: Path):
    """What nothing points to leaves its pack; the rest keeps its number, and its content is still found."""
    store = open_store(path)
    for key, start in ((KEY, 0), (FORK, 1000)):
        store.create_run(new_run(key, chat=[]))
        state = store.head_state(key)
        for seq in range(60):
            state = state.append(chat=message(start + seq))
            step(store, seq, state, key)
    store.close()
    connection = sqlite3.connect(path)
    texts = [node for node, form in forms(connection).items() if form == 2]
    before = walk.sizes(connection, texts)
    walk.drop(connection, texts[10:])
    assert set(texts[10:]).isdisjoint(walk.nodes(connection))
    assert set(texts[:10]) <= walk.nodes(connection)
    assert set(before) == set(texts)
    assert not connection.execute(
        "SELECT count(*) FROM digest WHERE node IN (SELECT value FROM json_each(?))", (str(texts[10:]),)
    ).fetchone()[0]
    connection.rollback()
    connection.close()


def forms(connection: sqlite3.Connection) -> dict[int, int]:
    """The form of each node."""
    reader = NodeReader(connection)
    return {number: reader.get(number)[0] for number in sorted(walk.nodes(connection))}


def test_what_was_read_before_a_collection_is_not_taken_for_what_is_there_now(path: Path):
    """Another process removes a run and writes one in its place: a reader of both sees each as it was."""
    reader, writer = open_store(path), open_store(path, durability="normal")
    for key, start in ((KEY, 0), (FORK, 5000)):
        writer.create_run(new_run(key, chat=[message(start + n) for n in range(100)]))
        assert [message(start + n) for n in range(100)] == reader.head_state(key)["chat"]
        writer.delete_run(key)
        writer.gc()
    reader.close()
    writer.close()


def test_checkpoints_read_together_share_what_is_equal(store: Store):
    """Two states of one run, opened one after the other, hold the same message objects."""
    store.create_run(new_run(chat=[message(n) for n in range(100)]))
    step(store, 0, store.head_state(KEY).append(chat=message(100)))
    first, second = store.state(StepRef(KEY, None)), store.state(StepRef(KEY, 0))
    assert all(one is other for one, other in zip(first["chat"][:96], second["chat"], strict=False))
    assert second == store.state(StepRef(KEY, 0))
