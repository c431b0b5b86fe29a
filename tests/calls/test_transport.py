"""What leaves, what is recorded and what is served, with the real client and a real server."""

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import httpx2
import openai
import pytest

from notebook_agent import calls
from notebook_agent.calls.protocol import StepScope, Usage
from tests.calls.conftest import asked, streamed, words
from tests.servers import PNG, Answer, sse

PLAIN_TRANSPORTS = (httpx.HTTPTransport, httpx2.HTTPTransport)


def test_call_is_recorded_with_its_step(server, steps, ask):
    """A plain chat call is kept with its step, its model, its redacted request and what came back."""
    with steps.open(0):
        assert "Echo: a pen" == ask("a pen")
    [call] = steps.calls(0)
    assert (steps.ref(0), "answer", "chat/completions", "m-1") == (
        call.step,
        call.action,
        call.endpoint,
        call.model,
    )
    assert {"model": "m-1", "messages": [{"role": "user", "content": "a pen"}]} == call.request
    assert (200, True, False, False) == (call.status, call.complete, call.streamed, call.replayed)
    assert Usage(9, 3) == call.usage
    assert call.started_at <= call.first_at <= call.ended_at
    assert server.base_url.split("/")[2] == call.host


def test_nothing_is_recorded_outside_of_a_step(server, steps, ask):
    """A call between two steps passes untouched."""
    assert "Echo: a pen" == ask("a pen")
    assert 1 == len(server.journal)
    assert [] == steps.log.everything()


def test_recorded_call_is_served_without_a_request(server, steps, ask):
    """A step with a partner gets the partner's answer, and the service is recorded too."""
    with steps.open(0):
        first = ask("a pen")
    with steps.open(1, partners=[0]):
        assert first == ask("a pen")
    assert 1 == len(server.journal)
    [call] = steps.calls(1)
    assert (True, 1, True, 0.0) == (call.replayed, call.replayed_from, call.complete, call.cost)


def test_a_service_of_a_service_names_the_first_record(steps, ask):
    """However often an answer is served, its record names the call that was paid."""
    for seq in range(3):
        with steps.open(seq, partners=[seq - 1] if seq else []):
            ask("a pen")
    assert [None, 1, 1] == [call.replayed_from for call in steps.calls(0, 1, 2)]


def test_fresh_serves_nothing(server, steps, ask):
    """In `fresh` every call leaves, whatever is recorded."""
    with steps.open(0):
        ask("a pen")
    with steps.open(1, "fresh", partners=[0]):
        ask("a pen")
    assert 2 == len(server.journal)


def test_drifted_call_goes_live_and_says_how_it_differs(server, steps, ask):
    """In `auto` a changed prompt leaves, what matches after it is served, and the change is kept."""
    with steps.open(0):
        ask("draw a pen")
        ask("now a cat")
    with steps.open(1, partners=[0]):
        ask("draw a pencil")
        ask("now a cat")
    assert 3 == len(server.journal)
    drifted, served = steps.calls(1)
    assert (False, True) == (drifted.replayed, served.replayed)
    assert "messages[0].content: 'draw a pen' → 'draw a pencil'" == drifted.drift


def test_drift_is_told_against_a_record_that_was_not_asked_for_yet(steps, ask):
    """What was served is compared with only where no other record is left."""
    with steps.open(0):
        ask("hi")
        ask("say m a, please")
    with steps.open(1, partners=[0]):
        ask("hi")
        ask("m b")
        ask("say m a, please")
        ask("m c")
    served, second, _, fourth = steps.calls(1)
    assert None is served.drift
    assert "messages[0].content: 'say m a, please' → 'm b'" == second.drift
    assert "messages[0].content: 'hi' → 'm c'" == fourth.drift


def test_requests_of_equal_key_pair_by_order(server, steps, ask):
    """The n-th request of a key gets the n-th answer to it; one too many goes live."""
    server.answer(*(Answer.of({"choices": [{"message": {"content": text}}]}) for text in ("one", "two")))
    with steps.open(0):
        assert ["one", "two"] == [ask("again"), ask("again")]
    with steps.open(1, partners=[0]):
        assert ["one", "two", "Echo: again"] == [ask("again"), ask("again"), ask("again")]
    assert 3 == len(server.journal)
    assert "the same request is recorded 2 times and was asked once more" == steps.calls(1)[2].drift


def test_first_partner_that_has_a_record_serves(server, steps, ask):
    """Partners are asked in order; what the first lacks the next may have."""
    with steps.open(0):
        ask("one")
    with steps.open(1):
        ask("two")
    with steps.open(2, partners=[1, 0]):
        ask("one")
        ask("two")
    assert [1, 2] == [call.replayed_from for call in steps.calls(2)]
    assert 2 == len(server.journal)


def test_record_of_one_server_serves_another_base_path(server, steps, client, ask):
    """Host and base path do not count, so a ledger is portable."""
    with steps.open(0):
        ask("a pen")
    elsewhere = client.with_options(base_url="http://127.0.0.1:9/proxy/openai/v1")
    with steps.open(1, "strict", partners=[0]):
        assert "Echo: a pen" == asked(elsewhere, "a pen")


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_any_client_on_httpx_is_seen(server, steps, module):
    """Both majors of the transport are wrapped, with no SDK on top."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    with module.Client() as plain:
        for seq, partners in ((0, []), (1, [0])):
            with steps.open(seq, partners=partners):
                answer = plain.post(f"{server.base_url}/chat/completions", json=body)
            assert "Echo: hi" == answer.json()["choices"][0]["message"]["content"]
    assert 1 == len(server.journal)
    assert [False, True] == [call.replayed for call in steps.calls(0, 1)]


def test_tool_request_passes_and_is_never_served(server, steps):
    """A POST that is no model call is sent each time and leaves no record."""
    with httpx.Client() as plain:
        for seq, mode, partners in ((0, "auto", []), (1, "strict", [0])):
            with steps.open(seq, mode, partners):
                plain.post(f"{server.base_url}/orders", json={"model": "bike"})
                plain.post(f"{server.base_url}/survey/responses", json={"stars": 5})
                plain.get(f"{server.base_url}/models")
    assert 6 == len(server.journal)
    assert [] == steps.log.everything()


def test_registered_host_is_seen(server, steps):
    """Every POST to a host that the user names is recorded and served."""
    host = server.base_url.split("/")[2]
    calls.register_host(host, base="/api")
    with httpx.Client() as plain:
        for seq, partners in ((0, []), (1, [0])):
            with steps.open(seq, partners=partners):
                plain.post(f"http://{host}/api/generate?key=secret", json={"prompt": "hi"})
    assert 1 == len(server.journal)
    assert "generate" == steps.calls(0)[0].endpoint


def test_images_come_back_the_same(server, steps, client):
    """A base64 image is served byte by byte."""
    found = []
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            found.append(client.images.generate(model="i-1", prompt="a pen").data[0].b64_json)
    assert found[0] == found[1]
    assert [PNG] == [image.data for image in calls.summarise(steps.calls(1)[0]).images]
    assert 1 == len(server.journal)


def test_multipart_upload_is_served_whatever_its_boundary(server, steps, client):
    """An image edit has a new boundary each time and is the same call all the same."""
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            client.images.edit(model="i-1", image=("pen.png", PNG, "image/png"), prompt="red")
    assert 1 == len(server.journal)
    assert "red" == steps.calls(0)[0].request["prompt"]


@pytest.mark.parametrize("stream", [False, True])
def test_responses_and_embeddings_come_back_the_same(server, steps, client, stream):
    """The Responses API, plain and streamed, and embeddings are served as they came."""
    found = []
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            answer = client.responses.create(model="m-1", input="hi", stream=stream)
            vectors = client.embeddings.create(model="e-1", input=["a", "bc"])
            found.append((
                [event.to_json() for event in answer] if stream else answer.to_json(),
                vectors.to_json(),
            ))
    assert found[0] == found[1]
    assert 2 == len(server.journal)


def test_raw_response_keeps_what_its_reader_needs(server, steps, client):
    """`with_raw_response` finds what it found, in a served answer too; cookies and accounts are not kept."""
    kept = {
        "x-request-id": "req-7",
        "openai-processing-ms": "12",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-tokens": "149999999",
        "x-ratelimit-reset-tokens": "6m0s",
        "apim-request-id": "a-1",
        "x-ms-region": "Sweden Central",
    }
    left = {"set-cookie": "session=1", "openai-organization": "mine", "openai-project": "proj_1"}
    server.answer(Answer(200, [b'{"choices": []}'], "application/json; charset=utf-8", kept | left))
    found = []
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            raw = client.chat.completions.with_raw_response.create(model="m", messages=[])
            told = {name: raw.headers[name] for name in (*kept, "content-type")}
            found.append((raw.text, raw.parse().to_json(), raw.request_id, raw.status_code, told))
    assert found[0] == found[1]
    assert kept == dict(steps.calls(1)[0].headers)


def test_secret_in_a_header_is_redacted(server, steps, client):
    """Should a server send one back."""
    secret = "sk-" + "a1b2c3d4" * 5
    server.answer(Answer.of({"choices": []}, x_request_id=f"for {secret}"))
    with steps.open(0):
        client.chat.completions.create(model="m", messages=[])
    assert "for [openai-key]" == dict(steps.calls(0)[0].headers)["x-request-id"]


def test_transport_around_httpx_own_is_seen_once(server, steps):
    """Such as one that tries again; what it sends is seen below it."""

    class Around(httpx.BaseTransport):
        def __init__(self):
            self.inner = httpx.HTTPTransport()

        def handle_request(self, request):
            return self.inner.handle_request(request)

        def close(self):
            self.inner.close()

    with httpx.Client(transport=Around()) as plain, steps.open(0):
        plain.post(f"{server.base_url}/chat/completions", json={"model": "m"})
    assert 1 == len(steps.calls(0))


def test_compressed_body_is_kept_as_it_came(server, steps, ask):
    """The raw bytes are kept with their encoding, and a replay decodes the same."""
    plain = Answer.of({"choices": [{"message": {"content": "pressed"}}], "usage": {"prompt_tokens": 1}})
    server.answer(plain.gzipped())
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            assert "pressed" == ask("a pen")
    [call] = steps.calls(0)
    assert plain.parts[0] == gzip.decompress(call.body)
    assert "gzip" == dict(call.headers)["content-encoding"]
    assert Usage(1, 0) == call.usage


def test_compressed_stream_is_followed(server, steps, client):
    """A compressed stream is complete at its last event, and its text is told."""
    for seq, partners in ((0, []), (1, [0])):
        with steps.open(seq, partners=partners):
            if seq == 0:
                server.answer(_pressed_stream())
            assert "one two" == "".join(words(streamed(client, "count")))
    assert [True, True] == [call.complete for call in steps.calls(0, 1)]
    assert ["one", " two", "one", " two"] == steps.texts()


def _pressed_stream():
    chunks = [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in ("one", " two")]
    return Answer.stream(*map(sse, chunks), sse("[DONE]")).gzipped()


def test_each_attempt_is_a_record(server, steps, ask):
    """Retries of the client are seen one by one, failures with the provider's message."""
    server.answer(Answer.error(429, "Slow down"), Answer.error(500, "Oops"))
    with steps.open(0):
        assert "Echo: a pen" == ask("a pen")
    assert 3 == len(server.journal)
    assert [(429, "Slow down"), (500, "Oops"), (200, None)] == [(c.status, c.error) for c in steps.calls(0)]


def test_failures_are_never_served(server, steps, ask):
    """Of a failed attempt and a good one the good one is served to the first request."""
    server.answer(Answer.error(429, "Slow down"))
    with steps.open(0):
        ask("a pen")
    with steps.open(1, "strict", partners=[0]):
        assert "Echo: a pen" == ask("a pen")
    assert 2 == len(server.journal)
    assert [200] == [call.status for call in steps.calls(1)]


def test_provider_error_reaches_the_user_unchanged(server, steps, client):
    """An error keeps its type and its message, and is recorded."""
    server.answer(Answer.error(400, "Unknown model"))
    with pytest.raises(openai.BadRequestError, match="Unknown model"), steps.open(0):
        asked(client, "a pen")
    assert ["Unknown model"] == [call.error for call in steps.calls(0)]


def test_request_without_response_is_a_record(steps, server):
    """A refused connection is kept as a call without a status."""
    nowhere = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="k", max_retries=0)
    with pytest.raises(openai.APIConnectionError), steps.open(0):
        asked(nowhere, "a pen")
    [call] = steps.calls(0)
    assert (None, None, False) == (call.status, call.body, call.complete)
    assert call.error.startswith("ConnectError")


def test_invalid_json_passes_and_is_kept(server, steps):
    """An answer that is no JSON reaches the client as it is, and reading its record does not raise."""
    server.answer(Answer(200, [b"not json {"]))
    with httpx.Client() as plain, steps.open(0):
        answer = plain.post(f"{server.base_url}/chat/completions", json={"model": "m"})
    assert b"not json {" == answer.content == steps.calls(0)[0].body
    assert None is calls.summarise(steps.calls(0)[0]).text


def test_secrets_are_never_in_records(server, steps, monkeypatch):
    """Keys in the prompt and in error messages become names of rules; on the wire they are exact."""
    secret = "sk-" + "a1b2c3d4" * 5
    monkeypatch.setenv("WEATHER_TOKEN", "correct-horse")
    server.answer(Answer.error(401, f"Incorrect API key provided: {secret}"))
    with (
        openai.OpenAI(base_url=server.base_url, api_key=secret) as client,
        pytest.raises(openai.AuthenticationError),
        steps.open(0),
    ):
        asked(client, f"use {secret} and correct-horse")
    assert secret in server.journal[0].json["messages"][0]["content"]
    [call] = steps.calls(0)
    assert "use [openai-key] and [env-secret]" == call.request["messages"][0]["content"]
    assert "Incorrect API key provided: [openai-key]" == call.error
    assert secret not in repr(call)
    assert "correct-horse" not in repr(call)


def test_two_requests_that_differ_in_a_secret_are_the_same(server, steps, ask):
    """A rotated key in a prompt does not break a replay."""
    with steps.open(0):
        ask("use sk-" + "a1b2c3d4" * 5)
    with steps.open(1, "strict", partners=[0]):
        ask("use sk-" + "z9y8x7w6" * 5)
    assert 1 == len(server.journal)


def test_thread_pool_carries_the_step(server, steps, client):
    """Work that a step gives to threads belongs to the step, several steps at once."""
    with steps.open(0), ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda text: asked(client, text), ["a", "b", "c"]))
    assert 3 == len(steps.calls(0))
    assert 3 == len(server.journal)


def test_uninstall_restores_the_transports(server, steps, ask):
    """Afterwards the classes hold their own methods again, and nothing is seen."""
    wrapped = [transport.handle_request for transport in PLAIN_TRANSPORTS]
    calls.uninstall()
    own = [transport.handle_request for transport in PLAIN_TRANSPORTS]
    assert [method.__wrapped__ for method in wrapped] == own
    assert "submit" == ThreadPoolExecutor.submit.__name__
    assert not hasattr(ThreadPoolExecutor.submit, "__wrapped__")
    assert not hasattr(threading.Thread.start, "__wrapped__")
    with steps.open(0):
        ask("a pen")
    assert [] == steps.log.everything()
    assert not calls.installed()


def test_installing_twice_wraps_once(steps, ask, server):
    """A second install changes nothing."""
    before = httpx2.HTTPTransport.handle_request
    calls.install()
    assert before is httpx2.HTTPTransport.handle_request
    with steps.open(0):
        ask("a pen")
    assert 1 == len(steps.calls(0))


def test_wrapper_that_was_taken_off_is_put_back_at_the_next_step(steps, ask, server):
    """A test tool that restores the original is noticed."""
    wrapper = httpx2.HTTPTransport.handle_request
    httpx2.HTTPTransport.handle_request = wrapper.__wrapped__
    with steps.open(0):
        ask("a pen")
    assert 1 == len(steps.calls(0))


def test_wrapper_of_others_around_ours_does_not_count_twice(steps, ask, server):
    """A foreign wrapper is wrapped in turn, and a call is still one record."""
    ours = httpx2.HTTPTransport.handle_request

    def theirs(self, request):
        request.headers["x-seen"] = "yes"
        return ours(self, request)

    httpx2.HTTPTransport.handle_request = theirs
    try:
        with steps.open(0):
            ask("a pen")
    finally:
        httpx2.HTTPTransport.handle_request = ours
    assert 1 == len(steps.calls(0))


def test_listener_that_raises_harms_nothing(server, steps, client, caplog):
    """Who listens to calls cannot break them."""

    def broken(event):
        raise ValueError("I am broken")

    with calls.scope(StepScope(steps.ref(0), "answer", steps.log, listener=broken)):
        assert "Echo: a pen" == asked(client, "a pen")
    assert 1 == len(steps.calls(0))
    assert "a listener to calls failed" == caplog.records[0].message


def test_log_that_fails_is_told_when_the_step_ends(server, client, steps):
    """The paid answer reaches the action, nothing is sent again, and the step ends with the log's error."""

    class Full(calls.MemoryLog):
        def record_call(self, call):
            raise OSError("disk full")

    answers = []
    with pytest.raises(OSError, match="disk full"), calls.scope(StepScope(steps.ref(0), "answer", Full())):
        answers.append(asked(client, "a pen"))
    assert ["Echo: a pen"] == answers
    assert 1 == len(server.journal)
