"""Long lists of dicts that are alike, or nearly so: each is read as what it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent.store import open_store

from .runs import KEY, new_run

LONG = "a text that is long enough to be a node of its own, which messages share " * 4
parts = st.sampled_from(["user", "{", '{"$":', "}", "é", "\ud800", 7, None, [], ["x"], {}, {"deep": LONG}])
texts = st.integers(0, 9).map(lambda n: f"{n} {LONG}") | st.just(LONG.encode()) | st.just(f"é {LONG}")
messages = st.dictionaries(st.sampled_from(["role", "kind", "$", '{"$":1}']), parts, max_size=3).flatmap(
    lambda some: texts.map(lambda text: {**some, "content": text, "at the end": None})
)


@settings(max_examples=30)
@given(st.lists(messages, min_size=1, max_size=6))
def test_messages_that_are_nearly_alike_stay_apart(some: Sequence[Mapping[str, object]]):
    """Whatever stands beside the text, in a list that fills several packs."""
    chat = [{**each, "content": _numbered(each["content"], n)} for n in range(60) for each in some]
    store = open_store(None)
    store.create_run(new_run(chat=chat))
    found = store.head_state(KEY)["chat"]
    assert chat == found
    assert [list(map(type, each.values())) for each in chat] == [
        [
            {"FrozenDict": dict, "FrozenList": list}.get(type(part).__name__, type(part))
            for part in each.values()
        ]
        for each in found
    ]
    store.close()


def test_a_long_chat_is_the_same_in_the_next_process(tmp_path: Path):
    """Its messages are written once, as they were read."""
    store = open_store(tmp_path / "store.db")
    chat = [{"role": "user" if n % 2 else "model", "content": f"{n} {LONG}"} for n in range(3000)]
    store.create_run(new_run(chat=chat))
    store.close()
    store = open_store(tmp_path / "store.db")
    assert chat == store.head_state(KEY)["chat"]
    store.close()


def _numbered(text: object, n: int) -> object:
    return text + (b"%d" % n if isinstance(text, bytes) else f"{n}")
