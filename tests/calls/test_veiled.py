"""Secrets of the environment: in no ledger, and no hindrance to serving one elsewhere."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.calls import Recording
from notebook_agent.calls.keys import key_of
from notebook_agent.errors import LedgerMissError
from notebook_agent.redact import redact_json
from notebook_agent.testing.fixture import Fixture

WORD, OTHER = "correct-horse", "battery-staple"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.json"


@contextmanager
def environment(value):
    """Set the variable, or none."""
    with pytest.MonkeyPatch.context() as patch:
        if value is not None:
            patch.setenv("WEATHER_TOKEN", value)
        yield


def recorded(steps, ask, path, *texts):
    """Ask, and save what was asked."""
    with steps.open(0):
        for text in texts:
            ask(text)
    Recording.save(path, steps.calls(0))
    return path


@pytest.mark.parametrize("variables", [(a, b) for a in (WORD, None) for b in (WORD, OTHER, None)])
def test_a_ledger_is_served_whatever_the_environment_says(server, steps, ask, path, variables):
    """Where the variable was set and where it was not, with its value, another or none."""
    there, here = variables
    with environment(there):
        recorded(steps, ask, path, f"say {WORD} twice")
    assert (there is None) == (WORD in path.read_text())
    said = here if there and here else WORD
    for source in (Recording.load(path), Fixture(Recording.load(path).calls)):
        with environment(here), steps.open(1, "strict", recording=source):
            ask(f"say {said} twice")
    assert 1 == len(server.journal)


def test_a_variable_that_is_set_in_between_does_not_hide_the_past(server, steps, ask, monkeypatch):
    """A retry is served what was recorded without it, and the other way round."""
    with steps.open(0):
        ask(f"say {WORD}")
    monkeypatch.setenv("WEATHER_TOKEN", WORD)
    with steps.open(1, "strict", partners=[0]):
        ask(f"say {WORD}")
    with steps.open(2, "strict", partners=[1]):
        ask(f"say {WORD}")
    assert 1 == len(server.journal)
    assert [f"say {WORD}", "say [env-secret]", "say [env-secret]"] == [
        call.request["messages"][0]["content"] for call in steps.calls(0, 1, 2)
    ]


def test_calls_that_were_kept_by_an_older_key_are_served(server, steps, ask, monkeypatch):
    """Stores of before have the hash of the body as it is shown."""
    monkeypatch.setenv("WEATHER_TOKEN", WORD)
    with steps.open(0):
        ask(f"say {WORD}")
    [call] = steps.calls(0)
    old = key_of(call.method, call.endpoint, call.request)
    assert old != call.key
    steps.keep(call, seq=1, key=old)
    with steps.open(2, "strict", partners=[1]):
        ask(f"say {WORD}")
    assert 1 == len(server.journal)


@pytest.mark.parametrize("text", ["say twice", "say short twice", "say two words twice", f"say {WORD} once"])
def test_another_request_is_not_taken_for_it(steps, ask, path, monkeypatch, text):
    """In the place of the secret there may be one word as long as secrets are, and all else is as it was."""
    monkeypatch.setenv("WEATHER_TOKEN", WORD)
    recorded(steps, ask, path, f"say {WORD} twice")
    with pytest.raises(LedgerMissError), steps.open(1, "strict", recording=Recording.load(path)):
        ask(text)


def test_answers_are_given_in_order(server, steps, ask, path, monkeypatch):
    """Each once; then they are used up."""
    monkeypatch.setenv("WEATHER_TOKEN", WORD)
    recorded(steps, ask, path, WORD, WORD)
    monkeypatch.delenv("WEATHER_TOKEN")
    again = steps.open(1, "strict", recording=Recording.load(path))
    with pytest.raises(LedgerMissError), again:
        assert f"Echo: {WORD}" == ask(WORD) == ask(WORD) == ask(WORD)
    assert [True, True, False] == [call.replayed for call in steps.calls(1)]


def test_a_key_that_could_confirm_a_secret_is_not_shown(steps, ask, monkeypatch):
    """Nor written: it is a hash in which a weak secret could be found by trying."""
    monkeypatch.setenv("WEATHER_TOKEN", WORD)
    with steps.open(0):
        ask(f"say {WORD}")
        ask("say nothing")
    first, second = steps.calls(0)
    assert [False, True] == [call.key in repr(call) for call in (first, second)]


KEYS = st.sampled_from(["password", "api_key", "said"])
TEXTS = st.sampled_from(["hunter2hunter2", "sk-" + "a1b2c3d4" * 5, "[openai-key]", "a text", WORD])


@given(st.dictionaries(KEYS, TEXTS | st.lists(TEXTS, max_size=2)))
def test_what_is_redacted_twice_is_redacted_once(value):
    """So a file's records have the keys that their requests had."""
    once = redact_json(value)
    assert once == redact_json(once)
    assert json.dumps(once) == json.dumps(redact_json(json.loads(json.dumps(once))))
