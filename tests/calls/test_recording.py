"""Ledger files: readable, exact, checked, redacted."""

import json
from dataclasses import replace

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls import Recording, summarise
from notebook_agent.calls.protocol import Task, Usage
from notebook_agent.errors import LedgerFormatError, LedgerMissError
from tests.calls.conftest import CALL, streamed, words
from tests.servers import Answer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.json"


def test_ledger_serves_what_was_recorded(server, steps, client, ask, path):
    """Plain, streamed, image: a saved ledger replays all of it, in strict, without a request."""

    def work():
        image = client.images.generate(model="i", prompt="pen").data[0].b64_json
        return ask("a pen"), words(streamed(client, "count to three")), image

    with steps.open(0):
        first = work()
    Recording.save(path, steps.calls(0))
    with steps.open(1, "strict", recording=Recording.load(path)):
        assert first == work()
    assert 3 == len(server.journal)
    assert [(True, None)] * 3 == [(call.replayed, call.replayed_from) for call in steps.calls(1)]


def test_ledger_is_kept_exactly(server, steps, client, ask, path):
    """What is loaded is what was saved, but for the log's numbers."""
    server.answer(Answer.error(429, "Slow down"))
    with steps.open(0):
        ask("a pen")
        words(streamed(client, "count"))
    Recording.save(path, steps.calls(0))
    assert [replace(call, id=None) for call in steps.calls(0)] == list(Recording.load(path).calls)


def test_ledger_can_be_read_by_a_person(server, steps, client, ask, path):
    """JSON bodies stand as JSON, streams line by line."""
    with steps.open(0):
        ask("a pen")
        words(streamed(client, "hi"))
    Recording.save(path, steps.calls(0))
    plain, stream = json.loads(path.read_text())["calls"]
    assert "Echo: a pen" == plain["body"]["json"]["choices"][0]["message"]["content"]
    assert "data: [DONE]" == stream["body"]["lines"][-3]


def test_compressed_body_is_saved_readable(server, steps, ask, path):
    """A compressed answer is saved without its compression and served all the same."""
    server.answer(Answer.of({"choices": [{"message": {"content": "pressed"}}]}).gzipped())
    with steps.open(0):
        ask("a pen")
    Recording.save(path, steps.calls(0))
    with steps.open(1, "strict", recording=Recording.load(path)):
        assert "pressed" == ask("a pen")


def test_edited_answer_is_served(server, steps, ask, path):
    """A person may change an answer in the file."""
    with steps.open(0):
        ask("a pen")
    Recording.save(path, steps.calls(0))
    path.write_text(path.read_text().replace("Echo: a pen", "A drawn pen"))
    with steps.open(1, "strict", recording=Recording.load(path)):
        assert "A drawn pen" == ask("a pen")


def test_edited_request_is_another_request(server, steps, ask, path):
    """The key follows from the request, so an edited one is found by its new words."""
    with steps.open(0):
        ask("a pen")
    Recording.save(path, steps.calls(0))
    path.write_text(path.read_text().replace('"content": "a pen"', '"content": "a cat"'))
    with steps.open(1, "strict", recording=Recording.load(path)):
        assert "Echo: a pen" == ask("a cat")
    with pytest.raises(LedgerMissError), steps.open(2, "strict", recording=Recording.load(path)):
        ask("a pen")


def test_partner_comes_before_the_recording(server, steps, ask, path):
    """What the run itself recorded is nearer than a file, which goes on where that ends."""
    with steps.open(0):
        ask("a pen")
    [call] = steps.calls(0)
    Recording.save(path, [call, call])
    path.write_text(path.read_text().replace("Echo: a pen", "From the file"))
    with steps.open(1, partners=[0], recording=Recording.load(path)):
        assert ["Echo: a pen", "From the file"] == [ask("a pen"), ask("a pen")]


TASKS = (Task("fan", 0, "fan 0-0"), Task("fan", 0, "fan 0-1"))


def test_records_are_taken_in_order_and_then_there_are_none():
    """The n-th request of a key gets the n-th record that can be served; nothing is remembered."""
    records = [replace(CALL, body=text) for text in (b"1", b"2")]
    recording = Recording([records[0], replace(CALL, status=500), records[1]])
    assert [b"1", b"2", b"1"] == [recording.take("k", n=n).body for n in (0, 1, 0)]
    assert [None, None] == [recording.take("k", n=2), recording.take("unknown", n=0)]
    assert [2, 0] == [recording.count("k"), recording.count("unknown")]


def test_a_branch_takes_the_records_of_its_task(path):
    """Also out of a file; and no others, for each record is some task's, or the run's own."""
    Recording.save(
        path, [replace(CALL, body=b"%d" % n, branch=(task,)) for n, task in enumerate(reversed(TASKS))]
    )
    recording = Recording.load(path)
    key = recording.calls[0].key
    assert [b"1", b"0"] == [recording.take(key, n=0, branch=[task]).body for task in TASKS]
    assert None is recording.take(key, n=1, branch=TASKS[:1])
    assert [None, None] == [recording.take(key, n=0, branch=branch) for branch in ((), TASKS)]
    assert [0, 1] == [recording.count(key, branch=branch) for branch in ((), TASKS[:1])]


def test_a_file_that_tells_no_branch_serves_all_of_them(path):
    """As of calls that do not come from a history."""
    recording = Recording([CALL])
    assert [CALL, CALL] == [recording.take("k", n=0, branch=branch) for branch in ((), TASKS)]


def test_what_an_attempt_used_that_was_made_again_is_kept_and_not_served(path):
    """It is marked in the file."""
    Recording.save(path, [replace(CALL, body=b"1", superseded=True), replace(CALL, body=b"2")])
    recording = Recording.load(path)
    assert [True, False] == [call.superseded for call in recording.calls]
    assert b"2" == recording.take(recording.calls[0].key, n=0).body


def test_a_record_that_is_used_up_is_a_miss(server, steps, ask, path):
    """The error says how many there were."""
    with steps.open(0):
        ask("a pen")
    Recording.save(path, steps.calls(0))
    used_up = "the record is used up: 1 recorded, this is request 2"
    again = steps.open(1, "strict", recording=Recording.load(path))
    with pytest.raises(LedgerMissError, match=used_up), again:
        assert "Echo: a pen" == ask("a pen") == ask("a pen")
    assert [None, used_up] == [call.drift for call in steps.calls(1)]


def test_a_retried_step_is_saved_with_each_answer_once(server, steps, ask, path):
    """Replayed copies are the records that they were served from; what was not used again is marked."""
    server.answer(Answer.of({"choices": [{"message": {"content": "first"}}]}))
    server.answer(Answer.error(400, "no"))
    with pytest.raises(openai.BadRequestError), steps.open(0):
        assert ["first"] == [ask("same"), ask("other")]
    with steps.open(1, partners=[0]):
        assert ["first", "Echo: other", "Echo: same"] == [ask("same"), ask("other"), ask("same")]
    Recording.save(path, steps.calls(0, 1))
    assert [(0, 400, True), (1, 200, False), (1, 200, False), (1, 200, False)] == [
        (call.step.seq, call.status, call.superseded) for call in Recording.load(path).calls
    ]
    with steps.open(2, "strict", recording=Recording.load(path)):
        assert ["first", "Echo: other", "Echo: same"] == [ask("same"), ask("other"), ask("same")]


def test_a_fork_is_saved_with_the_answers_that_it_was_served(path):
    """Their records are its ancestor's, and their price is what they would cost."""
    usage = Usage(100_000, 0)
    served = replace(
        CALL, host="api.openai.com", model="gpt-5.5", usage=usage, cost=0.0, replayed=True, replayed_from=7
    )
    Recording.save(path, [served])
    assert [(0.5, b"{}")] == [(call.cost, call.body) for call in Recording.load(path).calls]


def test_what_was_refused_is_not_saved(path):
    """It was neither asked nor answered."""
    Recording.save(path, [replace(CALL, status=None, ended_at=None)])
    assert () == Recording.load(path).calls


def test_ledger_holds_no_secrets(path):
    """Requests, bodies, headers and errors are redacted when they are written."""
    secret = "sk-" + "a1b2c3d4" * 5
    call = replace(
        CALL,
        request={"q": secret},
        body=json.dumps({"a": secret}).encode(),
        error=secret,
        headers=(("x", secret),),
    )
    Recording.save(path, [call, replace(call, body=f"data: {secret}\n\n".encode())])
    assert secret not in path.read_text()
    assert {"a": "[openai-key]"} == json.loads(Recording.load(path).calls[0].body)


@given(
    st.binary(max_size=50)
    | st.text(max_size=50).map(str.encode)
    | st.builds(lambda v: json.dumps(v).encode(), st.lists(st.floats() | st.text()))
)
def test_every_body_is_kept_byte_by_byte(tmp_path_factory, body):
    """Bytes, text and JSON come back as they were."""
    path = tmp_path_factory.mktemp("ledger") / "l.json"
    Recording.save(path, [replace(CALL, body=body)])
    assert body == Recording.load(path).calls[0].body


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "cannot be read as JSON"),
        ('{"format": "notebook_agent.ledger", "calls": [', "was it cut short"),
        ("[]", "is no ledger"),
        ('{"format": "other"}', "is no ledger"),
        ('{"format": "notebook_agent.ledger", "version": 99, "calls": []}', "of version 99"),
        ('{"format": "notebook_agent.ledger", "version": 1}', "'calls' is not a list"),
        ('{"format": "notebook_agent.ledger", "version": 1, "calls": [7]}', r"calls\[0\] is not an object"),
        (
            '{"format": "notebook_agent.ledger", "version": 1, "calls": [{}]}',
            r"calls\[0\]\.method must be a text, and is missing",
        ),
    ],
)
def test_file_that_is_no_ledger_says_why(path, content, message):
    """One sentence names the file, the place and what is wrong."""
    path.write_text(content)
    with pytest.raises(LedgerFormatError, match=message) as caught:
        Recording.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("status", "ok", "status must be a whole number, and is 'ok'"),
        ("complete", 1, "complete must be true or false, and is 1"),
        ("started_at", "now", "started_at must be a number or null, and is 'now'"),
        ("headers", {"a": 1}, "headers must be an object of texts"),
        ("chunks", [[1]], r"chunks must be a list of \[seconds, bytes\]"),
        ("body", {"base64": "%"}, "body.base64 must be base64 text"),
        ("body", {"lines": [1]}, "body.lines must be a list of texts"),
        ("step", {"app_id": "x"}, "step.project must be a text, and is missing"),
    ],
)
def test_edited_field_of_another_type_is_named(path, field, value, message):
    """The error points at the field."""
    Recording.save(path, [CALL, CALL])
    told = json.loads(path.read_text())
    told["calls"][1][field] = value
    path.write_text(json.dumps(told))
    with pytest.raises(LedgerFormatError, match=rf"calls\[1\]\.{message}") as caught:
        Recording.load(path)
    assert caught.value.path.startswith(f"calls[1].{field}")


def test_file_cut_anywhere_is_an_error(path):
    """No part of a ledger passes for one."""
    Recording.save(path, [CALL])
    whole = path.read_text()
    for length in range(0, len(whole) - 2, 7):
        path.write_text(whole[:length])
        with pytest.raises(LedgerFormatError):
            Recording.load(path)


def test_loaded_call_can_be_summarised(path):
    """A loaded record is as good as one from the log."""
    answer = {"choices": [{"message": {"content": "hi"}}]}
    Recording.save(path, [replace(CALL, body=json.dumps(answer).encode())])
    assert "hi" == summarise(Recording.load(path).calls[0]).text
