"""The hooks that come with the package: the log of all steps, and the brake."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import RunError
from notebook_agent.lifecycle import (
    SlowDownHook,
    SlowDownHookAsync,
    StateAndResultsFullLogger,
    StateAndResultsFullLoggerAsync,
)


@action(reads=["n"], writes=["n"])
def go(state):
    if state["n"] == 1:
        raise ValueError("no")
    return {"was": state["n"]}, state.increment(n=1)


def building(hook):
    builder = ApplicationBuilder().with_actions(go).with_transitions(("go", "go")).with_entrypoint("go")
    return builder.with_identifiers(app_id="a").with_state(n=0).with_hooks(hook).build()


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def timeless(record):
    began, ended = (datetime.fromisoformat(record.pop(key)) for key in ("start_time", "end_time"))
    assert began <= ended
    return record


@pytest.mark.parametrize("kind", [StateAndResultsFullLogger, StateAndResultsFullLoggerAsync])
def test_each_step_is_a_line(tmp_path, kind):
    """Its state, its result or its exception, and when it was."""

    async def run(app):
        await app.astep()
        with pytest.raises(ValueError, match="no"):
            await app.astep()

    with kind(tmp_path / "log.jsonl") as hook:
        asyncio.run(run(building(hook)))
        told = lines(tmp_path / "log.jsonl")
    step = {"app_id": "a", "partition_key": None, "action": "go", "state": {"n": 1}}
    assert [
        {**step, "sequence_id": 0, "result": {"was": 0}, "exception": None},
        {**step, "sequence_id": 1, "result": None, "exception": "ValueError: no"},
    ] == [timeless(each) for each in told]


@pytest.mark.parametrize(("mode", "expected"), [("append", 2), ("w", 1)])
def test_a_log_goes_on_or_begins_anew(tmp_path, mode, expected):
    """As its mode says."""
    for _ in range(2):
        with StateAndResultsFullLogger(str(tmp_path / "deep" / "log.jsonl"), mode) as hook:
            building(hook).step()
    assert expected == len(lines(tmp_path / "deep" / "log.jsonl"))


def test_a_mode_that_is_none_is_refused(tmp_path):
    """Nothing is written."""
    with pytest.raises(RunError, match="it is 'append', or 'w'"):
        StateAndResultsFullLogger(tmp_path / "log.jsonl", "a")
    assert [] == list(tmp_path.iterdir())


def test_secrets_are_masked_and_other_values_are_written_as_text(tmp_path, monkeypatch):
    """The log may be sent to others."""
    monkeypatch.setenv("MY_TEST_KEY", "a very secret value")

    class Client:
        def __str__(self):
            return "client of a very secret value"

    with StateAndResultsFullLogger(tmp_path / "log.jsonl") as hook:
        builder = ApplicationBuilder().with_actions(go).with_entrypoint("go").with_hooks(hook)
        builder.with_store(None).with_state(n=0, client=Client(), said="a very secret value").build().step()
    state = lines(tmp_path / "log.jsonl")[0]["state"]
    assert {"n": 1, "client": "client of [env-secret]", "said": "[env-secret]"} == state


def test_a_writer_of_ones_own(tmp_path):
    """It gets each record."""
    with StateAndResultsFullLogger(tmp_path / "log.jsonl", json_dump=lambda record: record["action"]) as hook:
        building(hook).step()
    assert "go\n" == (tmp_path / "log.jsonl").read_text()


def test_several_applications_share_a_log(tmp_path):
    """The times of one are not those of the other."""
    with StateAndResultsFullLogger(tmp_path / "log.jsonl") as hook:
        first, second = building(hook), building(hook).fork(None, app_id="b")
        first.step()
        second.step()
    assert [0, 0] == [each["sequence_id"] for each in lines(tmp_path / "log.jsonl")]


@pytest.mark.parametrize("kind", [SlowDownHook, SlowDownHookAsync])
def test_the_brake_waits_before_and_after_each_step(kind):
    """Half a second each, unless told otherwise."""
    app = building(kind(0.02, post_sleep_time=0.03))
    asyncio.run(app.astep())
    step = app.history[0]
    assert (0.5, 0.5) == (kind().pre_sleep_time, kind().post_sleep_time)
    assert "completed" == step.status
