"""A run's calls as a file: saved from its history, served to other applications, branch by branch."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from uuid import uuid4

import openai
import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.calls import Recording
from notebook_agent.errors import LedgerMissError
from notebook_agent.tracking import LocalTrackingClient
from tests.answers import Answer
from tests.parallelism.fans import fan
from tests.servers import OpenAIServer


@pytest.fixture
def server():
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.json"


def says(text):
    return Answer.of({"choices": [{"message": {"content": text}}]})


@pytest.fixture
def ask(server):
    """Ask the server the same question each time."""
    plain = openai.DefaultHttpxClient(verify=False)
    with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0, http_client=plain) as client:

        def one(text="the same"):
            answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])
            return answer.choices[0].message.content

        yield one


def counting(driver, ask, *, fails=False):
    """Ask the same question in each step, for an answer that must be a number."""

    @driver.action(reads=["said"], writes=["said"])
    def count(state):
        said = [*state["said"], int(ask())]
        if fails and len(said) == 2:
            raise OSError("the disk is full")
        return state.update(said=said)

    builder = ApplicationBuilder().with_actions(count=count).with_transitions(("count", "count"))
    return builder.with_entrypoint("count").with_state(said=[])


def walk(driver, app, steps):
    """Make steps, and those that fail once more."""
    for _ in range(steps):
        try:
            driver.step(app)
        except (ValueError, OSError):
            driver.retry(app)


def test_a_run_with_a_retry_is_the_same_from_its_file(driver, server, ask, path):
    """A bad answer that was asked for once more is kept, and not served."""
    server.answer(says("1"), says("bad"), says("2"), says("3"))
    app = counting(driver, ask).build()
    walk(driver, app, 3)
    Recording.save(path, app.history.calls())
    again = counting(driver, ask).with_ledger("strict", path).build()
    walk(driver, again, 3)
    assert ([1, 2, 3], 4) == (again.state["said"], len(server.journal)) == (app.state["said"], 4)
    assert [False, True, False, False] == [call.superseded for call in Recording.load(path).calls]


def test_what_a_retry_was_served_is_in_the_file_once(driver, server, ask, path):
    """And the run from the file goes on with the answer after it."""
    server.answer(says("1"), says("2"), says("3"))
    app = counting(driver, ask, fails=True).build()
    driver.step(app)
    with pytest.raises(OSError, match="disk"):
        driver.step(app)
    app.rebind("count", counting(driver, ask).build().graph.get_action("count"))
    driver.retry(app)
    driver.step(app)
    Recording.save(path, app.history.calls())
    again = counting(driver, ask).with_ledger("strict", path).build()
    walk(driver, again, 3)
    assert ([1, 2, 3], 3, 3) == (again.state["said"], len(server.journal), len(Recording.load(path)))


def test_a_step_that_is_retried_in_strict_gets_its_records_again(driver, server, ask, path):
    """What an attempt took that is made again is not used up."""
    server.answer(says("1"), says("2"))
    app = counting(driver, ask).build()
    walk(driver, app, 2)
    Recording.save(path, app.history.calls())
    again = counting(driver, ask, fails=True).with_ledger("strict", path).build()
    driver.step(again)
    for redo in (driver.step, driver.retry):
        with pytest.raises(OSError, match="disk"):
            redo(again)
    again.rebind("count", counting(driver, ask).build().graph.get_action("count"))
    driver.retry(again)
    assert ([1, 2], 2) == (again.state["said"], len(server.journal))


@pytest.mark.parametrize("forked", [False, True])
def test_a_resumed_run_goes_on_where_it_was(driver, server, ask, path, tmp_path, forked):
    """The store knows what it has been served; so does a fork."""
    server.answer(*map(says, "123"))
    app = counting(driver, ask).build()
    walk(driver, app, 3)
    Recording.save(path, app.history.calls())
    tracker = LocalTrackingClient("tests", tmp_path)
    first = counting(driver, ask).with_ledger("strict", path).with_tracker(tracker).build()
    walk(driver, first, 2)
    builder = ApplicationBuilder().with_graph(first.graph).with_ledger("strict", path).with_tracker(tracker)
    builder.initialize_from(tracker, True, {}, "count")
    resumed = first.fork(1) if forked else builder.with_identifiers(app_id=first.uid).build()
    driver.step(resumed)
    assert [1, 2, 3] == resumed.state["said"]
    with pytest.raises(LedgerMissError, match="used up: 3 recorded, this is request 4"):
        driver.step(resumed)
    tracker.store.close()


def fanning(driver, server, xs=(1, 2, 3)):
    """Let branches ask the same question, twice each."""

    @driver.action(reads=["x"], writes=["y"])
    def inner(state):
        plain = openai.DefaultHttpxClient(verify=False)
        with openai.OpenAI(base_url=server.base_url, api_key="k", max_retries=0, http_client=plain) as client:
            asked = [{"role": "user", "content": "the same"}]
            both = [client.chat.completions.create(model="m", messages=asked) for _ in range(2)]
        return state.update(y=[each.choices[0].message.content for each in both])

    builder = ApplicationBuilder().with_actions(fan=fan(driver, inner)()).with_transitions(("fan", "fan"))
    return builder.with_entrypoint("fan").with_state(xs=list(xs))


def test_branches_get_their_own_answers_from_a_file(driver, server, path):
    """Where all of them asked the same, in each of two visits."""
    server.answer(*(says(str(n)) for n in range(12)))
    app = fanning(driver, server).build()
    first = [(driver.step(app), app.state["ys"])[1] for _ in range(2)]
    Recording.save(path, app.history.calls())
    again = fanning(driver, server).with_ledger("strict", path).build()
    assert first == [(driver.step(again), again.state["ys"])[1] for _ in range(2)]
    assert 12 == len(server.journal) == len({each for ys in first for y in ys for each in y})


def test_a_branch_more_is_not_served_the_answers_of_others(driver, server, path):
    """However many are recorded for the same request: each record is served to one branch."""
    app = fanning(driver, server).build()
    driver.step(app)
    Recording.save(path, app.history.calls())
    again = fanning(driver, server, [1, 2, 3, 4]).with_ledger("strict", path).build()
    with pytest.raises(LedgerMissError, match="recorded in another branch, whose answers are its own"):
        driver.step(again)
    assert 6 == len(server.journal)


@pytest.mark.parametrize("named", [False, True])
def test_sub_agents_get_their_own_answers_from_a_file(server, ask, path, named):
    """Built and run within an action; whether they have names or not."""

    @action(reads=[], writes=["said"])
    def inner(state):
        return state.update(said=ask())

    @action(reads=["said"], writes=["said"])
    def outer(state, __context):
        said = [ask()]
        for _ in range(2):
            builder = ApplicationBuilder().with_actions(inner=inner).with_entrypoint("inner")
            builder = builder.with_state(said="").with_parent_context(__context)
            app = (builder.with_identifiers(app_id=str(uuid4())) if named else builder).build()
            app.step()
            said.append(app.state["said"])
        return state.update(said=[*said, ask()])

    def build():
        return ApplicationBuilder().with_actions(outer=outer).with_entrypoint("outer").with_state(said=[])

    server.answer(*map(says, "1234"))
    app = build().build()
    app.step()
    Recording.save(path, app.history.calls())
    again = build().with_ledger("strict", path).build()
    again.step()
    assert (["1", "2", "3", "4"], 4) == (again.state["said"], len(server.journal))


@pytest.mark.parametrize("seed", range(12))
def test_any_run_is_the_same_from_its_file(server, ask, path, seed):
    """However often its steps failed, before or after a call that did, and whatever they asked again."""
    random = Random(seed)
    questions = [random.choices("ab", k=random.randint(1, 3)) for _ in range(4)]
    raises = [random.choice(["call", "code", ""]) for _ in range(6)]

    @action(reads=["said"], writes=["said"])
    def work(state):
        said = []
        for n, question in enumerate(questions[len(state["said"])]):
            trouble = raises.pop() if raises and random.random() < 0.5 else ""
            server.answer(Answer.error(400, "no") if trouble == "call" else says(f"{len(server.journal)}"))
            said.append(ask(question))
            if trouble == "code":
                raise OSError(f"after call {n}")
        return state.update(said=[*state["said"], said])

    @action(reads=["said"], writes=["said"])
    def plain(state):
        said = [ask(question) for question in questions[len(state["said"])]]
        return state.update(said=[*state["said"], said])

    def build(made):
        builder = ApplicationBuilder().with_actions(work=made).with_transitions(("work", "work"))
        return builder.with_entrypoint("work").with_state(said=[])

    app = build(work).build()
    while len(app.state["said"]) < len(questions):
        with suppress(OSError, openai.BadRequestError):
            app.step() if app.history.run.status != "failed" else app.retry()
    Recording.save(path, app.history.calls())
    sent = len(server.journal)
    again = build(plain).with_ledger("strict", path).build()
    for _ in questions:
        again.step()
    assert (app.state["said"], sent) == (again.state["said"], len(server.journal))
    assert sent >= len(Recording.load(path))


def test_a_fork_is_the_same_from_its_file(driver, server, ask, path):
    """What its ancestor paid is in it, up to the fork point and after it."""
    server.answer(*map(says, "1234"))
    app = counting(driver, ask).build()
    walk(driver, app, 3)
    fork = app.fork(0)
    walk(driver, fork, 3)
    assert [1, 2, 3, 4] == fork.state["said"]
    Recording.save(path, fork.history.calls())
    again = counting(driver, ask).with_ledger("strict", path).build()
    walk(driver, again, 4)
    assert ([1, 2, 3, 4], 4, 4) == (again.state["said"], len(server.journal), len(Recording.load(path)))
