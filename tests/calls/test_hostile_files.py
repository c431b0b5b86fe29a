"""Ledger files that were changed by hand or by chance: read and served, or refused with one error."""

from __future__ import annotations

import base64
import gzip
import json
import zlib

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notebook_agent import calls
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls import Recording, summarise
from notebook_agent.calls.protocol import StepScope
from notebook_agent.errors import LedgerFormatError, LedgerMissError
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store
from tests.store.runs import KEY, begin, new_run

URL = "http://127.0.0.1:9/v1/chat/completions"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = ['data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}', "", "data: [DONE]", "", ""]
PLAIN = {"choices": [{"message": {"content": "hi"}}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
CALL = {
    "step": {"project": "p", "app_id": "a", "partition_key": None, "seq": 0},
    "action": "ask",
    "method": "POST",
    "host": "h",
    "endpoint": "chat/completions",
    "model": "m",
    "request": ASKED,
    "streamed": False,
    "status": 200,
    "content_type": "application/json",
    "headers": {"x-request-id": "r"},
    "body": {"json": PLAIN, "style": "spaced"},
    "complete": True,
    "error": None,
    "started_at": 1.0,
    "first_at": 1.5,
    "ended_at": 2.0,
    "chunks": [],
    "usage": {"input": 1, "output": 2},
    "cost": 0.5,
    "branch": [{"action": "fan", "occurrence": 0, "task": "fan 0-0"}],
}
STREAMED = CALL | {
    "streamed": True,
    "content_type": "text/event-stream",
    "body": {"lines": STREAM},
    "chunks": [[0.1, 20], [0.2, 80]],
}
LEDGER = {"format": "notebook_agent.ledger", "version": 1, "calls": [CALL, STREAMED]}

ODD = st.sampled_from([
    *(None, True, False, -1, 0, 1.5, 10**400, -(10**400), 2**64, 1e308, float("nan"), float("inf")),
    *("", "\ud800", "é\n", "gzip", "br, gzip", "deflate", "\0", "base64", "text/event-stream; é"),
    *([], {}, [[1, 2]], [[True, False]], [[10**400, 1]], {"content-encoding": "gzip"}, {"\ud800": "\udfff"}),
    *(
        {"json": 10**400},
        {"lines": ["\ud800"]},
        {"base64": "AAAA"},
        {"json": {"usage": {"prompt_tokens": 10**400}}},
    ),
])
JSON = st.recursive(
    ODD | st.text(max_size=3) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=6,
)


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


PLACES = [path for path in places(LEDGER) if path]


@st.composite
def mutated(draw):
    """Put something else in some places, or take them out."""
    told = json.loads(json.dumps(LEDGER))
    for path in draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3)):
        holder = told
        try:
            for key in path[:-1]:
                holder = holder[key]
            if draw(st.booleans()):
                holder[path[-1]] = draw(JSON)
            else:
                del holder[path[-1]]
        except (KeyError, IndexError, TypeError):
            continue
    return told


@pytest.fixture(scope="module")
def store():
    made = open_store(None)
    made.create_run(new_run())
    made.begin_step(KEY, begin(0), after=None)
    calls.install()
    yield made
    calls.uninstall()
    made.close()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mutated())
def test_a_changed_file_is_served_or_refused_with_one_error(tmp_path, store, told):
    """Whatever it holds; what is served is read, shown, kept in a store and saved again."""
    path = tmp_path / "ledger.json"
    path.write_text(json.dumps(told))
    recording = loaded(path)
    repr(recording.calls)
    for call in recording.calls:
        summarise(call)
    Recording.save(path, recording.calls)
    assert len(Recording.load(path)) == len([call for call in recording.calls if call.sent])
    for call in recording.calls:
        serve(store, recording, call.request)


def loaded(path):
    """Read a file; one that is refused, in words that name it and the place, holds no calls."""
    try:
        return Recording.load(path)
    except LedgerFormatError as error:
        named = str(error).startswith(str(path)) and bool(error.path)
        return Recording([]) if named else pytest.fail(f"does not name its place: {error}")


def serve(store, recording, request):
    """Ask what was recorded, and read all of the answer; nothing listens where it would be sent."""
    scope = StepScope(StepRef(KEY, 0), "count", store, "strict", recording=recording)
    with httpx.Client(verify=False) as client:
        try:
            with calls.scope(scope):
                client.post(URL, content=json.dumps(request).encode()).read()
        except LedgerMissError:
            return


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), True, "version True"),
        (("calls", 1, "started_at"), 10**400, r"calls\[1\].started_at must be a number from 0 to 1e11"),
        (("calls", 1, "usage", "input"), 2**64, r"calls\[1\].usage.input must be from 0 to"),
        (("calls", 1, "status"), 20000, r"calls\[1\].status must be from 100 to 599"),
        (("calls", 1, "endpoint"), "\ud800", r"calls\[1\].endpoint must be a text of whole characters"),
        (("calls", 1, "headers", "é"), "x", r"calls\[1\].headers must be an object of printable ASCII"),
        (("calls", 1, "content_type"), "text/é", r"calls\[1\].content_type must be printable ASCII"),
        (("calls", 1, "chunks"), [[True, 1]], r"calls\[1\].chunks must be a list of \[seconds, bytes\]"),
        (
            ("calls", 1, "headers", "content-encoding"),
            "gzip",
            r"calls\[1\].headers must be those of the body",
        ),
        (("calls", 1, "body"), {"json": 1, "style": "x"}, r"calls\[1\].body.style must be one of compact"),
        (("calls", 1, "method"), "zzz", r"calls\[1\].method must be 'POST', as of every call .* is 'zzz'"),
        (("calls", 1, "endpoint"), "/v1/x", r"calls\[1\].endpoint must be a path below the API's base"),
        (("calls", 1, "request"), ["x"], r"calls\[1\].request must be an object, and is \['x'\]"),
        (("calls", 1, "status"), None, r"calls\[1\].status must be there, for the record says that it is"),
        (("calls", 1, "body"), None, r"calls\[1\].body must be there, for the record says that it is"),
        (("calls", 1, "body", "lines"), STREAM[:2], r"calls\[1\].body is a stream without its end"),
        (("calls", 1, "branch"), [{}], r"calls\[1\].branch\[0\].action must be a text, and is missing"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, path, value, message):
    """The file, the record, the field."""
    told = json.loads(json.dumps(LEDGER))
    holder = told
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    file = tmp_path / "ledger.json"
    file.write_text(json.dumps(told))
    with pytest.raises(LedgerFormatError, match=message) as caught:
        Recording.load(file)
    assert str(file) in str(caught.value)


def test_a_status_that_was_taken_out_is_missed(tmp_path):
    """Of a record that has no answer it is null."""
    file = tmp_path / "ledger.json"
    without = {name: value for name, value in CALL.items() if name != "status"} | {"complete": False}
    file.write_text(json.dumps(LEDGER | {"calls": [without]}))
    with pytest.raises(
        LedgerFormatError, match=r"calls\[0\].status must be an HTTP status or null, and is mis"
    ):
        Recording.load(file)


ENDS = [
    ("chat/completions", ['{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}']),
    ("chat/completions", ["[DONE]"]),
    ("responses", ['{"type":"response.completed","response":{}}']),
    ("messages", ['{"type":"message_stop"}']),
    ("of/a/registered/host", []),
]


@pytest.mark.parametrize(("endpoint", "end"), ENDS)
@pytest.mark.parametrize("changes", [{}, {"complete": False, "error": "cut: the client read no further"}])
def test_a_stream_is_whole_where_its_protocol_says_so(tmp_path, endpoint, end, changes):
    """One that says that it was cut has no end; a cut one that says that it is complete is refused."""
    file = tmp_path / "ledger.json"
    begun = '{"choices":[{"index":0,"delta":{"content":"Hi"}}]}'
    for said in ([begun, *end], [begun]):
        lines = [line for each in said for line in (f"data: {each}", "")]
        call = STREAMED | {"endpoint": endpoint, "body": {"lines": lines}, **changes}
        file.write_text(json.dumps(LEDGER | {"calls": [call]}))
        if said == [begun, *end] or changes:
            assert 1 == len(Recording.load(file))
        else:
            with pytest.raises(LedgerFormatError, match="is a stream without its end"):
                Recording.load(file)


@pytest.mark.parametrize(
    ("name", "message"), [("none.json", "No such file or directory"), ("", "Is a directory")]
)
def test_a_file_that_is_not_there_is_the_same_error(tmp_path, name, message):
    """With its name."""
    with pytest.raises(LedgerFormatError, match=f"{tmp_path / name} cannot be read: {message}"):
        ApplicationBuilder().with_ledger("strict", tmp_path / name)


@pytest.mark.parametrize("name", ["gzip", "deflate", "deflate, gzip", "identity"])
def test_a_body_in_its_encoding_is_read(tmp_path, name):
    """Several, in the order in which they were applied."""
    ways = {"gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes}
    body = b"{}"
    for each in name.split(", "):
        body = ways[each](body)
    told = {"base64": base64.b64encode(body).decode()}
    file = tmp_path / "ledger.json"
    file.write_text(
        json.dumps(LEDGER | {"calls": [CALL | {"body": told, "headers": {"content-encoding": name}}]})
    )
    recording = Recording.load(file)
    Recording.save(file, recording.calls)
    assert b"{}" == Recording.load(file).calls[0].body
