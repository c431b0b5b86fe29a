"""Branches whose code stands in the cells of a notebook: in threads, in loky's processes and in dask's."""

from __future__ import annotations

import re

import pytest

from tests.kernels import Kernel

pytestmark = pytest.mark.kernel

CELLS = """
import os, time, threading
from notebook_agent import ApplicationBuilder, State, action, when, default
from notebook_agent.graph import GraphBuilder
from notebook_agent.parallelism import MapStates, RunnableGraph

FACTOR = 3

def helper(x):
    return FACTOR * x

@action(reads=["x"], writes=["y", "pid"])
def triple(state: State) -> State:
    return state.update(y=helper(state["x"]), pid=os.getpid())

@action(reads=["y"], writes=["y"])
def plus(state: State, n: int = 1) -> State:
    if state["y"] == -3:
        raise ValueError("minus")
    return state.increment(y=n)

parts = GraphBuilder().with_actions(triple, plus=plus.bind(n=10), end=plus)
parts.with_transitions(("triple", "plus", when(x__lt=2)), ("triple", "end", default))

class Fan(MapStates):
    reads = ["xs"]
    writes = ["ys", "pids"]

    def action(self, state, inputs):
        return RunnableGraph(parts.build(), "triple", ["plus", "end"])

    def states(self, state, context, inputs):
        for x in state["xs"]:
            yield state.update(x=x)

    def reduce(self, state, states):
        found = list(states)
        return state.update(ys=[each["y"] for each in found], pids=[each["pid"] for each in found])

def application(executor, **state):
    builder = ApplicationBuilder().with_actions(fan=Fan()).with_entrypoint("fan").with_state(**state)
    return builder.with_parallel_executor(executor).with_tracker(project="fans").build()

def told(app):
    app.step()
    store, children = app.store, app.history.children()
    codes = {step.code for each in children for step in store.steps(each.key)}
    sources = {store.values(step.ref).source is None for each in children for step in store.steps(each.key)}
    away = os.getpid() not in app.state["pids"]
    print(app.state["ys"], away, codes <= {each.code for each in parts.build().actions}, sources)
"""
LOKY = "import loky; processes = lambda: loky.get_reusable_executor(max_workers=2)"
DASK = """
import logging, dask, distributed
dask.config.set({"distributed.worker.use-file-locking": False})
options = dict(threads_per_worker=2, dashboard_address=None, silence_logs=logging.ERROR)
client = distributed.Client(n_workers=1, **options)
processes = client.get_executor
"""
STOP = """
@action(reads=["x"], writes=["y"])
def wait(state):
    print("begun", flush=True)
    gate.wait(30)
    return state.update(y=1)

gate = threading.Event()
class Wait(Fan):
    def action(self, state, inputs):
        return wait

stopped = ApplicationBuilder().with_actions(fan=Wait()).with_entrypoint("fan").with_state(xs=[1]).build()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel with the cells run."""
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        cell = kernel.run(CELLS)
        assert cell.error is None
        yield kernel


@pytest.mark.parametrize("setup", [LOKY, DASK], ids=["loky", "dask"])
def test_functions_of_a_notebook_run_in_other_processes(kernel, setup):
    """With the helpers and constants that they name, and their code as it is read here."""
    assert kernel.run(setup, timeout=120).error is None
    cell = kernel.run("told(application(processes, xs=[1, 2, 3]))", timeout=120)
    assert (None, "[13, 7, 10] True True {False}\n") == (cell.error, cell.stdout)


SPAWN = """
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
processes = lambda: ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
"""
TRIED = """
%load_ext notebook_agent
import os
FACTOR = 3

def tripled(n):
    return n * FACTOR

@action(reads=["n"], writes=["n", "pid"])
def thrice(state):
    return state.update(n=tripled(state["n"]), pid=os.getpid())

app = ApplicationBuilder().with_actions(thrice).with_entrypoint("thrice").with_state(n=1).build()
app.step()
%agent use app;
"""
FORKS = "print([(each.outcome, app.store.head_state(each.run)['n']) for each in agent.grid.grid])"
AWAY = "print(all(app.store.head_state(each.run)['pid'] != os.getpid() for each in agent.grid.grid))"


@pytest.mark.parametrize("setup", [LOKY, DASK], ids=["loky", "dask"])
def test_forks_of_a_notebook_s_functions_run_in_other_processes(kernel, setup):
    """Their executor is made for the command and let go after it."""
    for cell in (setup, TRIED, "%agent map @start n:=[2, 5] --on processes;"):
        assert kernel.run(cell, timeout=120).error is None
    assert "[('completed', 6), ('completed', 15)]\n" == kernel.run(FORKS).stdout
    assert "True\n" == kernel.run(AWAY).stdout


def test_forks_of_a_notebook_s_functions_are_not_found_by_a_process_that_imports_them(kernel):
    """The library's own processes have no cells; a sentence says which executors send code."""
    for cell in (SPAWN, TRIED):
        assert kernel.run(cell, timeout=120).error is None
    cell = kernel.run("%agent map @start n:=[2, 5] --on processes", timeout=120)
    assert "need an executor that sends code, such as loky's or dask's." in cell.stderr
    assert "1\n" == kernel.run("print(len(app.history))").stdout


def test_an_error_there_is_the_user_s_own_here(kernel):
    """With the branch's step in its notes."""
    kernel.run(LOKY)
    cell = kernel.run("application(processes, xs=[1, -1]).step()", timeout=120)
    assert ("ValueError: minus", True) == (
        cell.error.splitlines()[0],
        re.search(r"In branch 0-1 of 'fan': run [0-9a-f-]{36}, step 1\.", cell.traceback) is not None,
    )


def test_a_value_that_cannot_be_sent_is_named(kernel):
    """By its key."""
    kernel.run(LOKY)
    kernel.run("import threading")
    code = """
builder = ApplicationBuilder().with_actions(fan=Fan()).with_entrypoint("fan").with_store(None)
builder.with_state(xs=[1, 2], lock=threading.Lock()).with_parallel_executor(processes).build().step()
"""
    cell = kernel.run(code, timeout=120)
    assert cell.error.startswith(
        "ActionError: branch 0-0 of 'fan' cannot be sent to another process: state['lock'] cannot be pickled"
    )


def test_stop_interrupts_a_branch_that_runs_beside(kernel):
    """The cell ends at once, though the thread still waits."""
    kernel.run(STOP)
    running = kernel.begin("stopped.update_state(stopped.state.update(xs=[1, 2])); stopped.step()")
    kernel.end(running, until="begun")
    kernel.interrupt()
    assert "KeyboardInterrupt" in kernel.end(running).error
    shown = kernel.run(
        "print(stopped.history[0].status, *(each.status for each in stopped.history.children()))"
    )
    kernel.run("gate.set()")
    assert {"interrupted"} == set(shown.stdout.split())
