"""Blame: who wrote a value and from what, against an oracle that kept account while it happened."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder, action
from notebook_agent.errors import CommandError, MissingKeyError, StateError
from notebook_agent.history.paths import found, read_path, write_path
from notebook_agent.magics.commands import Call
from notebook_agent.magics.expansion import Scope
from notebook_agent.magics.reading import read_line


@action(reads=[], writes=["prompt"])
def ask(state, prompt):
    return state.update(prompt=prompt)


@action(reads=["prompt"], writes=["mode"])
def decide(state):
    return state.update(mode=len(state["prompt"]))


@action(reads=["prompt", "mode"], writes=["log"])
def answer(state):
    return state.append(log={"text": state["prompt"].upper(), "mode": state["mode"]})


@action(reads=[], writes=["idle"])
def idle(state):
    return state.increment(idle=1)


def chat(turns):
    """Run so many turns of ask -> decide -> answer -> idle."""
    names = ("ask", "decide", "answer", "idle")
    builder = ApplicationBuilder().with_actions(ask=ask, decide=decide, answer=answer, idle=idle)
    builder.with_transitions(*zip(names, (*names[1:], "ask"), strict=True))
    app = builder.with_entrypoint("ask").with_state(log=[], seed="x").build()
    for turn in range(turns):
        app.run(halt_after="idle", inputs={"prompt": "hi" * (turn + 1)})
    return app


def told(origin):
    """Say an origin in short."""
    return origin.path, origin.kind, origin.step and origin.step.seq


def test_blame_finds_the_step_and_what_it_read():
    """The writer of the path itself, and transitively what its value was made from, latest first."""
    found = chat(3).history.blame("log[1].text")
    assert ("log[1].text", "step", 6) == told(found.origin)
    assert "HIHI" == found.origin.value
    assert [
        ("mode", "step", 5),
        ("prompt", "step", 4),
    ] == [told(each) for each in found.causes]


def test_what_is_only_added_to_is_a_cause_of_itself_alone():
    """An item, or another key that the step wrote, was not made from the list that the item went to."""

    @action(reads=[], writes=["noise", "log", "count"])
    def noise(state):
        return state.update(noise=1).append(log="2").increment(count=1)

    @action(reads=["prompt"], writes=["a", "log", "count"])
    def note(state):
        return state.update(a=state["prompt"] + "!").extend(log=["3"]).increment(count=1)

    app = ApplicationBuilder().with_actions(ask, noise, note).with_transitions(("ask", "noise"))
    app = (
        app.with_transitions(("noise", "note")).with_entrypoint("ask").with_state(log=["1"], count=0).build()
    )
    app.run(halt_after="note", inputs={"prompt": "hi"})

    def causes(path):
        return [told(each) for each in app.history.blame(path).causes]

    assert [("prompt", "step", 0)] == causes("a") == causes("log[2]")
    assert [("log", "step", 1), ("prompt", "step", 0), ("log", "start", None)] == causes("log")
    assert [("count", "step", 1), ("prompt", "step", 0), ("count", "start", None)] == causes("count")


def test_a_step_that_is_not_fired_again_has_the_causes_of_then():
    """A fork is served what an irreversible step came to, and what it was made from."""

    @action(reads=["prompt"], writes=["sent", "log"], effect="irreversible")
    def send(state):
        return state.update(sent=state["prompt"] + "!").append(log="sent")

    builder = ApplicationBuilder().with_actions(ask, idle, send).with_transitions(("ask", "idle"))
    builder.with_transitions(("idle", "send")).with_entrypoint("ask").with_state(log=["1"], idle=0)
    app = builder.build()
    app.run(halt_after="send", inputs={"prompt": "hi"})
    fork = app.fork(1)
    fork.run(halt_after="send")
    assert ("sent", "step", 2) == told(fork.history.blame("sent").origin)
    assert [("prompt", "step", 0)] == [told(each) for each in fork.history.blame("sent").causes]
    assert ("log", "start", None) in [told(each) for each in fork.history.blame("log").causes]


def test_a_list_that_grew_and_was_set_anew_counts_as_read():
    """Which of both states an action goes on with is not followed: the earlier writer is named."""

    @action(reads=["log"], writes=["log"])
    def renew(state):
        return state.append(log="q").update(log=["new"])

    app = ApplicationBuilder().with_actions(renew).with_entrypoint("renew").with_state(log=["0"]).build()
    app.step()
    assert [("log", "start", None)] == [told(each) for each in app.history.blame("log").causes]
    assert [] == [told(each) for each in app.history.blame("log[0]").causes]


def test_a_list_that_is_read_after_it_grew_is_a_cause():
    """As a chat appends the question and then sends the whole."""

    @action(reads=["log"], writes=["log", "sent"])
    def send(state):
        state = state.append(log="q")
        return state.update(sent=len(state["log"]))

    app = ApplicationBuilder().with_actions(send).with_entrypoint("send").with_state(log=["0"]).build()
    app.step()
    assert [("log", "start", None)] == [told(each) for each in app.history.blame("sent").causes]


def test_of_many_causes_the_latest_are_told():
    """With how many more are known of; all where that is asked."""

    @action(reads=["n", "m"], writes=["n"])
    def count(state):
        return state.update(n=state["n"] + state["m"])

    app = ApplicationBuilder().with_actions(count).with_transitions(("count", "count"))
    app = app.with_entrypoint("count").with_state(n=0, m=1).build()
    for _ in range(30):
        app.step()
    found, short, every = (app.history.blame("n", most=most) for most in (20, 3, None))
    assert found == app.history.blame("n")
    assert [("n", "step", 28 - n) for n in range(20)] == [told(each) for each in found.causes]
    assert (20, 2) == (len(found.causes), found.left)
    assert (found.causes[:3], 2) == (short.causes, short.left)
    assert (found.causes, 31, 0) == (every.causes[:20], len(every.causes), every.left)
    nothing = app.history.blame("n", most=0)
    assert (found.origin, (), 2) == (nothing.origin, nothing.causes, nothing.left)


def test_blame_looks_at_a_step():
    """As the state stood then."""
    history = chat(3).history
    assert ("mode", "step", 1) == told(history.blame("mode", 3).origin)
    assert ("mode", "step", 9) == told(history.blame("mode").origin)


def test_an_appended_list_keeps_the_writers_of_its_items():
    """A later append did not write the earlier items, but it wrote the list."""
    history = chat(4).history
    assert [2, 6, 10, 14] == [history.blame(f"log[{n}]").origin.step.seq for n in range(4)]
    assert 14 == history.blame("log").origin.step.seq
    assert ("log[3].mode", "step", 14) == told(history.blame("log[-1]['mode']").origin)


def test_what_nobody_wrote_was_there_at_the_start():
    """With its value."""
    found = chat(1).history.blame("seed")
    assert (("seed", "start", None), "x", ()) == (told(found.origin), found.origin.value, found.causes)


def test_an_edit_by_hand_is_no_step():
    """Of the state between two steps, and at a fork."""
    app = chat(2)
    app.update_state(app.state.update(seed="edited"))
    app.run(halt_after="idle", inputs={"prompt": "x"})
    assert ("seed", "edit", 8) == told(app.history.blame("seed").origin)
    fork = app.fork(3, {"mode": 99})
    fork.run(halt_after="ask", inputs={"prompt": "y"})
    assert ("mode", "edit", 4) == told(fork.history.blame("mode").origin)
    assert ("log[0]", "step", 2) == told(fork.history.blame("log[0]").origin)


def test_a_write_of_the_same_value_changes_nothing():
    """Blame stays with who first put it there."""

    @action(reads=[], writes=["a"])
    def same(state):
        return state.update(a=[1, {"b": 2}])

    app = ApplicationBuilder().with_actions(same=same).with_transitions(("same", "same"))
    app = app.with_entrypoint("same").build()
    for _ in range(3):
        app.step()
    assert 0 == app.history.blame("a[1].b").origin.step.seq


@pytest.mark.parametrize(
    ("path", "told_so"),
    [
        ("log[9].text", r"There is no log\[9\]\.text\. log has 2 items; the last one is log\[1\]\."),
        ("promt", r"There is no promt\. Did you mean 'prompt'\? The state has:"),
        ("log[0].txt", r"Did you mean 'text'\? log\[0\] has: text, mode"),
        ("mode.x", r"mode is a int"),
    ],
)
def test_a_path_that_is_not_there_names_the_nearest(path, told_so):
    """One sentence."""
    with pytest.raises(MissingKeyError, match=told_so):
        chat(2).history.blame(path)


@pytest.mark.parametrize("path", ["", "[0]", "a..b", "a[", "a[x]", "a b", "__import__('os')"])
def test_what_is_no_path_is_refused(path):
    """And never evaluated."""
    with pytest.raises(StateError, match="is no path into a state"):
        read_path(path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("statement", ("statement",)),
        ("states[0]", ("states", 0)),
        ("state", ("state",)),
        ("state['n']", ("n",)),
        ("state.chat[1].text", ("chat", 1, "text")),
    ],
)
def test_a_key_may_begin_as_state_does(text, path):
    """The word is left out only where something follows it."""
    assert path == read_path(text)


PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=4)
)
PARTS = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=4)


@given(st.text(), st.lists(PARTS, max_size=3))
def test_paths_are_read_as_they_are_written(key, below):
    """Also as words of a command line: names, indexes, and keys of every kind that Python writes."""
    path = (key, *below)
    written = write_path(path)
    assert repr(path) == repr(read_path(written))
    assert Call("blame", (written, None)) == read_line(f"blame {written}", Scope(lambda _: False, eval))


@given(st.text("ab['\"\\\\](),.1-{}: \0"))
def test_a_text_is_a_path_or_refused(text):
    """In one sentence."""
    with suppress(StateError):
        assert isinstance(read_path(text)[0], str)


def test_a_value_below_a_key_of_any_kind_is_blamed():
    """By what is typed, which is what is shown."""
    prices = {None: 1, 1.5: [2], (1, "x y"): 3, b"k": 4, True: 5, -3: 6, 'it\'s "q" {a} $b': 7}

    @action(reads=["prices"], writes=["prices"])
    def raised(state):
        return state.update(prices={key: [value, 1] for key, value in state["prices"].items()})

    app = (
        ApplicationBuilder().with_actions(raised).with_entrypoint("raised").with_state(prices=prices).build()
    )
    app.step()
    for key in prices:
        path = f"{write_path(('prices', key))}[1]"
        assert (path, "step", 0) == told(app.history.blame(path).origin)
    with pytest.raises(MissingKeyError, match=r"There is no prices\[2\.5\]"):
        app.history.blame("prices[2.5]")


@pytest.mark.parametrize("path", [None, 5, b"n", ["n"]])
def test_what_is_no_text_is_no_path(path):
    """One sentence, as for a text that is none."""
    with pytest.raises(StateError, match="is no path into a state"):
        chat(1).history.blame(path)


@pytest.mark.parametrize("most", [-1, "all", 1.5])
def test_a_number_of_causes_is_one(most):
    """Or None."""
    with pytest.raises(CommandError, match="blame tells of so many causes, or of all for None; not of"):
        chat(1).history.blame("mode", most=most)


KEYS = "abcd"
SOME = st.lists(st.sampled_from(KEYS), max_size=3, unique=True)
STEPS = st.lists(
    st.tuples(SOME, SOME, SOME).filter(lambda step: step[1] or step[2]),
    min_size=1,
    max_size=12,
)
"""Of each step the keys that it reads, those that it then sets, and those that it then appends to."""


def oracle(plan):
    """Keep account of who wrote what last, and from which writes, while the plan runs."""
    wrote = dict.fromkeys(KEYS)
    made_from = {}
    for seq, (reads, sets, appends) in enumerate(plan):
        seen = {(key, wrote[key]) for key in reads}
        made_from |= {(key, seq): seen for key in sets}
        made_from |= {(key, seq): seen | {(key, wrote[key])} for key in appends if key not in sets}
        wrote |= dict.fromkeys([*sets, *appends], seq)
    return wrote, made_from


def ancestry(write, made_from):
    """All writes that a write came from."""
    found, waiting = set(), [write]
    while waiting:
        new = made_from.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


@settings(max_examples=200)
@given(STEPS)
def test_blame_finds_all_causes_and_no_others(plan):
    """Precision and recall are 1 over generated runs."""

    def make(reads, sets, appends):
        @action(reads=list(reads), writes=list({*sets, *appends}))
        def work(state, seq):
            seen = sum(len(state[key]) for key in reads)
            return state.update(**{key: [seq, seen] for key in sets}).append(**dict.fromkeys(appends, seq))

        return work

    names = [f"s{n}" for n in range(len(plan))]
    works = {name: make(*each) for name, each in zip(names, plan, strict=True)}
    builder = ApplicationBuilder().with_actions(**works).with_entrypoint("s0")
    builder.with_transitions(*pairwise(names))
    app = builder.with_state(**{key: [] for key in KEYS}).build()
    for seq in range(len(plan)):
        app.step({"seq": seq})
    wrote, made_from = oracle(plan)
    for key in KEYS:
        found = app.history.blame(key, most=None)
        assert wrote[key] == (found.origin.step and found.origin.step.seq)
        causes = {(each.path, each.step and each.step.seq) for each in found.causes}
        assert ancestry((key, wrote[key]), made_from) == causes


@pytest.mark.parametrize(
    ("path", "told_so"),
    [
        ("d.k.1", "Write d.k['1'], or d.k[1] for an item of a list."),
        ("d.a b.c", "Write d['a b'].c."),
        ("d.1.k", "Write d['1'].k."),
        ("d..k", "Write d[''].k."),
        ("d[", "Write one such as chat_history[4].content."),
    ],
)
def test_a_path_with_keys_that_are_no_names_is_told_how_to_write_them(path, told_so):
    """In brackets, as Python has them."""
    with pytest.raises(StateError) as caught:
        read_path(path)
    assert f"{path!r} is no path into a state. {told_so}" == str(caught.value)


def test_keys_that_are_there_are_told_as_they_are_typed():
    """The empty one too."""
    with pytest.raises(MissingKeyError) as caught:
        found({"d": {"k": 1, "a.b": 2, "": 3, 4: 5, "é": 6}}, ("d", "zzz"))
    assert "There is no d.zzz. d has: k, ['a.b'], [''], [4], é." == str(caught.value)
