"""To which step a call belongs that carries no step's context, and which calls belong to none."""

import asyncio
import contextlib
import queue
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from threading import Event, Thread

import openai
import pytest

from notebook_agent.calls import Budget
from notebook_agent.errors import BudgetError, LedgerMissError
from tests.calls.conftest import Steps


def in_thread(work, *args):
    thread = Thread(target=work, args=args)
    thread.start()
    thread.join()


@contextlib.contextmanager
def beside(scope):
    """Hold a step open in a thread of its own, as a run beside the cells does."""
    begun, over = Event(), Event()

    def run():
        with scope:
            begun.set()
            over.wait(60)

    thread = Thread(target=run)
    thread.start()
    begun.wait(60)
    yield
    over.set()
    thread.join()


@pytest.fixture
def worker(ask):
    """Ask by a thread that was there before, which works off a queue."""
    asked, said = queue.Queue(), queue.Queue()

    def work():
        for text in iter(asked.get, None):
            try:
                said.put(ask(text))
            except BaseException as error:  # noqa: BLE001 (handed to who asked)
                said.put(error)

    def hand_on(text):
        asked.put(text)
        return said.get(timeout=60)

    thread = Thread(target=work)
    thread.start()
    yield hand_on
    asked.put(None)
    thread.join()


def belongs(steps):
    """Tell the steps of all calls."""
    return [call.step and call.step.seq for call in steps.log.everything()]


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_a_cell_beside_a_run_makes_its_own_calls(server, steps, ask, mode):
    """They are no part of the run: not kept, not charged, and sent though the run is strict."""
    budget = Budget(max_calls=1)
    with beside(steps.open(0, mode, purses=(budget,))):
        assert ["Echo: a", "Echo: b"] == [ask("a"), ask("b")]
    assert (2, 0, []) == (len(server.journal), budget.calls, belongs(steps))


def test_a_cell_beside_several_runs_makes_its_own_calls(server, steps, ask):
    """No one's is not the same as one's of several."""
    with beside(steps.open(0)), beside(Steps().open(1, "strict")):
        assert "Echo: a" == ask("a")
    assert [] == belongs(steps)


def test_a_thread_of_a_cell_beside_a_run_is_none_of_the_run(server, steps, ask):
    """Though it was started while the run was at a step, and lives on into its next."""
    go_on = Event()
    with beside(steps.open(0, "strict")):
        first = Thread(target=lambda: go_on.wait(60) and ask("a"))
        first.start()
        in_thread(ask, "b")
    with beside(steps.open(1, "strict")):
        go_on.set()
        first.join()
    assert (2, []) == (len(server.journal), belongs(steps))


def test_a_pool_of_a_cell_beside_a_run_is_none_of_the_run(server, steps, ask):
    """Nor what was given to it before the run began."""
    go_on = Event()
    with ThreadPoolExecutor(2) as pool:
        before = pool.submit(lambda: go_on.wait(60) and ask("a"))
        with beside(steps.open(0, "strict")):
            go_on.set()
            assert ["Echo: a", "Echo: b"] == [before.result(), pool.submit(ask, "b").result()]
    assert [] == belongs(steps)


def test_a_pool_made_before_works_for_the_step_that_gives_it_work(server, steps, ask):
    """Whoever made it, and whoever else uses it."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(ask, "before").result()
        with beside(steps.open(0)), steps.open(1):
            pool.submit(ask, "a").result()
        pool.submit(ask, "after").result()
    assert [1] == belongs(steps)


def test_a_pool_that_a_step_made_works_for_a_cell_too(server, steps, ask):
    """Its threads are the step's, and yet not what others give them to do."""
    pools = []

    def make():
        pools.append(ThreadPoolExecutor(1))
        pools[0].submit(ask, "a").result()

    scope = steps.open(0)
    with scope.part():
        make()
    with beside(scope), pools[0] as pool:
        pool.submit(ask, "b").result()
    assert [0] == belongs(steps)


def test_a_bare_thread_belongs_to_the_step_that_started_it(server, steps, ask):
    """Also while others run, and what it starts in turn."""
    with beside(steps.open(0)), steps.open(1):
        in_thread(ask, "a")
        in_thread(in_thread, ask, "b")
    assert [1, 1] == belongs(steps)


def test_a_thread_that_was_there_before_works_for_the_only_step(server, steps, worker):
    """Such as one that works off a queue."""
    with steps.open(0):
        worker("a")
    assert [0] == belongs(steps)


def test_a_thread_that_was_there_before_is_not_guessed_among_several(server, steps, worker):
    """What it asks is kept without a step."""
    with steps.open(0), steps.open(1):
        worker("a")
    assert [None] == belongs(steps)


@pytest.mark.parametrize("others", ["of the same run", "of another run"])
def test_call_of_no_step_is_refused_while_one_is_strict(server, steps, worker, others):
    """Of several steps a strict one keeps a call from leaving that might be its own, and fails of it."""
    other = steps if others == "of the same run" else Steps()
    told = []
    with other.open(0), pytest.raises(LedgerMissError), steps.open(1, "strict"):
        told.append(worker("a pen"))
    texts = [str(error.__cause__ or error) for error in told]
    assert ["No recorded answer for chat/completions (model m-1)"] == [
        text.split(" in ")[0] for text in texts
    ]
    assert [] == server.journal


@pytest.mark.parametrize("spent", [(0, 0), (0, 5), (5, 0)])
def test_call_of_no_step_is_refused_while_one_budget_is_spent(server, steps, worker, spent):
    """Of several steps, also of runs that keep their calls apart; those fail whose budget it is."""
    fails = [contextlib.nullcontext() if limit else pytest.raises(BudgetError) for limit in spent]
    one, other = (Budget(max_calls=limit) for limit in spent)
    with (
        fails[0],
        steps.open(0, purses=(one,)),
        fails[1],
        Steps().open(0, purses=(other,)),
    ):
        worker("a")
    assert [] == server.journal


def test_call_of_no_step_is_kept_though_the_runs_keep_theirs_apart(server, steps, worker):
    """In one of their logs, without a step; it spends the budgets of all that it may be of."""
    other, budgets = Steps(), [Budget(max_calls=5), Budget(max_calls=5)]
    with steps.open(0, purses=(budgets[0],)), other.open(0, purses=(budgets[1],)):
        worker("a")
    assert [None] == [*belongs(steps), *belongs(other)]
    assert [1, 1] == [budget.calls for budget in budgets]


def test_a_thread_of_an_ended_step_works_for_the_only_step(server, steps, ask):
    """A pool of the library's own that the first step made is used by the next."""
    with steps.open(0):
        pool = ThreadPool(1)
        pool.apply(ask, ("a",))
    with pool, steps.open(1):
        pool.apply(ask, ("b",))
    assert [0, 1] == belongs(steps)


@pytest.fixture
def late(ask):
    """Start threads that ask when they are told to."""
    go_on, threads = Event(), []

    def start(text):
        threads.append(Thread(target=lambda: go_on.wait(60) and in_thread(ask, text)))
        threads[-1].start()

    def ended():
        go_on.set()
        for thread in threads:
            thread.join()

    start.ended = ended
    yield start
    ended()


def test_a_thread_that_outlives_its_step_asks_for_that_step(server, steps, late):
    """While the next step is open, and with what it starts in turn."""
    with steps.open(0):
        late("a")
    with steps.open(1):
        late.ended()
    assert [0] == belongs(steps)


def test_a_thread_that_outlives_its_run_spends_nothing_of_others(server, steps, late):
    """Neither another run's budget nor its record."""
    other, mine, others = Steps(), Budget(max_calls=5), Budget(max_calls=1)
    with steps.open(0, purses=(mine,)):
        late("a")
    with other.open(0, purses=(others,)):
        late.ended()
    assert ([0], [], 1, 0) == (belongs(steps), belongs(other), mine.calls, others.calls)


def test_a_thread_that_asks_when_no_step_is_open_asks_for_its_own(server, steps, late):
    """As work that was given to an executor does."""
    with steps.open(0):
        late("a")
    late.ended()
    assert [0] == belongs(steps)


def test_a_task_of_another_cell_makes_its_own_calls(server, steps):
    """On the same loop, in the same thread, while a step awaits."""

    async def cells():
        go_on = asyncio.Event()
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:

            async def other():
                await go_on.wait()
                return await client.embeddings.create(model="m", input="mine")

            task = asyncio.create_task(other())
            with steps.open(0, "strict"):
                go_on.set()
                await task

    asyncio.run(cells())
    assert (1, []) == (len(server.journal), belongs(steps))


def test_a_loop_in_a_thread_made_before_works_for_the_step_that_gives_it_work(server, steps):
    """`run_coroutine_threadsafe` carries the step."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    async def ask():
        async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
            await client.embeddings.create(model="m", input="a")

    with beside(steps.open(0)), steps.open(1):
        asyncio.run_coroutine_threadsafe(ask(), loop).result()
    with beside(steps.open(2)):
        asyncio.run_coroutine_threadsafe(ask(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert [1] == belongs(steps)
