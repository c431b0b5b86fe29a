"""Streams pass as they come, are kept before their last piece, and are served as streams."""

import asyncio
from collections import Counter

import httpx
import openai
import pytest

from notebook_agent import calls
from notebook_agent.calls.protocol import CallRecord, StepScope
from tests.calls.conftest import streamed, words
from tests.servers import Answer, Hold, sse


def delta(text):
    return sse({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]})


DONE = sse("[DONE]")
FINISH = sse({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})


def test_stream_is_recorded_and_served_as_a_stream(server, steps, client):
    """Recorded and served streams give the same words in the same pieces, and tell them as they come."""
    found = []
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            found.append(words(streamed(client, "count to three")))
    assert ["Echo:", " count", " to", " three", ""] == found[0] == found[1]
    assert 1 == len(server.journal)
    first, second = steps.calls(0, 1)
    assert (True, True, True) == (first.streamed, first.complete, second.complete)
    assert first.body == second.body
    assert first.chunks[-1][1] == len(first.body)
    assert ["Echo:", " count", " to", " three"] * 2 == steps.texts()


def test_words_arrive_before_the_server_has_finished(server, steps, client):
    """The first word is read while the server still waits to send the second."""
    hold = Hold()
    server.answer(Answer.stream(delta("one"), hold, delta("two"), DONE))
    with steps.open(0):
        stream = streamed(client, "count")
        assert "one" == next(stream).choices[0].delta.content
        assert not hold.opened.is_set()
        hold.open()
        assert ["two"] == words(stream)
    assert [True] == [call.complete for call in steps.calls(0)]


def test_word_is_handed_on_before_it_is_told(server, steps, client):
    """Nobody waits for a token because of who else listens; nor for the record of a finished stream."""
    mine, told = [], []

    def listener(event):
        told.append((type(event).__name__, len(mine)))

    server.answer(Answer.stream(delta("one"), delta("two"), DONE))
    scope = StepScope(steps.ref(0), "answer", steps.log, listener=listener)
    with calls.scope(scope):
        mine.extend(chunk.choices[0].delta.content for chunk in streamed(client, "count"))
    assert [("CallText", 1), ("CallText", 2), ("CallRecord", 2)] == told


def test_word_of_an_async_stream_is_handed_on_before_it_is_told(server, steps):
    """Likewise where it is awaited."""
    mine, told = Counter(), []

    def listener(event):
        told.append((type(event).__name__, mine.total()))

    async def work():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
            async for _ in await client.chat.completions.create(model="m", messages=[], stream=True):
                mine["words"] += 1

    server.answer(Answer.stream(delta("one"), delta("two"), DONE))
    with calls.scope(StepScope(steps.ref(0), "answer", steps.log, listener=listener)):
        asyncio.run(work())
    assert [("CallText", 1), ("CallText", 2), ("CallRecord", 2)] == told


def test_stream_that_nobody_reads_on_is_told_when_the_step_ends(server, steps, client):
    """Its last word and its record."""
    server.answer(Answer.stream(delta("one"), delta("two"), DONE))
    with steps.open(0):
        stream = streamed(client, "count")
        next(stream)
        next(stream)
        assert ["one"] == steps.texts()
    assert ["one", "two"] == steps.texts()
    assert isinstance(steps.told[-1], CallRecord)
    stream.close()
    assert 3 == len(steps.told)


def test_stream_is_kept_before_its_last_event_is_handed_on(server, steps, client):
    """When the client sees the end, the record is there already, though the server has not finished."""
    hold = Hold()
    server.answer(Answer.stream(delta("one"), DONE, hold))
    with steps.open(0):
        for chunk in streamed(client, "count"):
            assert [] == steps.calls(0)
            assert "one" == chunk.choices[0].delta.content
        assert [True] == [call.complete for call in steps.calls(0)]
        hold.open()


def test_plain_answer_is_kept_before_it_is_handed_on(server, steps, ask):
    """Once the action has the answer the log has it too."""
    with steps.open(0):
        ask("a pen")
        assert [True] == [call.complete for call in steps.calls(0)]


def test_response_is_kept_at_its_completing_event(server, steps, client):
    """The Responses API has no [DONE]: its last event counts."""
    hold = Hold()
    done = {"type": "response.completed", "response": {"id": "r", "output": []}}
    server.answer(Answer.stream(sse({"type": "response.output_text.delta", "delta": "hi"}), sse(done), hold))
    with steps.open(0):
        events = client.responses.create(model="m", input="hi", stream=True)
        assert ["response.output_text.delta", "response.completed"] == [next(events).type, next(events).type]
        assert [True] == [call.complete for call in steps.calls(0)]
        hold.open()
        assert [] == list(events)
    assert ["hi"] == steps.texts()


def test_stream_that_is_closed_early_is_kept_and_never_served(server, steps, client):
    """A part is no answer: it is listed, and the same question goes live again."""
    with steps.open(0):
        stream = streamed(client, "count to three")
        next(stream)
        stream.close()
    with steps.open(1, partners=[0]):
        words(streamed(client, "count to three"))
    assert 2 == len(server.journal)
    assert [(False, False), (True, False)] == [(call.complete, call.replayed) for call in steps.calls(0, 1)]
    assert b"Echo:" in steps.calls(0)[0].body


def test_stream_that_is_never_closed_is_kept_when_the_step_ends(server, steps, client):
    """A stream left open is no loss for the log."""
    with steps.open(0):
        stream = streamed(client, "count to three")
        next(stream)
    [call] = steps.calls(0)
    assert (False, "cut: still open when the step ended") == (call.complete, call.error)
    stream.close()
    assert 1 == len(steps.log.everything())


def test_dropped_connection_is_kept_as_an_error(server, steps, client):
    """A server that drops the stream leaves a part and the error's name."""
    server.answer(Answer.stream(delta("one"), cut=True))
    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)), steps.open(0):
        words(streamed(client, "count"))
    [call] = steps.calls(0)
    assert not call.complete
    assert call.error.startswith("cut: RemoteProtocolError")


def test_stream_that_ends_without_its_last_event_is_not_complete(server, steps, client):
    """A clean end in the middle of an answer is still a part."""
    server.answer(Answer.stream(delta("one")))
    with steps.open(0):
        words(streamed(client, "count"))
    assert [False] == [call.complete for call in steps.calls(0)]


def test_stream_with_a_finish_reason_needs_no_done(server, steps, client):
    """Servers that send no [DONE] are told complete by the finish reason."""
    server.answer(Answer.stream(delta("one"), FINISH))
    with steps.open(0):
        words(streamed(client, "count"))
    assert [True] == [call.complete for call in steps.calls(0)]


@pytest.mark.parametrize("leave", [openai.Stream.close, id])
def test_stream_that_is_left_at_its_finish_reason_is_whole(server, steps, client, leave):
    """It is served as it came, and ends; whether it is closed or forgotten."""
    hold, found = Hold(), []
    server.answer(Answer.stream(delta("one"), FINISH, hold, DONE))
    with steps.open(0):
        stream = streamed(client, "count")
        assert [None, "stop"] == [next(stream).choices[0].finish_reason for _ in range(2)]
        assert [True] == [call.complete for call in steps.calls(0)]
        leave(stream)
    hold.open()
    with steps.open(1, "strict", partners=[0]):
        found.extend(words(streamed(client, "count")))
    assert ["one", ""] == found
    assert [(True, None, delta("one") + FINISH)] * 2 == [
        (call.complete, call.error, call.body) for call in steps.calls(0, 1)
    ]


def test_what_follows_the_finish_reason_is_kept_too(server, steps, client):
    """Its tokens and its last event, in the same record, for which a budget pays once."""
    usage = sse({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 1}})
    server.answer(Answer.stream(delta("one"), FINISH, usage, DONE))
    with steps.open(0):
        list(streamed(client, "count"))
    [call] = steps.log.everything()
    assert (delta("one") + FINISH + usage + DONE, 3, True) == (call.body, call.usage.input, call.complete)
    assert [call] == [event for event in steps.told if isinstance(event, CallRecord)]


def test_stream_is_not_whole_before_each_choice_has_its_finish_reason(server, steps, client):
    """Whoever leaves it at the first of two has a part."""
    hold = Hold()
    server.answer(Answer.stream(delta("one"), FINISH, hold))
    with steps.open(0):
        stream = client.chat.completions.create(model="m", messages=[], stream=True, n=2)
        assert [None, "stop"] == [next(stream).choices[0].finish_reason for _ in range(2)]
        stream.close()
    hold.open()
    assert [False] == [call.complete for call in steps.calls(0)]


def test_an_empty_finish_reason_is_none(server, steps, client):
    """Some servers send one with each word."""
    word = {"index": 0, "delta": {"content": "one"}, "finish_reason": ""}
    hold = Hold()
    server.answer(Answer.stream(sse({"choices": [word]}), hold))
    with steps.open(0):
        stream = streamed(client, "count")
        next(stream)
        stream.close()
    hold.open()
    assert [False] == [call.complete for call in steps.calls(0)]


def test_error_inside_a_stream_is_no_answer(server, steps, client):
    """A stream that turns into an error is listed with its message and never served."""
    server.answer(Answer.stream(delta("one"), sse({"error": {"message": "Overloaded"}}), DONE))
    with pytest.raises(openai.APIError, match="Overloaded"), steps.open(0):
        words(streamed(client, "count"))
    [call] = steps.calls(0)
    assert (False, "Overloaded") == (call.complete, call.error)


def test_broken_events_pass(server, steps):
    """Bytes that are no events reach the client as they are."""
    parts = [b"data: {broken\n\n", b"\xff\xfe: x\n\n", b"event only\n\n", DONE]
    server.answer(Answer.stream(*parts))
    with httpx.Client() as plain, steps.open(0):
        answer = plain.post(f"{server.base_url}/chat/completions", json={"stream": True})
    assert b"".join(parts) == answer.content == steps.calls(0)[0].body


def test_event_cut_into_bytes_is_read(server, steps, client):
    """However the network cuts a stream, its text is told and its end is seen."""
    whole = delta("naïve") + delta(" é") + DONE
    server.answer(Answer.stream(*(whole[n : n + 1] for n in range(len(whole)))))
    with steps.open(0):
        words(streamed(client, "count"))
    assert ["naïve", " é"] == steps.texts()
    assert [True] == [call.complete for call in steps.calls(0)]


def test_served_stream_can_be_closed_early(server, steps, client):
    """A part of a served stream is a part too, and the full record goes on serving."""
    for seq, partners in ((0, []), (1, [0]), (2, [0])):
        with steps.open(seq, partners=partners):
            stream = streamed(client, "count to three")
            next(stream)
            if seq == 1:
                stream.close()
            words(stream)
    assert 1 == len(server.journal)
    assert [True, False, True] == [call.complete for call in steps.calls(0, 1, 2)]


def test_tool_call_stream_is_merged(server, steps, client):
    """The pieces of a tool call are joined in the summary."""
    pieces = [
        {"index": 0, "id": "c1", "function": {"name": "weather", "arguments": '{"ci'}},
        {"index": 0, "function": {"arguments": 'ty": "Rome"}'}},
    ]
    events = [sse({"choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}) for piece in pieces]
    server.answer(Answer.stream(*events, FINISH, DONE))
    with steps.open(0):
        list(streamed(client, "weather"))
    [tool] = calls.summarise(steps.calls(0)[0]).tools
    assert ("weather", '{"city": "Rome"}') == (tool.name, tool.arguments)


def test_async_client_plain_and_streamed(server, steps):
    """Async calls are seen, told and served as sync ones are."""

    async def work():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
            message = {"role": "user", "content": "count to three"}
            plain = await client.chat.completions.create(model="m", messages=[message])
            stream = await client.chat.completions.create(model="m", messages=[message], stream=True)
            return plain.to_json(), [chunk.to_json() async for chunk in stream]

    found = []
    for seq, mode, partners in ((0, "auto", []), (1, "strict", [0])):
        with steps.open(seq, mode, partners):
            found.append(asyncio.run(work()))
    assert found[0] == found[1]
    assert 2 == len(server.journal)
    assert [True] * 4 == [call.complete for call in steps.calls(0, 1)]
    assert ["Echo:", " count", " to", " three"] * 2 == steps.texts()


def test_concurrent_identical_requests_pair_by_order(server, steps):
    """Of several equal requests at once each gets one of the answers, none twice."""
    server.answer(*(Answer.of({"choices": [{"message": {"content": str(n)}}]}) for n in range(4)))

    async def work():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
            ask = client.chat.completions.create
            answers = await asyncio.gather(*(ask(model="m", messages=[]) for _ in range(4)))
            return [answer.choices[0].message.content for answer in answers]

    with steps.open(0):
        first = asyncio.run(work())
    with steps.open(1, partners=[0]):
        again = asyncio.run(work())
    assert sorted(first) == sorted(again) == ["0", "1", "2", "3"]
    assert 4 == len(server.journal)


def test_tasks_of_two_steps_keep_their_calls_apart(server, steps):
    """Two steps at once on one loop: each call belongs to the step that made it."""

    async def work(client, seq):
        with steps.open(seq):
            await client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": f"step {seq}"}]
            )

    async def both():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
            await asyncio.gather(work(client, 0), work(client, 1))

    asyncio.run(both())
    found = [(call.step.seq, call.request["messages"][0]["content"]) for call in steps.calls(0, 1)]
    assert [(0, "step 0"), (1, "step 1")] == sorted(found)


def test_finished_call_is_told_after_its_text(server, steps, client):
    """The listener hears the words first and then the record, with the log's number."""
    with steps.open(0):
        words(streamed(client, "hi"))
    last = steps.told[-1]
    assert isinstance(last, CallRecord)
    assert 1 == last.id


class Halt(BaseException):
    """Ends a step from outside."""


def test_a_stop_is_heard_at_the_next_piece_and_closes_the_connection(server, steps, client):
    """The piece is kept, and the server sees that nobody reads on."""
    hold = Hold()
    server.answer(Answer.stream(delta("one"), hold, delta("two"), DONE))
    stops = []

    def check():
        if stops:
            raise Halt

    with steps.open(0, check=check):
        stream = streamed(client, "count")
        assert "one" == next(stream).choices[0].delta.content
        stops.append(True)
        hold.open()
        with pytest.raises(Halt):
            next(stream)
    assert stream.response.is_closed
    assert [False] == [call.complete for call in steps.calls(0)]


def test_a_stop_is_heard_before_a_call_leaves(server, steps, ask):
    """Nothing is sent."""

    def check():
        raise Halt

    with steps.open(0, check=check), pytest.raises(Halt):
        ask("a pen")
    assert [] == server.journal
