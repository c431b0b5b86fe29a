"""Irreversible actions: never fired twice by a fork or a retry without leave."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder
from notebook_agent.errors import EffectError
from notebook_agent.tracking import LocalTrackingClient
from tests.driving import brief


class Post:
    """A post office that counts what was sent, and can fail after sending."""

    def __init__(self):
        self.sent = []
        self.fails = 0


def mailing(driver, post, *, tracker=None, policy=None):
    """Make the application write -> send -> done."""

    @driver.action(reads=[], writes=["text"])
    def write(state, topic="x"):
        return state.update(text=f"about {topic}")

    @driver.action(reads=["text"], writes=["receipt"], effect="irreversible")
    def send(state, to="me"):
        post.sent.append((to, state["text"]))
        if post.fails:
            post.fails -= 1
            raise ConnectionError("no answer")
        return {"number": len(post.sent)}, state.update(receipt=len(post.sent))

    @driver.action(reads=["receipt"], writes=["done"])
    def done(state):
        return state.update(done=state["receipt"])

    builder = ApplicationBuilder().with_actions(write=write, send=send, done=done)
    builder.with_transitions(("write", "send"), ("send", "done"), ("done", "write")).with_entrypoint("write")
    if policy:
        builder.with_policy("send", **policy)
    if tracker:
        builder.with_tracker(tracker)
    return builder.build()


def test_a_fork_is_served_what_was_sent(driver):
    """With equal inputs and reads the recorded result and writes are given again, and it says so."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="done")
    fork = app.fork(0)
    driver.run(fork, halt_after="done")
    assert [("me", "about x")] == post.sent
    assert (app.state, {"number": 1}) == (fork.state, fork.history.values(1).result)
    assert "cannot be taken back" in fork.history.values(1).events[0]["note"]
    assert (("text",), ("receipt",)) == (fork.history[1].reads, fork.history[1].writes)


def test_a_fork_with_another_state_is_refused(driver):
    """Before the step begins, with leave as the way on."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="done")
    fork = app.fork(0, {"text": "other"})
    with pytest.raises(
        EffectError, match=r"'send' .* fired already: .*@1, with other inputs or in another"
    ) as caught:
        driver.run(fork, halt_after="done")
    assert f"already: {app.uid[:8]}@1, with" in str(caught.value)
    assert ("send", 1, []) == (caught.value.action, caught.value.seq, brief(fork)[1:])
    fork.allow_effects = True
    driver.run(fork, halt_after="done")
    assert [("me", "about x"), ("me", "other")] == post.sent


def test_a_fork_with_other_inputs_is_refused(driver):
    """They would send something else."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="done")
    with pytest.raises(EffectError):
        driver.run(app.fork(0), halt_after="done", inputs={"to": "you"})
    assert 1 == len(post.sent)


def test_a_failed_one_is_not_tried_again(driver):
    """It may have been sent before it failed."""
    post = Post()
    post.fails = 1
    app = mailing(driver, post)
    with pytest.raises(ConnectionError):
        driver.run(app, halt_after="done")
    with pytest.raises(EffectError, match=r"fired already: .*@1, and failed"):
        driver.retry(app)
    assert ("send", 1) == (app.get_next_action().name, len(post.sent))
    app.allow_effects = True
    driver.retry(app)
    assert (2, 2) == (len(post.sent), app.state["done"])


def test_a_retry_policy_does_not_fire_it_again(driver):
    """Unless it is allowed."""
    post = Post()
    post.fails = 1
    app = mailing(driver, post, policy={"retries": 2, "backoff": 0})
    with pytest.raises(ConnectionError):
        driver.run(app, halt_after="done")
    assert 1 == len(post.sent)
    other, post.fails = mailing(driver, post, policy={"retries": 2, "backoff": 0}), 1
    other.allow_effects = True
    driver.run(other, halt_after="done")
    assert 3 == len(post.sent)


def test_what_comes_after_the_record_is_fired(driver):
    """A fork that goes further than its origin does new things."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="done")
    fork = app.fork(0)
    driver.run(fork, halt_after="done")
    driver.run(fork, halt_after="done")
    assert 2 == len(post.sent)


def test_a_loop_fires_each_time(driver):
    """Within one run every visit is a new one."""
    post = Post()
    app = mailing(driver, post)
    for _ in range(3):
        driver.run(app, halt_after="done")
    assert 3 == len(post.sent)


def test_it_holds_after_a_resume(driver, tmp_path):
    """The record is in the store."""
    post, tracker = Post(), LocalTrackingClient("tests", tmp_path)
    post.fails = 1
    app = mailing(driver, post, tracker=tracker)
    with pytest.raises(ConnectionError):
        driver.run(app, halt_after="done")
    again = app.reopen()
    with pytest.raises(EffectError):
        driver.run(again, halt_after="done")
    assert 1 == len(post.sent)


def test_forks_of_one_step_fire_once_together(driver):
    """What a fork has sent is given to its sibling, and to the run that both come from."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="write")
    one, other = app.fork(0), app.fork(0)
    for each in (one, other, other.fork(0), app):
        driver.run(each, halt_after="done")
    assert ([("me", "about x")], [1] * 3) == (post.sent, [each.state["done"] for each in (one, other, app)])


def test_a_sibling_in_another_state_is_refused(driver):
    """With the step of its relative named."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="write")
    driver.run(app.fork(0, app_id="sent"), halt_after="send")
    with pytest.raises(EffectError, match=r"'send' .* fired already: .*sent@1, with other inputs or in ano"):
        driver.run(app.fork(0, {"text": "other"}), halt_after="send")
    assert 1 == len(post.sent)


def test_the_next_visit_is_another_step_for_relatives_too(driver):
    """Only the same visit since the ways parted stands in a step's place."""
    post = Post()
    app = mailing(driver, post)
    driver.run(app, halt_after="done")
    fork = app.fork(2)
    driver.run(fork, halt_after="done")
    driver.run(fork, halt_after="done")
    assert 3 == len(post.sent)
    driver.run(app, halt_after="done")
    assert 3 == len(post.sent)


def test_runs_that_share_no_past_fire_each(driver, tmp_path):
    """A run is no relative of another one of its project."""
    post, tracker = Post(), LocalTrackingClient("tests", tmp_path)
    for _ in range(2):
        driver.run(mailing(driver, post, tracker=tracker), halt_after="done")
    assert 2 == len(post.sent)
