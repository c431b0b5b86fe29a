"""The debugging notebook in a real kernel: on its recorded calls, and live."""

from __future__ import annotations

from collections import Counter

import pytest

from notebook_agent.store import open_store
from tests.openai_server.server import PROGRAM, arrived, expenses_server

NOTEBOOK = "02_debugging.ipynb"


@pytest.fixture(name="told")
def told_fixture(execute, tmp_path):
    """Give a function that runs the notebook; it returns the cells' sources with what they came to."""
    return lambda: {cell.source: _told(cell) for cell in execute(NOTEBOOK, tmp_path / "store.db")}


def _told(cell):
    outputs = [
        output.get("data", output).get("text/plain", output.get("ename", "")) for output in cell.outputs
    ]
    return "\n".join([*outputs, *(output.text for output in cell.outputs if output.output_type == "stream")])


def found(told, start):
    """What the first cell that begins so came to."""
    return next(text for source, text in told.items() if source.startswith(start))


def runs_of(store):
    """How many steps of its own each run made, and how many of its calls were replayed, by label."""
    told = {}
    for run in store.runs():
        own = [step for step in store.steps(run.key) if step.ref.run == run.key]
        calls = store.calls([step.ref for step in own])
        told.setdefault(run.label.partition("-")[0], []).append((
            len(own),
            Counter(call.replayed for call in calls),
        ))
    return told


def test_the_story_is_told_without_a_key(told, tmp_path):
    """Every question has the answer that the text gives it, and no call leaves."""
    told = told()
    assert "KeyError" == found(told, "%agent run traveller").splitlines()[-1]
    assert "it would be submit with total = 1500" in found(told, "%agent why")
    assert "first fails after @25 book" in found(told, '%agent bisect "total < limit"')
    assert "booked[7].euros" in found(told, "%agent blame")
    assert "1 refused, 0 passed (total < limit)" in found(told, '%agent bisect "total < limit" --fix')
    assert "6 completed, 3 passed (total < limit)" in found(told, "%agent map @23 hint")
    assert "2 completed, 0 passed" in found(told, "%agent map @23 --with")
    assert "they part at the fork @23: hint was edited" in found(told, "%agent diff")
    assert "1" == found(told, "len(OUTBOX)")
    assert "38 steps replayed, all as recorded" in found(told, "%agent test run")
    assert "the kernel is dead" in found(told, "crash = ")
    resumed = found(told, "in_a_kernel(")
    assert "after @17 read (interrupted), next read" in resumed
    assert "code changed since: read" in resumed
    assert "1 call replayed, none to the model" in resumed
    runs = runs_of(open_store(tmp_path / "store.db", read_only=True))
    assert [(40, Counter({True: 14})), (40, Counter({True: 13}))] == runs["claim"]
    assert [(1, Counter())] == runs["again"]
    assert 0 == sum(calls[False] for made in runs.values() for _, calls in made)


@pytest.mark.skipif(not PROGRAM.exists(), reason="the local server is not installed: make test")
def test_live_only_what_is_new_is_asked(told, tmp_path, environment):
    """The run asks 13 times, the forks of the grids each anew, and a fork alone only what has changed.

    The run whose kernel died asks no more than it: the answer that had come is served.
    """
    with expenses_server(tmp_path) as url:
        environment.setenv("OPENAI_BASE_URL", url)
        environment.setenv("OPENAI_API_KEY", "local")
        told = told()
        requests = len(arrived(url))
    assert "34% to 100%" not in found(told, "%agent map @23 hint")
    assert "44% to 100%" in found(told, "%agent map @23 hint")
    runs = runs_of(open_store(tmp_path / "store.db", read_only=True))
    assert [(40, Counter({False: 13, True: 1})), (40, Counter({False: 13}))] == runs["claim"]
    assert requests == sum(calls[False] for made in runs.values() for _, calls in made)
