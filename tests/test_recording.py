"""LLM calls that actions make are kept with their steps, told to listeners, and served again."""

from __future__ import annotations

import openai
import pytest

from notebook_agent.builder import ApplicationBuilder
from notebook_agent.errors import LedgerMissError
from notebook_agent.lifecycle import CallEnded, TextStreamed
from notebook_agent.tracking import LocalTrackingClient
from tests.servers import OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


def asking(driver, server, *, broken=False):
    """Ask the model, then use its answer."""

    @driver.action(reads=["prompt"], writes=["answer"])
    def ask(state):
        client = openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0)
        with client:
            stream = client.chat.completions.create(
                model="small", messages=[{"role": "user", "content": state["prompt"]}], stream=True
            )
            text = "".join(part.choices[0].delta.content or "" for part in stream if part.choices)
        if broken:
            raise ValueError("after the call")
        return state.update(answer=text)

    return ApplicationBuilder().with_actions(ask).with_transitions(("ask", "ask")).with_entrypoint("ask")


def test_a_call_is_kept_with_its_step(driver, server):
    """And told as it goes on."""
    app = asking(driver, server).with_state(prompt="hello there").build()
    events = []
    app.subscribe(events.append)
    driver.step(app)
    kept = app.history.calls(0)
    assert [(app.key, 0, "ask", False)] == [(c.step.run, c.step.seq, c.action, c.replayed) for c in kept]
    assert kept == [event.call for event in events if isinstance(event, CallEnded)]
    assert app.state["answer"] == "".join(event.text for event in events if isinstance(event, TextStreamed))


def test_a_fork_is_served_from_the_past(driver, server):
    """The model is asked once."""
    app = asking(driver, server).with_state(prompt="hello").build()
    driver.step(app)
    fork = app.fork(None)
    driver.step(fork)
    assert (1, app.state, [True]) == (
        len(server.journal),
        fork.state,
        [c.replayed for c in fork.history.calls(0)],
    )


def test_a_fork_with_another_input_goes_live(driver, server):
    """Only what is equal is served."""
    app = asking(driver, server).with_state(prompt="hello").build()
    driver.step(app)
    fork = app.fork(None, {"prompt": "other"})
    driver.step(fork)
    assert (2, [False]) == (len(server.journal), [c.replayed for c in fork.history.calls(0)])


def chatting(driver, server, *, fails=()):
    """Ask the model what the user types; it fails, after the call, on some prompts."""

    @driver.action(reads=[], writes=["answer"])
    def ask(state, prompt):
        with openai.OpenAI(base_url=server.base_url, api_key="test", max_retries=0) as client:
            said = client.chat.completions.create(
                model="small", messages=[{"role": "user", "content": "the same each time"}]
            )
        if prompt in fails:
            raise ValueError("after the call")
        return state.update(answer=said.choices[0].message.content)

    return ApplicationBuilder().with_actions(ask).with_transitions(("ask", "ask")).with_entrypoint("ask")


@pytest.mark.parametrize("resumed", [False, True])
def test_another_input_ends_the_replay_for_good(driver, server, tmp_path, resumed):
    """Also after a restart, and where later inputs are as recorded."""
    tracker = LocalTrackingClient("tests", tmp_path)
    app = chatting(driver, server).with_tracker(tracker).build()
    for prompt in "abcd":
        driver.step(app, {"prompt": prompt})
    fork = app.fork(None)
    for prompt in "ax":
        driver.step(fork, {"prompt": prompt})
    if resumed:
        origin = chatting(driver, server)
        builder = ApplicationBuilder().with_graph(origin.with_entrypoint("ask").build().graph)
        builder.initialize_from(tracker, True, {}, "ask").with_tracker(tracker)
        fork = builder.with_identifiers(app_id=fork.uid).build()
    for prompt in "cd":
        driver.step(fork, {"prompt": prompt})
    assert [True, False, False, False] == [call.replayed for call in fork.history.calls()]
    tracker.store.close()


def test_a_fork_at_a_failed_step_is_served_its_calls(driver, server):
    """The step is made again, and what it paid for is not paid again."""
    app = chatting(driver, server, fails="b").build()
    driver.step(app, {"prompt": "a"})
    with pytest.raises(ValueError, match="after the call"):
        driver.step(app, {"prompt": "b"})
    fork = app.fork(1, actions={"ask": chatting(driver, server).build().graph.get_action("ask")})
    driver.step(fork, {"prompt": "b"})
    assert (2, [True]) == (len(server.journal), [call.replayed for call in fork.history.calls(2)])


def test_a_fork_of_a_deleted_run_goes_on(driver, server):
    """Without what was recorded there."""
    app = chatting(driver, server).build()
    driver.step(app, {"prompt": "a"})
    fork = app.fork(0)
    app.store.delete_run(app.key)
    driver.step(fork, {"prompt": "b"})
    assert [False] == [call.replayed for call in fork.history.calls(1)]


def test_a_retry_with_fixed_code_is_served(driver, server):
    """What was paid is not paid again."""
    app = asking(driver, server, broken=True).with_state(prompt="hello").build()
    with pytest.raises(ValueError, match="after the call"):
        driver.step(app)
    app.rebind("ask", asking(driver, server).build().graph.get_action("ask"))
    driver.retry(app)
    assert (1, [(0, "failed"), (1, "completed")]) == (
        len(server.journal),
        [(step.seq, step.status) for step in app.history][:2],
    )


def test_in_strict_mode_nothing_leaves(driver, server):
    """A call without a record is an error, and the step fails."""
    app = asking(driver, server).with_state(prompt="hello").with_ledger("strict").build()
    with pytest.raises(LedgerMissError):
        driver.step(app)
    assert (0, "failed") == (len(server.journal), app.history[0].status)


def test_a_failure_carries_its_report_once(driver):
    """The action, the state and the inputs at that time."""
    error = ValueError("Demo error")

    def broken(state, prompt):
        raise error

    made = driver.action(reads=[], writes=[])(broken)
    app = (
        ApplicationBuilder()
        .with_actions(paint=made)
        .with_entrypoint("paint")
        .with_state(mode="image")
        .build()
    )
    for _ in range(2):
        with pytest.raises(ValueError, match="Demo error"):
            driver.step(app, {"prompt": "draw a pen"})
    (report,) = error.__notes__
    assert (True, True, True) == tuple(text in report for text in ("paint", "image", "draw a pen"))


def test_each_step_knows_its_code(driver):
    """An edited function is other code, and its source is kept."""

    def first(state):
        return state

    def second(state):
        return state.update()

    app = (
        ApplicationBuilder()
        .with_actions(go=driver.action(reads=[], writes=[])(first))
        .with_transitions(("go", "go"))
        .with_entrypoint("go")
        .build()
    )
    driver.step(app)
    app.rebind("go", driver.action(reads=[], writes=[])(second))
    driver.step(app)
    codes = [step.code for step in app.history]
    assert app.graph.get_action("go").code == codes[1] != codes[0]
    assert "def second(state):" in app.history.values(1).source
