"""Values without their secrets: in a store that keeps none, and in exports."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import UUID

import pytest

from notebook_agent.errors import UnstorableError
from notebook_agent.ids import StepRef
from notebook_agent.redact import distrust, trust
from notebook_agent.state import State, freeze
from notebook_agent.store import open_store, register
from notebook_agent.store.portable import export_run, import_run
from notebook_agent.store.protocol import Store

from .runs import KEY, begin, end, new_run

ALNUM = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
SECRET = f"sk-{ALNUM}"
MARK = "[openai-key]"
Pair = namedtuple("Pair", "a b")  # noqa: PYI024 (a plain one, as users write them)


@dataclass
class Account:
    """What a user keeps."""

    name: str
    api_key: str = ""


@dataclass
class Sealed:
    """What a user keeps with a codec that takes real keys only."""

    key: str


def sealed(data: object) -> Sealed:
    """Read a key again."""
    if not str(data).startswith("sk-"):
        raise ValueError("no key")
    return Sealed(str(data))


SHAPES = [
    (Account(SECRET, "plum-tree-91"), Account(MARK, "[assigned-secret]")),
    (SECRET.encode(), MARK.encode()),
    (bytearray(SECRET.encode()), bytearray(MARK.encode())),
    (PurePosixPath("/x", SECRET), PurePosixPath("/x", MARK)),
    ({SECRET}, {MARK}),
    (frozenset([SECRET]), frozenset([MARK])),
    (deque([SECRET], 3), deque([MARK], 3)),
    (
        OrderedDict(token=SECRET, password="plum-tree-91"),
        OrderedDict(token=MARK, password="[assigned-secret]"),
    ),
    (defaultdict(list, {"a": [SECRET]}), defaultdict(list, {"a": [MARK]})),
    (Counter([SECRET]), Counter([MARK])),
    (Pair(SECRET, 1), Pair(MARK, 1)),
    ({1: SECRET, "password": "plum-tree-91"}, {1: MARK, "password": "[assigned-secret]"}),
    ((1, {"k": [Account(SECRET)]}), (1, {"k": [Account(MARK)]})),
]


def kept(value: object, path: Path | None = None) -> object:
    """What a store without secrets keeps of a value in a state."""
    store = open_store(path, redact_state=True)
    store.create_run(new_run(v=value))
    found = store.head_state(KEY)["v"]
    store.close()
    return found


@pytest.mark.parametrize(("value", "masked"), SHAPES, ids=lambda shape: type(shape).__name__)
def test_secrets_are_masked_in_any_type(value, masked):
    """The value that is kept has the type that it had."""
    found, expected = kept(value), freeze(masked)
    assert (type(expected), expected) == (type(found), found)


def test_a_model_is_masked_by_its_fields():
    """As a pydantic model of the same class."""
    pydantic = pytest.importorskip("pydantic")
    model = pydantic.create_model("Login", __module__=__name__, user=(str, ...), password=(str, ...))
    register(model)
    found = kept(model(user=SECRET, password="plum-tree-91"))
    assert model(user=MARK, password="[assigned-secret]") == found


def test_arrays_keep_their_type_and_shape(tmp_path):
    """A rule's name is cut to the width of an item, and the bytes of others keep their number."""
    np = pytest.importorskip("numpy")
    texts = np.array([["a", SECRET], [SECRET, "b"]])
    narrow = np.array([b"x", SECRET.encode()])
    fields = np.array([(1, SECRET)], [("n", int), ("key", "U60")])
    raw = np.frombuffer(f"key {SECRET} end".encode(), np.uint8)
    assert [["a", MARK], [MARK, "b"]] == kept(texts).tolist()
    assert texts.dtype == kept(texts).dtype
    assert [b"x", MARK.encode()] == kept(narrow).tolist()
    assert [(1, MARK)] == kept(fields).tolist()
    assert b"key [openai-key]" + b"*" * (len(SECRET) - len(MARK)) + b" end" == kept(raw).tobytes()
    assert np.str_(MARK) == kept(np.str_(SECRET))
    kept(texts, tmp_path / "store.db")
    assert SECRET.encode("utf-32-le") not in (tmp_path / "store.db").read_bytes()


def test_frames_are_masked():
    """In their columns and their names."""
    pd = pytest.importorskip("pandas")
    found = kept(pd.DataFrame({"c": [SECRET, "x"], "n": [1, 2]}, index=[SECRET, "i"]))
    pd.testing.assert_frame_equal(pd.DataFrame({"c": [MARK, "x"], "n": [1, 2]}, index=[MARK, "i"]), found)


@pytest.mark.parametrize("value", [Account("Ann"), b"x", {1, 2}, deque([1]), {1: 2}, (1, b"y")])
def test_a_clean_value_is_kept_as_it_is(value):
    """Of any type."""
    assert value == kept(value)


def test_what_cannot_be_masked_is_refused(monkeypatch):
    """With its path: an id that is a secret can be no other id; a class may take real keys only."""
    monkeypatch.setenv("SERVICE_KEY", "12345678-1234-5678-1234-567812345678")
    register(Sealed, lambda value: value.key, sealed)
    for value in (UUID("12345678-1234-5678-1234-567812345678"), Sealed(SECRET)):
        with pytest.raises(UnstorableError, match="cannot be masked in a value of its type") as refused:
            kept([value])
        assert "state['v']" == refused.value.path


def test_a_trusted_key_is_kept_whatever_its_type():
    """As everywhere."""
    trust("v")
    try:
        assert Account(SECRET) == kept(Account(SECRET))
    finally:
        distrust("v")


def filled() -> Store:
    """A store that keeps secrets in a run's first state, inputs, result, states and edits."""
    store = open_store(None)
    store.create_run(new_run(token=SECRET, account=Account(SECRET)))
    store.begin_step(KEY, begin(0, key=SECRET), after=None)
    store.end_step(KEY, end(0, {"token": SECRET, "account": Account(SECRET), "n": 1}))
    store.edit_state(KEY, State({"token": SECRET + "Z"}), after=0)
    return store


def test_a_key_of_the_state_that_is_a_secret_is_refused():
    """Under another one nobody would find its value; a trusted one is as it is."""
    store = open_store(None, redact_state=True)
    with pytest.raises(UnstorableError) as refused:
        store.create_run(new_run(**{SECRET: 1}))
    assert (
        "state['[openai-key]']: this key holds a secret, and redact_state=True keeps none. Take another."
        == str(refused.value)
    )
    trust(SECRET)
    try:
        store.create_run(new_run(**{SECRET: 1}))
    finally:
        distrust(SECRET)
    assert {SECRET: 1} == store.head_state(KEY)


def test_what_is_taken_in_is_masked_too():
    """An exact export, in a store that keeps no secrets."""
    text = export_run(filled(), KEY, with_secrets=True)
    store = open_store(None, redact_state=True)
    import_run(store, text)
    assert SECRET in text
    assert SECRET not in export_run(store, KEY, with_secrets=True)
    assert Account(MARK) == store.state(StepRef(KEY, 0))["account"]
    assert {"token": MARK} == store.head_state(KEY)


def test_an_export_masks_the_texts_of_arrays():
    """And the file can be read again."""
    np = pytest.importorskip("numpy")
    store, other = open_store(None), open_store(None)
    store.create_run(new_run(u=np.array([SECRET]), s=np.array([SECRET.encode(), b"y"])))
    text = export_run(store, KEY)
    import_run(other, text)
    assert SECRET.encode("utf-32-le").hex() not in text
    assert [[MARK], [MARK.encode(), b"y"]] == [other.head_state(KEY)[key].tolist() for key in "us"]
