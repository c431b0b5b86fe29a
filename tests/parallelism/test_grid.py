"""Grids of forks: what is tried, how the forks are run, and what they come to."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import loky
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent import ApplicationBuilder
from notebook_agent.action import action, streaming_action
from notebook_agent.calls import Budget
from notebook_agent.errors import (
    ActionError,
    CommandError,
    ConditionError,
    UnknownInputError,
    UnknownStepError,
)
from notebook_agent.parallelism import ForksStopped
from notebook_agent.parallelism.grid import wilson
from notebook_agent.store import open_store
from tests.parallelism import trials
from tests.servers import OpenAIServer

SPAWN = get_context("spawn")


@pytest.fixture(params=["a file", "memory"])
def app(request, tmp_path):
    """A quiz of two turns: steps 0 to 5."""
    builder = trials.quiz() if request.param == "memory" else trials.quiz().with_store(tmp_path / "s.db")
    app = trials.run_twice(builder)
    yield app
    app.store.close()


@pytest.fixture(scope="module")
def processes():
    """An executor with two processes, which stays open."""
    with ProcessPoolExecutor(2, mp_context=SPAWN) as executor:
        yield executor


@pytest.fixture
def quiz():
    """A quiz of two turns, in memory."""
    return trials.run_twice(trials.quiz())


def calling(server, monkeypatch):
    """An agent whose every level is a call to a server."""
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    builder = trials.quiz(answer=trials.call).with_state(level=1, model="m")
    app = builder.build()
    app.run(halt_after=["answer"], inputs={"question": "first"})
    return app


def outcomes(grid):
    """How each fork ended."""
    return [each.outcome for each in grid]


def states(app, grid):
    """The last state of each fork."""
    return [app.store.head_state(each.run) for each in grid]


def test_each_value_is_a_fork(quiz):
    """The run itself stays as it is."""
    before = [step.ref for step in quiz.history]
    grid = quiz.map_forks(3, state={"level": [2, 3]})
    assert ["second 4", "second 6"] == [state["answer"] for state in states(quiz, grid)]
    assert [{"level": 2}, {"level": 3}] == [each.variant for each in grid]
    assert [(2, 4), (2, 4)] == [(each.steps, each.differs) for each in grid]
    assert before == [step.ref for step in quiz.history]


def test_everything_is_combined_with_everything(quiz):
    """The last changes first; each so many times."""
    grid = quiz.map_forks(
        3, state={"level": [2, 3]}, actions={"judge": [trials.judge, trials.judge_kindly]}, repeats=2
    )
    found = [(each.variant["level"], each.variant["judge"], each.repeat) for each in grid]
    assert [(2, "judge", 1), (2, "judge", 2), (2, "judge_kindly", 1), (2, "judge_kindly", 2)] == found[:4]
    assert [4, 4, 100, 100, 6, 6, 100, 100] == [state["score"] for state in states(quiz, grid)]


def test_inputs_are_tried_too(quiz):
    """From the step before the action that takes them."""
    grid = quiz.map_forks(2, inputs={"question": ["who", "why"]})
    assert ["who 2", "why 2"] == [state["answer"] for state in states(quiz, grid)]


def test_a_fork_halts_where_the_run_did():
    """Its own call is gone on with: inputs, halts."""
    app = trials.quiz().with_state(level=1).build()
    app.run(halt_before=["answer"], inputs={"question": "one"})
    (fork,) = app.map_forks(0, state={"level": [7]})
    assert ("judge", 1) == (fork.action, fork.steps)


def test_without_a_halt_it_is_one_turn():
    """An input that was taken before the fork is not taken again."""
    app = trials.quiz().with_state(level=1).build()
    with pytest.raises(Exception, match="max_steps"):
        app.run(inputs={"question": "one"}, max_steps=4)
    (fork,) = app.map_forks(0, state={"level": [7]})
    assert ("answer", 2, "completed") == (fork.action, fork.steps, fork.outcome)


def test_a_fork_that_reaches_its_limit_has_not_failed():
    """It is told apart, and judged by where it stands."""
    app = trials.quiz().with_state(level=1).build()
    app.run(halt_after=["answer"], inputs={"question": "one"})
    grid = app.map_forks(
        0, state={"level": [7, 13]}, halt_after=["answer"], max_steps=1, passes="score == 14"
    )
    assert [("limited", "stopped at the limit of 1 step", True, 1), ("failed", False)] == [
        (grid[0].outcome, grid[0].error, grid[0].passed, grid[0].steps),
        (grid[1].outcome, grid[1].passed),
    ]


def test_another_halt_can_be_named(quiz):
    """Of a halt that no action has, all is told before a fork is made."""
    (fork,) = quiz.map_forks(3, halt_after=["judge"])
    assert 1 == fork.steps
    with pytest.raises(Exception, match="judje"):
        quiz.map_forks(3, halt_after=["judje"])
    assert 2 == len(quiz.history.family())


def test_the_initial_state_can_be_forked(quiz):
    """None names it."""
    (fork,) = quiz.map_forks(None, inputs={"question": ["again"]})
    assert "again 2" == states(quiz, [fork])[0]["answer"]


def test_a_fork_that_fails_loses_no_other(app):
    """Its row says why; its run can be gone on with."""
    grid = app.map_forks(3, state={"level": [2, 13, 4]}, passes="score > 5")
    assert ["completed", "failed", "completed"] == outcomes(grid)
    assert [False, False, True] == [each.passed for each in grid]
    assert "ValueError: thirteen brings bad luck" == grid[1].error
    assert ["4", "8"] == [str(state["score"]) for state in states(app, (grid[0], grid[2]))]


def test_rows_are_ranked_and_tabled(quiz):
    """Those that passed come first."""
    grid = quiz.map_forks(3, state={"level": [13, 1, 9]}, passes=lambda state: state["score"] > 5)
    assert [3, 2, 1] == [each.number for each in grid.ranked]
    assert [9, 1, 13] == list(grid.df()["level"])
    assert [1.0, 0.0, 0.0] == list(grid.summary()["rate"])


def test_a_predicate_that_raises_leaves_its_fork_undecided(quiz):
    """The others are counted."""
    grid = quiz.map_forks(3, state={"level": [1, 2]}, passes=lambda state: 1 / (state["level"] - 1) > 0)
    assert [None, True] == [each.passed for each in grid]
    assert "ZeroDivisionError: division by zero" == grid[0].undecided


def test_a_predicate_that_cannot_be_read_is_refused_before_a_fork_is_made(quiz):
    """Nothing was begun."""
    with pytest.raises(ConditionError, match="score >"):
        quiz.map_forks(3, passes="score >")
    assert 1 == len(quiz.history.family())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"state": {"level": []}}, "level: there is nothing to try"),
        ({"state": {"level": 3}}, "takes a list of values to try"),
        ({"inputs": {"question": "who"}}, "takes a list of values to try"),
        ({"repeats": 0}, "repeats is a whole number, 1 or more; not 0"),
        ({"jobs": True}, "jobs is a whole number, 1 or more; not True"),
    ],
)
def test_what_cannot_be_tried_is_said(quiz, options, said):
    """Before anything happens."""
    with pytest.raises(CommandError, match=said):
        quiz.map_forks(3, **options)


def test_an_unknown_input_and_an_unknown_step_are_errors(quiz):
    """They name what there is."""
    with pytest.raises(UnknownInputError, match="qestion"):
        quiz.map_forks(3, inputs={"qestion": ["a"]})
    with pytest.raises(UnknownStepError, match="has 6 steps"):
        quiz.map_forks(9)


def test_a_value_that_cannot_be_stored_fails_alone(quiz):
    """Its row names the path."""
    grid = quiz.map_forks(3, state={"level": [threading.Lock(), 2]})
    assert ["failed", "completed"] == outcomes(grid)
    assert "level" in grid[0].error
    assert grid[0].run is None


def test_functions_of_one_name_are_told_apart(quiz):
    """By their place."""
    grid = quiz.map_forks(3, actions={"judge": [trials.judge, trials.judge]})
    assert ["judge (1)", "judge (2)"] == [each.variant["judge"] for each in grid]


def test_async_actions_are_awaited():
    """In threads, each on a loop of its own."""
    app = trials.quiz(answer=trials.answer_later).with_state(level=1).build()
    app.run(halt_after=["judge"], inputs={"question": "one"})
    grid = app.map_forks(1, state={"level": [1, 2, 3]}, halt_after=["answer"])
    assert ["completed"] * 3 == outcomes(grid)


def test_no_more_run_at_a_time_than_jobs():
    """Counted inside of the actions."""
    now, most, lock = 0, 0, threading.Lock()

    @action(reads=["level"], writes=["score"])
    def counting(state):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        threading.Event().wait(0.01)
        with lock:
            now -= 1
        return state.update(score=1)

    app = trials.run_twice(trials.quiz(judge=counting))
    app.map_forks(3, repeats=6, jobs=2)
    assert most <= 2


def test_forks_run_in_other_processes(app, processes):
    """What they came to is in the store, in a file or in memory."""
    grid = app.map_forks(3, state={"level": [2, 13, 4]}, executor=processes)
    assert ["completed", "failed", "completed"] == outcomes(grid)
    assert [4, 8] == [state["score"] for state in states(app, (grid[0], grid[2]))]
    assert ["judge", "answer"] == [step.action for step in app.store.steps(grid[0].run)[4:]]


def test_a_fork_of_a_fork_runs_in_another_process(app, processes):
    """It goes on from its fork point with the edited values, as its parent went on."""
    fork = app.fork(3, {"level": 5})
    (found,) = fork.map_forks(None, executor=processes)
    assert (10, 2) == (states(app, [found])[0]["score"], found.steps)


def test_an_executor_that_dies_leaves_what_had_ended(tmp_path):
    """Rows that it did not bring back say so."""
    app = trials.run_twice(trials.quiz().with_store(tmp_path / "s.db"))
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        grid = app.map_forks(
            3, state={"level": [1, 2, 3]}, actions={"judge": [trials.judge_and_die]}, executor=pool, jobs=1
        )
    assert ["completed", "failed", "failed"] == outcomes(grid)
    assert "did not come back from its executor" in grid[1].error
    app.store.close()


def test_what_cannot_be_pickled_is_named_once(tmp_path):
    """In a sentence, and no fork is left behind."""
    lock = threading.Lock()

    @action(reads=["level"], writes=["score"])
    def locked(state):
        with lock:
            return state.update(score=1)

    app = trials.run_twice(trials.quiz().with_store(tmp_path / "s.db"))
    with pytest.raises(ActionError, match="the action 'judge' cannot be pickled") as caught:
        app.map_forks(3, actions={"judge": [locked]}, repeats=2, executor=loky.get_reusable_executor(1))
    assert "run the forks in threads" in str(caught.value)
    assert 1 == len(app.history.family())
    app.store.close()


class Refusing(Executor):
    """An executor that takes the first work only."""

    def __init__(self):
        self.taken = 0

    def submit(self, work, /, *args, **kwargs):
        """Do the first at once."""
        self.taken += 1
        if self.taken > 1:
            raise OSError("full")
        future = Future()
        future.set_result(work())
        return future


def test_an_executor_that_refuses_loses_nothing_that_ended(quiz):
    """Its word is in the row."""
    grid = quiz.map_forks(3, repeats=2, executor=Refusing())
    assert ["completed", "failed"] == outcomes(grid)
    assert "full" in grid[1].error


def test_forks_are_live_and_counted(monkeypatch):
    """No call is served: the server sees each."""
    with OpenAIServer() as server:
        app = calling(server, monkeypatch)
        grid = app.map_forks(0, state={"level": [1, 2]}, repeats=2, passes="'level' in answer")
        assert 5 == len(server.journal)
    assert [(1, 0)] * 4 == [(each.calls, each.replayed) for each in grid]
    assert [wilson(2, 2)] * 2 == [group.interval for group in grid.groups]


def test_a_strict_ledger_serves_and_shows_no_interval(monkeypatch):
    """Answers that were served are no trials."""
    with OpenAIServer() as server:
        app = calling(server, monkeypatch)
        app.ledger = "strict"
        grid = app.map_forks(0, repeats=3, passes="'level' in answer")
        assert 1 == len(server.journal)
    assert [(0, 1)] * 3 == [(each.calls, each.replayed) for each in grid]
    assert (3, None) == (grid.groups[0].passed, grid.groups[0].interval)


def test_a_budget_holds_for_all_forks_together(monkeypatch):
    """Once it is spent no further fork is begun."""
    with OpenAIServer() as server:
        app = calling(server, monkeypatch)
        grid = app.map_forks(0, repeats=6, jobs=1, budget=Budget(max_calls=2))
        assert 3 == len(server.journal)
    assert ["completed", "completed", "failed", "not begun", "not begun", "not begun"] == outcomes(grid)
    assert "budget of 2 calls is spent" in grid[2].error


def test_what_cannot_be_taken_back_is_refused_in_every_fork():
    """Even for the first time; with leave each fires it."""
    app = trials.sending(sent=False)
    grid = app.map_forks(1, halt_after=["send"], repeats=2, passes="score == 2")
    assert ["refused", "refused"] == outcomes(grid)
    assert [False, False] == [each.passed for each in grid]
    assert "each fork would fire it" in grid[0].error
    allowed = app.map_forks(1, halt_after=["send"], repeats=2, allow_effects=True)
    assert ["completed", "completed"] == outcomes(allowed)


def test_what_was_sent_is_served_from_its_record():
    """A fork that would send the same sends nothing; another one is refused."""
    app = trials.sending(sent=True)
    grid = app.map_forks(0, state={"level": [1, 2]})
    assert ["completed", "refused"] == outcomes(grid)


def test_irreversible_actions_are_refused_in_other_processes_too(processes):
    """Also from a store in memory, whose record does not travel."""
    app = trials.sending(sent=True)
    grid = app.map_forks(0, state={"level": [2]}, executor=processes)
    assert ["refused"] == outcomes(grid)


def test_a_fork_does_not_differ_from_what_failed_and_was_made_again():
    """The attempt that completed is what it is compared with; numbers are the fork's."""
    failing = [False] * 9 + [True]

    @action(reads=["n"], writes=["n"])
    def risk(state):
        if failing.pop():
            raise ValueError("once")
        return state.increment(n=1)

    builder = ApplicationBuilder().with_actions(risk).with_transitions(("risk", "risk"))
    app = builder.with_entrypoint("risk").with_state(n=1).build()
    with pytest.raises(ValueError, match="once"):
        app.step()
    app.step()
    app.step()
    same = app.map_forks(None, max_steps=2)
    other = app.map_forks(None, state={"n": [5]}, max_steps=2)
    assert [(2, None), (2, 0)] == [(each.steps, each.differs) for each in (*same, *other)]


def test_two_maps_at_once_do_not_meet(tmp_path):
    """Each has its own forks of the one run."""
    app = trials.run_twice(trials.quiz().with_store(tmp_path / "s.db"))
    with ThreadPoolExecutor(2) as both:
        made = [
            both.submit(app.map_forks, 3, state={"level": levels}, label=label)
            for label, levels in (("a", [1, 2, 3]), ("b", [4, 5, 6]))
        ]
        first, second = (each.result() for each in made)
    assert [2, 4, 6] == [state["score"] for state in states(app, first)]
    assert [8, 10, 12] == [state["score"] for state in states(app, second)]
    assert 7 == len(app.history.family())
    app.store.close()


def test_a_stop_leaves_what_has_ended():
    """The grid comes with the exception; those at work are interrupted, the others not begun."""
    entered, leave = threading.Event(), threading.Event()

    @action(reads=["level"], writes=["score"])
    def waiting(state):
        if state["level"] > 1:
            entered.set()
            leave.wait(30)
        return state.update(score=1)

    def stop(grid, running):
        if entered.is_set() and grid[0].outcome == "completed":
            raise KeyboardInterrupt  # as Stop does, in the thread that waits

    app = trials.run_twice(trials.quiz(judge=waiting))
    with pytest.raises(ForksStopped, match="1 of 4 forks have ended") as caught:
        app.map_forks(3, state={"level": [1, 2, 3, 4]}, jobs=2, tell=stop)
    leave.set()
    grid = caught.value.grid
    assert "completed" == grid[0].outcome
    assert "interrupted" == grid[1].outcome
    assert "not begun" == grid[3].outcome
    assert "interrupted" == app.store.run(grid[1].run).status


def test_what_a_stop_cut_off_is_interrupted_though_it_ends_soon_after():
    """An action that returns while the grid waits for it has not failed: the store has it as interrupted."""
    entered = threading.Barrier(3)

    @action(reads=["level"], writes=["score"])
    def waiting(state):
        if state["level"] > 1:
            entered.wait(30)
        while state["level"] > 1 and 2 > sum(run.status == "interrupted" for run in app.store.runs()):
            threading.Event().wait(0.01)
        return state.update(score=1)

    def stop(grid, running):
        if running == 2:
            entered.wait(30)
            raise KeyboardInterrupt  # as Stop does, in the thread that waits

    app = trials.run_twice(trials.quiz(judge=waiting))
    with pytest.raises(ForksStopped, match="0 of 2 forks have ended") as caught:
        app.map_forks(3, state={"level": [2, 3]}, tell=stop)
    assert [("interrupted", None)] * 2 == [(each.outcome, each.error) for each in caught.value.grid]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"executor": 5}, "executor takes one of concurrent.futures, such as ThreadPoolExecutor(4); not 5"),
        (
            {"state": {"levle": [1]}},
            "levle: the state has no such key, and no action reads or writes it. Did",
        ),
        ({"jobs": 0}, "jobs is a whole number, 1 or more; not 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_fork(given, told):
    """In a sentence that names it."""
    app = trials.run_twice(trials.quiz())
    with pytest.raises(CommandError) as refused:
        app.map_forks(3, **given)
    assert str(refused.value).startswith(told)
    assert 1 == len(app.history.family())


def test_the_shared_past_is_stored_once(tmp_path):
    """A fork takes what its own steps take, whatever the state's size."""
    app = trials.quiz().with_store(tmp_path / "s.db").with_state(level=1, past=["x" * 100_000]).build()
    app.run(halt_after=["answer"], inputs={"question": "one"})
    app.map_forks(0, state={"level": list(range(20))})
    app.store.close()
    assert open_store(tmp_path / "s.db", read_only=True).runs()
    assert sum(each.stat().st_size for each in tmp_path.iterdir()) < 10 * 100_000


def test_listeners_hear_of_progress(quiz):
    """At the beginning, and whenever a fork has ended."""
    heard = []
    quiz.map_forks(
        3, repeats=2, jobs=1, tell=lambda grid, running: heard.append(outcomes(grid).count("completed"))
    )
    assert (0, 2) == (heard[0], heard[-1])
    assert sorted(heard) == heard


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_rate(counts):
    """Within 0 and 1; narrower than everything."""
    low, high = wilson(*counts)
    assert 0 <= low <= counts[0] / counts[1] + 1e-12
    assert counts[0] / counts[1] - 1e-12 <= high <= 1


def test_the_interval_is_wilson_s():
    """As in the literature: 8 of 10."""
    assert (0.4902, 0.9433) == tuple(round(each, 4) for each in wilson(8, 10))


def test_streaming_actions_are_taken_to_their_end():
    """Plain and async ones."""

    @streaming_action(reads=["score"], writes=["answer"])
    def telling(state):
        yield {"answer": "one"}
        yield {"answer": "two"}, state.update(answer=f"two {state['score']}")

    @streaming_action(reads=["score"], writes=["answer"])
    async def telling_later(state):
        yield {"answer": "one"}, None
        yield {"answer": "two"}, state.update(answer=f"later {state['score']}")

    app = trials.run_twice(trials.quiz())
    grid = app.map_forks(3, actions={"answer": [telling, telling_later]})
    assert ["completed", "completed"] == outcomes(grid)
    assert ["two 2", "later 2"] == [state["answer"] for state in states(app, grid)]


def test_an_action_that_stops_itself_is_interrupted_alone():
    """The others go on; the step is next again."""

    @action(reads=["level"], writes=["score"])
    def leaving(state):
        if state["level"] == 2:
            raise KeyboardInterrupt
        return state.update(score=1)

    app = trials.run_twice(trials.quiz(judge=leaving))
    grid = app.map_forks(3, state={"level": [2, 3]})
    assert ["interrupted", "completed"] == outcomes(grid)
    assert "judge" == app.reopen(grid[0].run).get_next_action().name


def test_the_labels_of_another_grid_go_on_from_the_last(quiz):
    """No two runs beside each other have one label; the rows of each grid begin with 1."""
    first, second = quiz.map_forks(2, repeats=2), quiz.map_forks(2)
    assert ["fork.1", "fork.2", "fork.3"] == [each.label for each in (*first, *second)]
    assert [1, 2, 1] == [each.number for each in (*first, *second)]
    assert "other.1" == next(iter(quiz.map_forks(2, label="other"))).label
