"""A step may be entered again and again, and its calls keep their order."""

import contextlib
import threading

import pytest

from notebook_agent.calls import in_span
from notebook_agent.errors import LedgerMissError
from tests.calls.conftest import streamed, words
from tests.servers import Answer


def told(*texts):
    """Queue one answer for each text."""
    return [Answer.of({"choices": [{"message": {"content": text}}]}) for text in texts]


def in_thread(work):
    """Do it in a thread that knows nothing of the step."""
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_parts_of_a_step_keep_its_place_in_the_record(server, steps, ask):
    """Equal requests of two parts get the first and the second answer, in any thread."""
    server.answer(*told("one", "two"))
    with steps.open(0):
        ask("again")
        ask("again")
    scope, found = steps.open(1, partners=[0]), []

    def enter():
        with scope.part():
            found.append(ask("again"))

    enter()
    in_thread(enter)
    scope.close()
    assert ["one", "two"] == found
    assert [True, True] == [call.replayed for call in steps.calls(1)]


def test_what_is_between_two_parts_belongs_to_no_step(server, steps, ask):
    """The consumer of a streaming action makes its own calls."""
    scope = steps.open(0)
    for text in ("one", "two"):
        with scope.part():
            ask(text)
        ask("my own")
    scope.close()
    assert 4 == len(server.journal)
    assert ["one", "two"] == [call.request["messages"][0]["content"] for call in steps.log.everything()]


def test_stream_stays_open_between_two_parts(server, steps, client):
    """It is kept when it is read to its end, and none of it is lost."""
    scope, said = steps.open(0), []
    with scope.part():
        stream = streamed(client, "count to three")
        said.append(next(stream).choices[0].delta.content)
    assert [] == steps.calls(0)
    with scope.part():
        said += words(stream)
    scope.close()
    assert "Echo: count to three" == "".join(said)
    assert [True] == [call.complete for call in steps.calls(0)]


def test_closing_keeps_what_is_still_open(server, steps, client):
    """A step that is left in the middle of a stream leaves a part."""
    scope = steps.open(0)
    with scope.part():
        stream = streamed(client, "count to three")
        next(stream)
    scope.close()
    stream.close()
    assert ["cut: still open when the step ended"] == [call.error for call in steps.calls(0)]


def test_a_part_ends_with_a_miss_that_the_action_swallowed(server, steps, ask):
    """In strict nothing goes on past a call without a record."""
    scope = steps.open(0, "strict")
    with pytest.raises(LedgerMissError), scope.part(), contextlib.suppress(BaseException):
        ask("a pen")
    scope.close()
    assert [] == server.journal


def test_a_step_entered_twice_at_once_is_still_the_only_one(server, steps, ask):
    """Two threads of one step leave no doubt whose call it is."""
    scope = steps.open(0)
    with scope.part(), scope.part():
        in_thread(lambda: ask("a pen"))
    scope.close()
    assert [steps.ref(0)] == [call.step for call in steps.log.everything()]


def test_live_attempt_is_sent_and_counts(server, steps, ask):
    """A retry policy's attempt is served nothing; what comes after it is served as the record goes on."""
    server.answer(*told("one", "two", "three", "live"))
    with steps.open(0):
        assert ["one", "two", "three"] == [ask("again") for _ in range(3)]
    scope = steps.open(1, partners=[0])
    with scope.part():
        assert "one" == ask("again")
    with scope.part(live=True):
        assert "live" == ask("again")
    with scope.part():
        assert "three" == ask("again")
    scope.close()
    assert [True, False, True] == [call.replayed for call in steps.calls(1)]


def test_live_step_is_served_in_strict(server, steps, ask):
    """There nothing leaves, and the record has the answers of all attempts."""
    with steps.open(0):
        ask("a pen")
    with steps.open(1, "strict", partners=[0], live=True):
        assert "Echo: a pen" == ask("a pen")
    assert 1 == len(server.journal)


def test_call_is_kept_with_its_span(server, steps, ask):
    """The innermost span that is open when the call begins."""
    with steps.open(0):
        ask("none")
        with in_span("outer"):
            with in_span("inner"):
                ask("inner")
            ask("outer")
    assert [None, "inner", "outer"] == [call.span for call in steps.calls(0)]


def test_other_requests_are_counted_by_method_and_host(server, steps):
    """They pass, and the step knows of them."""
    import httpx

    host = server.base_url.split("/")[2]
    scope = steps.open(0)
    with httpx.Client() as plain, scope:
        plain.post(f"{server.base_url}/orders", json={})
        plain.get(f"{server.base_url}/models")
        plain.get(f"{server.base_url}/models")
    assert {("POST", host): 1, ("GET", host): 2} == scope.others
