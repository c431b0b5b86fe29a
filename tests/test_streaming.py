"""Streaming actions: pieces as they come, the result last, and what is kept of both."""

from __future__ import annotations

import asyncio
import gc

import pytest

from notebook_agent import ApplicationBuilder, Result, action, streaming_action
from notebook_agent.errors import ActionError, ResultError, RunBusyError, RunError
from notebook_agent.lifecycle import (
    ItemStreamed,
    PostEndStreamHook,
    PostRunStepHook,
    PostStreamItemHook,
    PreStartStreamHook,
)
from tests.streams import AsyncStreams, SyncStreams


@pytest.fixture(params=[SyncStreams(), AsyncStreams()], ids=["sync", "async"])
def streams(request):
    """One way of taking streams."""
    return request.param


def spell(state):
    """Give a word letter by letter."""
    text = ""
    for letter in "abc":
        text += letter
        yield {"letter": letter}, None
    yield {"text": text}, state.update(text=text)


@action(reads=["text"], writes=["said"])
def say(state):
    """Say it."""
    return {"loud": True}, state.update(said=state["text"].upper())


def spelling(streams, function=spell, *hooks):
    """Make the application spell -> say."""
    node = streams.streaming(reads=[], writes=["text"])(function)
    builder = ApplicationBuilder().with_actions(spell=node, say=say).with_transitions(("spell", "say"))
    return builder.with_entrypoint("spell").with_hooks(*hooks).build()


LETTERS = [{"letter": "a"}, {"letter": "b"}, {"letter": "c"}]


def test_pieces_come_before_the_result(streams):
    """`stream_result` gives the action, its pieces and at the end result and state."""
    assert ("spell", LETTERS, ({"text": "abc"}, {"text": "abc"})) == streams.result(
        spelling(streams), ["spell"]
    )


def test_a_plain_action_gives_no_pieces(streams):
    """The steps before the one asked for are run, and its result is there at once."""
    app = spelling(streams)
    found = streams.result(app, ["say"])
    assert ("say", [], ({"loud": True}, {"text": "abc", "said": "ABC"})) == found
    assert ["spell", "say"] == [step.action for step in app.history]


def test_each_action_can_be_streamed(streams):
    """`stream_iterate` gives every action with its own pieces."""
    assert [
        ("spell", LETTERS, ({"text": "abc"}, {"text": "abc"})),
        ("say", [], ({"loud": True}, {"text": "abc", "said": "ABC"})),
    ] == streams.each(spelling(streams))


def test_a_stream_can_be_run_without_looking(streams):
    """`run` takes all pieces itself."""
    app = spelling(streams)
    node, result, state = streams.run(app)
    assert ("say", {"loud": True}, "ABC") == (node.name, result, state["said"])


def test_halting_before_gives_the_next_action(streams):
    """With None for a result, as `run` does."""
    app = spelling(streams)
    assert ("say", [], (None, {"text": "abc"})) == streams.result(app, [], halt_before=["say"])


def test_nothing_to_run_gives_an_empty_stream(streams):
    """Where the graph has ended."""
    app = spelling(streams)
    streams.run(app)
    assert (None, [], (None, app.state)) == streams.result(app, ["say"])


def test_pieces_and_their_times_are_kept(streams):
    """With the step, in order, in seconds since it began."""
    app = spelling(streams)
    streams.result(app, ["spell"])
    events = app.history.values(0).events
    assert [(0, {"letter": "a"}), (1, {"letter": "b"}), (2, {"letter": "c"})] == [
        (each["item"], each["value"]) for each in events
    ]
    times = [each["at"] for each in events]
    assert times == sorted(times)
    assert times[0] >= 0


def test_a_stream_left_early_is_interrupted_with_what_it_had(streams):
    """The state stays, the same action is next, and the generator is closed."""
    closed = []

    def careful(state):
        try:
            yield from spell(state)
        finally:
            closed.append(True)

    app = spelling(streams, careful)
    assert LETTERS[:2] == streams.some(app, ["spell"], 2)
    step = app.history[0]
    assert ("interrupted", {}, "spell") == (step.status, app.state, app.get_next_action().name)
    assert [{"letter": "a"}, {"letter": "b"}] == [each["value"] for each in app.history.values(0).events]
    assert [True] == closed


def test_a_stream_left_at_once_is_interrupted(streams):
    """Before its first piece too."""
    app = spelling(streams)
    assert [] == streams.some(app, ["spell"], 0)
    assert ["interrupted"] == [step.status for step in app.history]
    assert ("spell", LETTERS, ({"text": "abc"}, {"text": "abc"})) == streams.result(app, ["spell"])


def test_a_dropped_stream_is_interrupted():
    """It is left when nobody can take it any more, and the application can go on."""
    app = spelling(SyncStreams())
    _, container = app.stream_result(["spell"])
    next(container)
    del container
    gc.collect()
    assert "interrupted" == app.history[0].status
    assert "say" == app.run()[0].name


def test_leaving_a_streamed_run_leaves_its_stream(streams):
    """`break` out of `stream_iterate` interrupts the step at hand."""
    app = spelling(streams)

    async def leave_async():
        run = app.astream_iterate()
        async for _, container in run:
            await anext(container)
            break
        await run.aclose()

    def leave():
        for _, container in app.stream_iterate():
            next(container)
            break

    leave() if isinstance(streams, SyncStreams) else asyncio.run(leave_async())
    assert [("spell", "interrupted")] == [(step.action, step.status) for step in app.history]


def test_the_application_is_busy_until_the_stream_is_over():
    """Another run meanwhile is refused."""
    app = spelling(SyncStreams())
    _, container = app.stream_result(["spell"])
    with pytest.raises(RunBusyError):
        app.run()
    assert ({"text": "abc"}, {"text": "abc"}) == container.get()
    assert "say" == app.run()[0].name


def test_an_error_in_a_stream_reaches_the_taker(streams):
    """After the pieces that came; the step has failed with them."""

    def breaks(state):
        yield {"letter": "a"}
        raise ValueError("broken")

    app = spelling(streams, breaks)
    with pytest.raises(ValueError, match="broken"):
        streams.result(app, ["spell"])
    assert ("failed", 1) == (app.history[0].status, len(app.history.values(0).events))


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([{"a": 1}], "ended without a state"),
        ([3], "yielded a int"),
        ([({"a": 1}, "state")], "yielded a tuple"),
        ([], "ended without a state"),
    ],
)
def test_a_stream_that_breaks_its_form_says_so(streams, items, told):
    """One sentence with the action and what to yield."""

    def wrong(state):
        yield from items

    with pytest.raises(ResultError, match=f"'spell' {told}"):
        streams.result(spelling(streams, wrong), ["spell"])


def test_nothing_follows_the_state(streams):
    """The item with the state is the last one."""

    def late(state):
        yield {"text": "a"}, state.update(text="a")
        yield {"text": "b"}, state.update(text="b")

    with pytest.raises(ResultError, match="yielded more after its final"):
        streams.result(spelling(streams, late), ["spell"])


class Noting(PreStartStreamHook, PostStreamItemHook, PostEndStreamHook, PostRunStepHook):
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def pre_start_stream(self, *, action, sequence_id, **_):
        self.told.append(("start", action, sequence_id))

    def post_stream_item(
        self, *, item, item_index, stream_initialize_time, first_stream_item_start_time, **_
    ):
        in_order = stream_initialize_time <= first_stream_item_start_time
        self.told.append(("item", item_index, item, in_order))

    def post_end_stream(self, *, action, sequence_id, **_):
        self.told.append(("end", action, sequence_id))

    def post_run_step(self, *, action, exception, **_):
        self.told.append(("step", action.name, type(exception).__name__))


def test_hooks_are_told_of_the_stream(streams):
    """Its start, each piece with its place, its end, and then the step."""
    hook = Noting()
    streams.result(spelling(streams, spell, hook), ["spell"])
    assert [
        ("start", "spell", 0),
        *(("item", index, piece, True) for index, piece in enumerate(LETTERS)),
        ("end", "spell", 0),
        ("step", "spell", "NoneType"),
    ] == hook.told


def test_hooks_are_told_that_a_stream_was_left(streams):
    """The stream ends and the step has an exception."""
    hook = Noting()
    streams.some(spelling(streams, spell, hook), ["spell"], 1)
    assert [("end", "spell", 0), ("step", "spell", "StreamLeft")] == hook.told[-2:]


def test_watchers_are_told_each_piece(streams):
    """With its step and place."""
    app = spelling(streams)
    seen = []
    app.subscribe(lambda event: seen.append(event) if isinstance(event, ItemStreamed) else None)
    streams.result(app, ["spell"])
    assert [(0, 0, LETTERS[0]), (0, 1, LETTERS[1]), (0, 2, LETTERS[2])] == [
        (each.ref.seq, each.index, each.item) for each in seen
    ]


def test_a_stream_that_is_not_async_is_not_awaited():
    """It would block the event loop; the refusal says what to do, before the step begins."""
    app = spelling(SyncStreams())
    with pytest.raises(RunError, match=r"'spell' is not async .* call stream_result"):
        asyncio.run(app.astream_result(["spell"]))
    assert 0 == len(app.history)


def test_an_async_stream_is_awaited():
    """The plain methods refuse it and name those to await."""
    app = spelling(AsyncStreams())
    with pytest.raises(RunError, match="Await astream_result instead"):
        app.stream_result(["spell"])
    assert 0 == len(app.history)


def test_the_decorators_are_told_apart():
    """A generator needs `@streaming_action`, and a coroutine cannot have it."""
    with pytest.raises(ActionError, match=r"yields\. Put @streaming_action"):
        action(reads=[], writes=[])(spell)

    async def waits(state):
        return state

    with pytest.raises(ActionError, match="yields nothing"):
        streaming_action(reads=[], writes=[])(waits)


def test_results_can_be_given_out():
    """`Result` gives keys of the state as the result."""
    builder = ApplicationBuilder().with_actions(say=say, out=Result("said")).with_transitions(("say", "out"))
    app = builder.with_entrypoint("say").with_state(text="a").build()
    assert {"said": "A"} == app.run()[1]


def test_a_stream_that_was_left_has_no_result():
    """It says so, rather than to give the state as a result."""
    app = spelling(SyncStreams())
    _, container = app.stream_result(["spell"])
    next(container)
    container.close()
    with pytest.raises(RunError, match="The stream was left before its end"):
        container.get()


def test_what_gives_no_stream_is_told():
    """A function that returns where it should yield."""

    def plain(state):
        return {"text": "abc"}

    with pytest.raises(ResultError, match="'spell' returned a dict, which is no stream"):
        spelling(SyncStreams(), plain).step()
