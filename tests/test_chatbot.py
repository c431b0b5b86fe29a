"""The chatbot's story: three turns, a failure, the fix, resume, and a fork at step 4."""

from __future__ import annotations

import uuid

import pytest

from notebook_agent.tracking import LocalTrackingClient
from tests.chatbot import application
from tests.driving import brief

FIRST_ELEVEN = [
    (0, "prompt", "completed"),
    (1, "decide_mode", "completed"),
    (2, "answer_question", "completed"),
    (3, "response", "completed"),
    (4, "prompt", "completed"),
    (5, "decide_mode", "completed"),
    (6, "generate_code", "completed"),
    (7, "response", "completed"),
    (8, "prompt", "completed"),
    (9, "decide_mode", "completed"),
    (10, "generate_image", "failed"),
]


@pytest.fixture
def tracker(tmp_path):
    tracker = LocalTrackingClient("agent-demo", tmp_path)
    yield tracker
    tracker.store.close()


def turn(driver, app, text):
    return driver.run(app, halt_after=["response"], inputs={"prompt": text})


@pytest.fixture
def failed(driver, tracker):
    """The application after its third turn broke."""
    app = application(driver, tracker, broken=True)
    turn(driver, app, "what is the capital of France?")
    turn(driver, app, "write hello world in java")
    with pytest.raises(ValueError, match="Demo error"):
        turn(driver, app, "draw a pen")
    return app


def test_a_new_application_starts_from_the_defaults(driver, tracker):
    """A fresh uuid, the default state, no step, no parent."""
    app = application(driver, tracker)
    assert ({"chat_history": []}, None, None, "prompt") == (
        app.state,
        app.sequence_id,
        app.parent_pointer,
        app.get_next_action().name,
    )
    assert 4 == uuid.UUID(app.uid).version


def test_a_turn_returns_action_result_and_state(driver, tracker):
    """As the loop of a chat needs them."""
    action, result, state = turn(driver, application(driver, tracker), "what is the capital of France?")
    assert ("response", {}, "Paris.") == (action.name, result, state["chat_history"][-1]["content"])


def test_three_turns_make_eleven_steps(failed):
    """The last one failed; the state is untouched and the failing action is next."""
    assert FIRST_ELEVEN == brief(failed)
    assert (10, "generate_image", 5, "draw a pen") == (
        failed.sequence_id,
        failed.get_next_action().name,
        len(failed.state["chat_history"]),
        failed.state["prompt"],
    )


def test_resuming_goes_on_at_the_failing_action(driver, tracker, failed):
    """With the fixed code: 11, 12; then a normal turn: 13 to 16."""
    app = application(driver, tracker, app_id=failed.uid)
    assert (5, {"role": "user", "content": "draw a pen", "type": "text"}) == (
        len(app.state["chat_history"]),
        app.state["chat_history"][-1],
    )
    assert (10, "generate_image") == (app.sequence_id, app.get_next_action().name)
    turn(driver, app, "")
    assert {"content": "pen.png", "type": "image", "role": "assistant"} == app.state["chat_history"][-1]
    turn(driver, app, "what is the capital of England?")
    assert [
        *FIRST_ELEVEN,
        (11, "generate_image", "completed"),
        (12, "response", "completed"),
        (13, "prompt", "completed"),
        (14, "decide_mode", "completed"),
        (15, "answer_question", "completed"),
        (16, "response", "completed"),
    ] == brief(app)


def test_a_fork_goes_on_from_its_step(driver, tracker, failed):
    """After step 4 come 5, 6, 7; the original is as it was."""
    before = brief(failed)
    fork = application(driver, tracker, fork_from_app_id=failed.uid, fork_from_sequence_id=4)
    assert (3, "write hello world in java", "answer_question", 4, "decide_mode") == (
        len(fork.state["chat_history"]),
        fork.state["chat_history"][-1]["content"],
        fork.state["mode"],
        fork.sequence_id,
        fork.get_next_action().name,
    )
    turn(driver, fork, "")
    assert FIRST_ELEVEN[:8] == brief(fork)
    assert [5, 6, 7] == [step.seq for step in fork.history if step.ref.run == fork.key]
    assert 4 == len(fork.state["chat_history"])
    assert before == brief(failed)


def test_running_the_original_does_not_touch_the_fork(driver, tracker, failed):
    """They share a tracker and nothing else."""
    fork = application(driver, tracker, fork_from_app_id=failed.uid, fork_from_sequence_id=4)
    turn(driver, fork, "")
    failed.rebind("generate_image", fork.graph.get_action("generate_image"))
    with pytest.raises(ValueError, match="Demo error"):
        driver.step(application(driver, tracker, app_id=failed.uid, broken=True))
    assert FIRST_ELEVEN[:8] == brief(fork)


def test_retrying_runs_the_failing_step_alone(driver, failed, tracker):
    """With the fixed function, and the inputs and halts of the call that failed."""
    fixed = application(driver, tracker).graph.get_action("generate_image")
    failed.rebind("generate_image", fixed)
    assert driver.retry(failed) is failed
    assert [*FIRST_ELEVEN, (11, "generate_image", "completed"), (12, "response", "completed")] == brief(
        failed
    )
