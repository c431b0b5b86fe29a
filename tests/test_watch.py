"""Watch, bisect and flips: questions over all checkpoints, and to the decisions between them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder, Condition, action, expr, when
from notebook_agent.errors import ConditionError
from notebook_agent.history import Flip, WatchStopped, flip
from notebook_agent.state import State


@action(reads=["n"], writes=["n", "mode"])
def count(state):
    n = state["n"] + 1
    return state.update(n=n, mode="odd" if n % 2 else "even", **({"late": n} if n > 2 else {}))


@action(reads=["n"], writes=["n", "mode", "late"])
def late(state):
    n = state["n"] + 1
    return state.update(n=n, mode="odd" if n % 2 else "even", late=n)


def counted(steps):
    """Count so many steps; the key `late` comes with the third."""
    builder = ApplicationBuilder().with_actions(count=early, late=late)
    builder.with_transitions(("count", "late", when(n__gte=2)), ("count", "count"), ("late", "late"))
    app = builder.with_entrypoint("count").with_state(n=0).build()
    for _ in range(steps):
        app.step()
    return app.history


@action(reads=["n"], writes=["n", "mode"])
def early(state):
    n = state["n"] + 1
    return state.update(n=n, mode="odd" if n % 2 else "even")


def test_watch_gives_a_value_for_each_checkpoint():
    """From the initial state on."""
    watched = counted(4).watch("n * 10")
    assert [(None, 0), (0, 10), (1, 20), (2, 30), (3, 40)] == [(p.seq, p.value) for p in watched.points]
    assert ["count", "count", "late", "late"] == [p.action for p in watched.points[1:]]


def test_watch_marks_where_it_changed():
    """By value and type."""
    watched = counted(4).watch("n > 2")
    assert [(None, False), (2, True)] == [(p.seq, p.value) for p in watched.changes]


def test_watch_tells_where_it_raised():
    """And goes on; the table has the reason."""
    watched = counted(4).watch("late")
    assert [None, 0, 1] == [p.seq for p in watched.errors]
    assert "no key 'late'" in watched.points[0].error
    assert [3, 4] == [p.value for p in watched.points if p.error is None]
    table = watched.df()
    assert ["seq", "action", "value", "changed", "error", "edited"] == list(table.columns)
    assert 5 == len(table)


def test_watch_takes_functions():
    """Of the state; what they raise is told by its type."""
    watched = counted(3).watch(lambda state: 6 / state["n"])
    assert ["ZeroDivisionError: division by zero", None, None, None] == [p.error for p in watched.points]
    assert [6.0, 3.0, 2.0] == [p.value for p in watched.points[1:]]


def test_an_expression_that_never_works_is_an_error():
    """With the reason."""
    with pytest.raises(ConditionError, match=r"cannot be decided at any checkpoint .* no key 'nothing'"):
        counted(2).watch("nothing > 1")
    with pytest.raises(ConditionError, match="is not an expression"):
        counted(2).watch("n >")


def test_watch_follows_a_fork_through_its_past():
    """The ancestors' checkpoints come first, then what it was made with."""
    app = ApplicationBuilder().with_actions(count=early).with_transitions(("count", "count"))
    app = app.with_entrypoint("count").with_state(n=0).build()
    for _ in range(3):
        app.step()
    fork = app.fork(1, {"n": 50})
    fork.step()
    assert [0, 1, 2, 50, 51] == [p.value for p in fork.history.watch("n").points]


@action(reads=["log"], writes=["log"])
def grow(state):
    return state.extend(log=[{"n": len(state["log"]) + more} for more in range(9)])


@pytest.mark.parametrize(
    ("text", "ask"),
    [
        ("len(log)", lambda state: len(state["log"])),
        ("log[-1]['n'] + len(state['log'])", lambda state: state["log"][-1]["n"] + len(state["log"])),
        ("log[5]", lambda state: state["log"][5]),
        ("len(log) > 60 and log[60]['n'] == 60", lambda state: len(state["log"]) > 60),
        ("log", lambda state: state["log"]),
        ("len(log[2:]) if log else 0", lambda state: max(0, len(state["log"]) - 2)),
        ("max(len(log), log.count(3))", lambda state: len(state["log"])),
    ],
)
def test_an_expression_of_long_lists_gives_what_a_function_does(text, ask):
    """However little of them is read for it."""
    app = ApplicationBuilder().with_actions(grow).with_transitions(("grow", "grow"))
    app = app.with_entrypoint("grow").with_state(log=[]).build()
    for _ in range(20):
        app.step()
    watched, expected = app.history.watch(text), app.history.watch(ask)
    assert [p.value for p in expected.points[1:]] == [p.value for p in watched.points[1:]]
    assert [bool(p.error) for p in expected.points] == [bool(p.error) for p in watched.points]
    assert [p.seq for p in expected.changes] == [p.seq for p in watched.changes]


def test_an_item_that_a_long_list_lacks_is_told_as_python_does():
    """At the checkpoints that have too few."""
    app = ApplicationBuilder().with_actions(grow).with_transitions(("grow", "grow"))
    app = app.with_entrypoint("grow").with_state(log=[]).build()
    for _ in range(20):
        app.step()
    errors = [point.error for point in app.history.watch("log[100]['n']").errors]
    assert {"IndexError: list index out of range"} == set(errors)
    assert 12 == len(errors)


def test_bisect_finds_the_first_bad_step():
    """With the last good one before it."""
    found = counted(5).bisect("n < 3")
    assert (2, 1, True) == (found.first_bad.seq, found.last_good.seq, found.monotone)


def test_bisect_says_where_it_turns():
    """When the predicate does not fail for good."""
    found = counted(4).bisect("n % 2 == 0")
    assert (0, None, False) == (found.first_bad.seq, found.last_good.seq, found.monotone)
    assert [(0, False), (1, True), (2, False), (3, True)] == [(p.seq, p.value) for p in found.flips]


def test_a_predicate_that_never_fails_has_no_bad_step():
    """And one that always fails no good one."""
    assert counted(3).bisect("n >= 0").first_bad is None
    always = counted(3).bisect("n < 0")
    assert (None, None, ()) == (always.first_bad.seq, always.last_good, always.flips)


opaque = Condition.lmda(lambda state: state["ok"], ["ok"])


def graph(*edges):
    """Make a graph of a, b, c with edges from a."""
    actions = dict.fromkeys("abc", early)
    builder = ApplicationBuilder().with_actions(**actions).with_transitions(*edges).with_entrypoint("a")
    return builder.build().graph


@pytest.mark.parametrize(
    ("edges", "state", "expected"),
    [
        ([("a", "b", when(mode="x")), ("a", "c")], {"mode": "y"}, Flip({"mode": "x"}, "b")),
        ([("a", "b", when(mode="x")), ("a", "c")], {"mode": "x"}, Flip({"mode": "not x"}, "c")),
        ([("a", "b", when(n__gte=3)), ("a", "c")], {"n": 1}, Flip({"n": 3}, "b")),
        ([("a", "b", expr("n < 10"))], {"n": 1}, Flip({"n": 10}, None)),
        ([("a", "b", expr("len(log) > 2")), ("a", "c")], {"log": [1]}, Flip({"log": [1, None, None]}, "b")),
        ([("a", "b", when(tags__contains="t")), ("a", "c")], {"tags": []}, Flip({"tags": ["t"]}, "b")),
        (
            [("a", "b", expr("user['age'] >= 18")), ("a", "c")],
            {"user": {"age": 3}},
            Flip({"user": {"age": 18}}, "b"),
        ),
        (
            [("a", "b", expr("user['age'] < 18 and not user['known']")), ("a", "c")],
            {"user": {"name": "Ada", "age": 41, "known": True}},
            Flip({"user": {"name": "Ada", "age": 17, "known": False}}, "b"),
        ),
        ([("a", "b", when(x=1, y=2)), ("a", "c")], {"x": 0, "y": 0}, Flip({"x": 1, "y": 2}, "b")),
        ([("a", "b", ~when(n=1)), ("a", "c")], {"n": 1}, Flip({"n": 2}, "b")),
        (
            [("a", "b", opaque), ("a", "c")],
            {"ok": False},
            Flip({"ok": True}, "b"),
        ),
        ([("a", "b")], {"n": 1}, None),
    ],
)
def test_a_flip_is_the_smallest_change(edges, state, expected):
    """Of keys; the present value of a condition's key is moved to where another edge holds."""
    assert expected == flip(graph(*edges), "a", State(state))


ORDERS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "==", "ne": "!="}
SIGNS = {**ORDERS, "in": "in", "notin": "not in"}
SOME = st.lists(st.integers(-3, 3), min_size=1, max_size=3)
TESTS = st.one_of(
    st.tuples(st.sampled_from(["n", "m"]), st.sampled_from(list(ORDERS)), st.integers(-5, 5)),
    st.tuples(st.just("s"), st.sampled_from(["eq", "ne", "contains"]), st.sampled_from(["a", "b", "ab"])),
    st.tuples(st.just("n"), st.sampled_from(["in", "notin"]), SOME),
)


@st.composite
def conditions(draw):
    """Draw a condition: `when`, the same as `expr`, and combinations."""
    key, name, value = draw(TESTS)
    if name == "contains" or draw(st.booleans()):
        made = when(**{f"{key}__{name}": value})
    else:
        made = expr(f"{key} {SIGNS[name]} {value!r}")
    kind = draw(st.sampled_from(["plain", "plain", "not", "and", "or"]))
    if kind == "not":
        return ~made
    if kind in {"and", "or"}:
        other = when(m__gt=draw(st.integers(-3, 3)))
        return made & other if kind == "and" else made | other
    return made


@settings(max_examples=1000)
@given(
    st.lists(conditions(), min_size=1, max_size=3),
    st.booleans(),
    st.integers(-6, 6),
    st.integers(-6, 6),
    st.sampled_from(["", "a", "b", "ab", "abc"]),
)
def test_each_decision_is_explained_and_its_flip_confirmed(drawn, closed, n, m, s):
    """Every condition has its operands and its result, and the flip really leads elsewhere."""
    edges = [("a", "bca"[place], condition) for place, condition in enumerate(drawn)]
    made = graph(*edges, *([("a", "c")] * closed))
    state = State({"n": n, "m": m, "s": s})
    decision = made.next("a", state)
    assert len(made.edges_from("a")) == len(decision.checks)
    for check, condition in zip(decision.checks, drawn, strict=False):
        assert check.result is None or set(condition.keys) == set(check.operands)
    found = flip(made, "a", state)
    if found is not None:
        assert found.target != decision.target
        assert found.target == made.next("a", state.update(**found.changes)).target
    else:
        others = {edge.target for edge in made.edges_from("a")} - {decision.target}
        assert not others or all(
            decision.target == made.next("a", State({"n": a, "m": b, "s": c})).target
            for a in range(-7, 8)
            for b in range(-7, 8)
            for c in ("", "a", "b", "ab", "x")
        )


def stopping(after):
    """Return a question during which a Stop comes."""
    asked = []

    def question(state):
        asked.append(state)
        if len(asked) > after:
            raise KeyboardInterrupt
        return state["n"] < 2

    return question


def test_a_stop_leaves_what_was_found():
    """And says how much was not looked at; how far it came was told before."""
    told = []
    with pytest.raises(WatchStopped, match=r"^Stopped: 3 of 6 checkpoints were looked at\.$") as stopped:
        counted(5).watch(stopping(3), tell=lambda *each: told.append(each))
    found = stopped.value.watched
    assert ([None, 0, 1], 3) == ([point.seq for point in found.points], found.left)
    assert [(1, 6), (2, 6), (3, 6)] == told
    with pytest.raises(WatchStopped):
        counted(5).bisect(stopping(0))


@action(reads=["log", "limit"], writes=["log", "numbers", "limit"])
def lengthen(state):
    n = len(state["log"])
    if n == 1201:
        state = state.update(log=[{"n": -1, "t": "cut"}, *state["log"][5:]])
    more = [{"n": each, "t": "x" * (each % 7)} for each in range(n, n + 60)]
    return state.extend(log=more, numbers=[each["n"] for each in more]).increment(limit=31)


LOOPS = {
    "sum(len(m['t']) for m in log)": lambda s: sum(len(m["t"]) for m in s["log"]),
    "max([m['n'] for m in log])": lambda s: max(m["n"] for m in s["log"]),
    "[m['n'] for m in log if m['n'] > limit][:2]": lambda s: [
        m["n"] for m in s["log"] if m["n"] > s["limit"]
    ][:2],
    "len([c for m in log for c in m['t']])": lambda s: sum(len(m["t"]) for m in s["log"]),
    "sum(n for n in numbers) + len(numbers)": lambda s: sum(s["numbers"]) + len(s["numbers"]),
    "sorted({m['n'] % 3 for m in log if m['t'] == 'xx'})": lambda s: sorted({
        m["n"] % 3 for m in s["log"] if m["t"] == "xx"
    }),
    "sum(len([c for c in m['t'] if c != m['n']]) for m in log)": lambda s: sum(len(m["t"]) for m in s["log"]),
    "len([m for m in log if m['n'] < len(numbers) - 100])": lambda s: sum(
        m["n"] < len(s["numbers"]) - 100 for m in s["log"]
    ),
}


@pytest.fixture(scope="module")
def lengthening():
    """Give a run whose lists get long; one is cut at its beginning once."""
    app = ApplicationBuilder().with_actions(lengthen).with_transitions(("lengthen", "lengthen"))
    first = [{"n": 0, "t": "first"}]
    app = app.with_state(log=first, numbers=[0], limit=0).with_entrypoint("lengthen").build()
    for _ in range(25):
        app.step()
    return app.history


@pytest.mark.parametrize(("text", "plain"), LOOPS.items())
def test_a_loop_over_a_long_list_gives_what_python_gives(lengthening, text, plain):
    """Stretches that several versions share are gone through once, and none is mistaken for another."""
    assert [point.value for point in lengthening.watch(plain).points] == [
        point.value for point in lengthening.watch(text).points
    ]
