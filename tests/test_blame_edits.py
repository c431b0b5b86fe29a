"""Blame, watch and bisect where states were edited by hand, against an account kept while it happened."""

from __future__ import annotations

from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder, action
from notebook_agent.ids import StepRef

KEYS = "abcd"
SOME = st.lists(st.sampled_from(KEYS), max_size=3, unique=True)
BY_HAND = st.tuples(SOME, SOME)
"""Of an edit the keys that it sets, and those of which it keeps the items and adds one."""
TURNS = st.lists(
    st.tuples(
        st.none() | st.tuples(st.integers(0, 5), BY_HAND),
        st.none() | BY_HAND,
        st.tuples(SOME, SOME, SOME).filter(lambda step: step[1] or step[2]),
    ),
    min_size=1,
    max_size=6,
)
"""Forks so many steps back, edits of the run itself, and a step after them."""


class Account:
    """Who wrote what last, and from which writes; a write is a key and what made it."""

    def __init__(self):
        self.wrote = dict.fromkeys(KEYS, "start")
        self.empty = dict.fromkeys(KEYS, True)
        self.made_from = {}

    def step(self, name, reads, sets, appends):
        """A step read, set and appended."""
        seen = {(key, self.wrote[key]) for key in reads}
        self.made_from |= {(key, name): seen for key in sets}
        self.made_from |= {(key, name): seen | {(key, self.wrote[key])} for key in appends if key not in sets}
        self._put(name, [*sets, *appends])

    def edit(self, name, sets, appends):
        """Somebody set and added; what was set is made from nothing."""
        for key in appends:
            if key not in sets and not self.empty[key]:
                self.made_from[key, name] = {(key, self.wrote[key])}
        self._put(name, [*sets, *appends])

    def _put(self, name, keys):
        self.wrote |= dict.fromkeys(keys, name)
        self.empty |= dict.fromkeys(keys, False)

    def now(self):
        """Return what to go back to."""
        return dict(self.wrote), dict(self.empty)

    def ancestry(self, key):
        """All writes that what stands at a key came from."""
        found, waiting = set(), [(key, self.wrote[key])]
        while waiting:
            new = self.made_from.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found


@action(reads=list(KEYS), writes=list(KEYS))
def work(state, mark, reads, sets, appends):
    """Set and append what it is told, made from what it is told to read."""
    seen = sum(len(state[key]) for key in reads)
    return state.update(**{key: [mark, seen] for key in sets}).append(**dict.fromkeys(appends, mark))


class Play:
    """A run that is stepped, edited and forked, with the account of it."""

    def __init__(self):
        builder = ApplicationBuilder().with_actions(work).with_transitions(("work", "work"))
        self.app = builder.with_entrypoint("work").with_state(**{key: [] for key in KEYS}).build()
        self.account, self.marks = Account(), count()
        self.begun, self.kept = (None, self.account.now()), {}

    def fork(self, back, sets, appends):
        """Go on from so many steps back, or from where the run began, with edited values."""
        known = [None, *self.kept]
        at = known[max(0, len(known) - 1 - back)]
        base, then = self.begun if at is None else (at, self.kept[at])
        self.account.wrote, self.account.empty = map(dict, then)
        changed = self._changed(self.app.history.at(at), sets, appends)
        self.app = self.app.fork(at, changed or None)
        if changed:
            self.account.edit(("fork", StepRef(self.app.key, base)), sets, appends)
        self.begun = base, self.account.now()
        self.kept = {seq: each for seq, each in self.kept.items() if base is not None and seq <= base}

    def edit(self, sets, appends):
        """Change the state at the head."""
        changed = self._changed(self.app.state, sets, appends)
        if changed:
            self.account.edit(("edit", StepRef(self.app.key, self.app.history.run.head)), sets, appends)
            self.app.update_state(self.app.state.update(**changed))

    def step(self, reads, sets, appends):
        """Make a step."""
        self.app.step({"mark": next(self.marks), "reads": reads, "sets": sets, "appends": appends})
        head = self.app.history.run.head
        self.account.step(("step", StepRef(self.app.key, head)), reads, sets, appends)
        self.kept[head] = self.account.now()

    def _changed(self, state, sets, appends):
        mark = f"by hand {next(self.marks)}"
        return {key: [mark] if key in sets else [*state[key], mark] for key in (*sets, *appends)}


def name_of(origin):
    """Say an origin as the account does."""
    if origin.kind == "edit":
        return ("fork" if origin.edit.forked else "edit"), origin.edit.after
    return "start" if origin.step is None else ("step", origin.step.ref)


@settings(max_examples=100)
@given(TURNS, st.none() | BY_HAND)
def test_blame_finds_what_was_edited(turns, last):
    """Precision and recall are 1 over steps, edits between them, and forks that begin with edits."""
    play = Play()
    for fork, by_hand, step in turns:
        if fork is not None:
            play.fork(fork[0], *fork[1])
        if by_hand is not None:
            play.edit(*by_hand)
        play.step(*step)
    if last is not None:
        play.edit(*last)
    for key in KEYS:
        found = play.app.history.blame(key, most=None)
        assert play.account.wrote[key] == name_of(found.origin)
        assert play.account.ancestry(key) == {(each.path, name_of(each)) for each in found.causes}


@action(reads=["n"], writes=["n"])
def add(state):
    """Count."""
    return state.increment(n=1)


def counted(steps):
    """Count so many steps."""
    builder = ApplicationBuilder().with_actions(add).with_transitions(("add", "add")).with_entrypoint("add")
    app = builder.with_state(n=0, mode="plain", chat=[{"text": "a"}, {"text": "b"}]).build()
    for _ in range(steps):
        app.step()
    return app


def told(origin):
    """Say an origin with what stood there before."""
    return origin.kind, origin.step and origin.step.seq, origin.value, origin.before


def test_a_value_that_was_edited_and_written_again_names_the_edit_as_its_cause():
    """What the step made it from was put in by hand, in place of what the step before had written."""
    app = counted(3)
    app.update_state(app.state.update(n=10))
    app.step()
    found = app.history.blame("n")
    assert ("step", 3, 11, None) == told(found.origin)
    assert [("edit", 3, 10, 3)] == [told(each) for each in found.causes]


def test_a_value_that_was_edited_back_is_not_the_earlier_steps():
    """Equal values of two steps hide no edit between them."""
    app = counted(3)
    app.update_state(app.state.update(n=2))
    app.step()
    assert ("step", 3, 3, None) == told(app.history.blame("n").origin)
    app.update_state(app.state.update(n=7))
    app.update_state(app.state.update(n=5))
    assert ("edit", None, 5, 3) == told(app.history.blame("n").origin)
    assert ("step", 3, 3, None) == told(app.history.blame("n", 3).origin)


def test_an_item_that_was_replaced_by_hand_is_no_step_s():
    """Also where a step has only added to the list since."""

    @action(reads=[], writes=["chat"])
    def say(state):
        return state.append(chat={"text": "c"})

    app = counted(1)
    app = app.fork(0, {"chat": [{"text": "a"}, {"text": "by hand"}]}, {"add": say})
    app.step()
    found = app.history.blame("chat[1].text")
    assert ("edit", 1, "by hand", "b") == told(found.origin)
    assert 0 == found.origin.edit.forked.seq
    assert ["edit", "start"] == [each.kind for each in app.history.blame("chat").causes]


def test_a_fork_that_has_not_run_tells_what_it_was_made_with():
    """Its state is what was put in, and not that of the step it was made of."""
    app = counted(2)
    fork = app.fork(0, {"mode": "other"})
    assert ("edit", None, "other", "plain") == told(fork.history.blame("mode").origin)
    assert [("mode",)] == [edit.keys for edit in fork.history.edits()]
    assert [app.key] == [edit.forked.run for edit in fork.fork(None).history.edits()]


def test_watch_has_a_point_for_each_edit():
    """Of what it asks for; the table says so."""
    app = counted(2)
    app.update_state(app.state.update(mode="other"))
    app.update_state(app.state.update(n=9))
    app.step()
    fork = app.fork(2, {"n": 50})
    fork.step()
    points = fork.history.watch("n").points
    assert [(None, 0), (0, 1), (1, 2), (1, 9), (2, 10), (2, 50), (3, 51)] == [
        (p.seq, p.value) for p in points
    ]
    table = fork.history.watch("n").df()
    assert [3, 5] == [n for n, edited in enumerate(table["edited"]) if edited]
    assert [1] == [p.seq for p in fork.history.watch("mode").points if p.edit]


def test_bisect_tells_an_edit_from_a_step():
    """The first state that fails was made by hand, and its checkpoint still held."""
    app = counted(2)
    app.update_state(app.state.update(n=90))
    app.step()
    found = app.history.bisect("n < 50")
    assert (1, ("n",), 1, None) == (
        found.first_bad.seq,
        found.first_bad.edit.keys,
        found.last_good.seq,
        found.last_good.edit,
    )
    assert 90 == app.history.seen(found.first_bad)["n"]


def test_watch_stops_at_a_step():
    """What came after, and what was edited there, is left out."""
    app = counted(3)
    app.update_state(app.state.update(n=90))
    history = app.history
    assert [0, 1, 2] == [p.value for p in history.watch("n", 1).points]
    assert [0, 1, 2, 3] == [p.value for p in history.watch("n", -1).points]
    assert [0, 1, 2, 3, 90] == [p.value for p in history.watch("n").points]
    assert history.bisect("n < 50", 2).first_bad is None
