"""Several processes on one store, and processes that die in the middle of a step."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notebook_agent.errors import RunConflictError, UnknownRunError
from notebook_agent.ids import RunKey, StepRef
from notebook_agent.store import open_store
from notebook_agent.store.claims import Claims

from .runs import FORK, KEY, begin, counted, end, new_run, step

HEAD = """
    import os, sys
    from notebook_agent.errors import RunConflictError, UnknownRunError
    from notebook_agent.ids import RunKey, StepRef
    from notebook_agent.store import open_store
    from tests.store.runs import KEY, begin, counted, end, new_run, step
    store = open_store(sys.argv[1])
"""


def start(path: Path, body: str, *arguments: str) -> subprocess.Popen[str]:
    script = textwrap.dedent(HEAD) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def in_a_step(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, in the middle of step 3."""
    body = """
        counted(store, 3)
        store.begin_step(KEY, begin(3), after=2)
        print("begun", flush=True)
        sys.stdin.read()
        store.end_step(KEY, end(3, {"n": 4}))
    """
    process = start(path, body)
    assert process.stdout is not None
    assert "begun\n" == process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_a_live_writer_keeps_its_step(path: Path, in_a_step: subprocess.Popen[str]):
    """While another process is in a step, it is running, and nobody can begin one."""
    store = open_store(path)
    assert ("running", 3) == (store.run(KEY).status, store.run(KEY).head)
    with pytest.raises(RunConflictError, match=r"in the middle of step 3 \(count\)"):
        store.begin_step(KEY, begin(4), after=3)
    in_a_step.communicate()
    assert ("completed", {"n": 4}) == (store.run(KEY).status, store.head_state(KEY))
    store.close()


def test_a_dead_writer_is_taken_over(
    path: Path, in_a_step: subprocess.Popen[str], caplog: pytest.LogCaptureFixture
):
    """After a SIGKILL the step is interrupted, all before it is there, and the run goes on; that is said."""
    in_a_step.kill()
    in_a_step.wait()
    store = open_store(path)
    assert ["completed"] * 3 + ["interrupted"] == [each.status for each in store.steps(KEY)]
    assert ("interrupted", {"n": 3}) == (store.run(KEY).status, store.head_state(KEY))
    step(store, 4, {"n": 10})
    (said,) = [each.getMessage() for each in caplog.records]
    assert said.startswith("Step 3 (count) of the run first was begun by a process that died: it counts as")
    assert ["interrupted", "completed"] == [each.status for each in store.steps(KEY)[3:]]
    assert [1, 2, 3, 3, 10] == [store.state(StepRef(KEY, seq))["n"] for seq in range(5)]
    store.close()
    assert ["store.db"] == [each.name for each in path.parent.iterdir()]


def test_a_step_that_was_taken_over_cannot_be_ended(path: Path):
    """A writer whose step was given up for dead is told, and overwrites nothing."""
    store = open_store(path)
    counted(store, 1)
    store.begin_step(KEY, begin(1), after=0)
    store.close()
    store = open_store(path)
    assert "interrupted" == store.run(KEY).status
    step(store, 2, {"n": 7})
    with pytest.raises(RunConflictError):
        store.end_step(KEY, end(1, {"n": 5}))
    assert {"n": 7} == store.head_state(KEY)
    store.close()


def test_many_open_a_new_file_at_once(tmp_path: Path):
    """None is told that it is locked, though to a change of its journal SQLite lets nobody wait."""
    body = """
        for name in sys.stdin:
            new = open_store(sys.argv[2] + "/" + name.strip())
            print(len(new.runs()), flush=True)
            new.close()
    """
    processes = [start(tmp_path / "store.db", body, str(tmp_path)) for _ in range(6)]
    for n in range(40):
        for process in processes:
            assert process.stdin is not None
            process.stdin.write(f"{n}.db\n")
            process.stdin.flush()
        assert ["0\n"] * 6 == [process.stdout.readline() for process in processes if process.stdout]
    assert [0] * 6 == [process.wait() for process in processes if not process.communicate()[0]]


def test_many_kills(path: Path):
    """However a writer dies, each step it had ended is there, and the store opens."""
    body = """
        step_after = int(sys.argv[2])
        if not step_after:
            store.create_run(new_run(chat=[], n=0))
        seq = step_after
        while True:
            text = str(seq) * 500
            store.begin_step(KEY, begin(seq), after=seq - 1 if seq else None)
            state = store.state(StepRef(KEY, seq)).append(chat=text).update(n=seq)
            store.end_step(KEY, end(seq, state))
            print(seq, flush=True)
            seq += 1
    """
    reached = 0
    for kill_at in (3, 1, 7, 2, 5):
        process = start(path, body, str(reached))
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(kill_at)]
        process.kill()
        rest, _ = process.communicate()
        acknowledged = int((rest.split() or lines)[-1])
        store = open_store(path)
        steps = store.steps(KEY)
        assert steps[acknowledged].status == "completed"
        assert {"completed", "interrupted"} >= {each.status for each in steps}
        assert acknowledged == store.state(StepRef(KEY, acknowledged))["n"]
        reached = len(steps)
        store.close()


def test_two_processes_on_one_run(path: Path):
    """Of two that write to one run at once, each step is one's, and the other is told."""
    counted(store := open_store(path), 1)
    store.close()
    body = """
        sys.stdin.readline()
        done = told = 0
        while done < 20:
            head = store.run(KEY).head
            try:
                store.begin_step(KEY, begin(head + 1, by=sys.argv[2]), after=head)
            except RunConflictError:
                told += 1
                continue
            store.end_step(KEY, end(head + 1, store.head_state(KEY).update(n=store.head_state(KEY)["n"] + 1)))
            done += 1
        print(done, told)
    """
    writers = [start(path, body, name) for name in ("one", "two")]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    done = [int(writer.communicate()[0].split()[0]) for writer in writers]
    store = open_store(path)
    by = [store.values(StepRef(KEY, seq)).inputs["by"] for seq in range(1, 41)]
    assert ([20, 20], 41, {"n": 41}) == (done, len(store.steps(KEY)), store.head_state(KEY))
    assert (20, 20) == (by.count("one"), by.count("two"))
    store.close()


def test_processes_on_their_own_runs(path: Path):
    """Several processes fill one file at once, and nothing is missing."""
    body = """
        counted(store, 50, RunKey("tests", sys.argv[2]))
    """
    writers = [start(path, body, str(n)) for n in range(3)]
    assert [0, 0, 0] == [writer.wait() for writer in writers]
    for writer in writers:
        writer.communicate()
    store = open_store(path)
    assert [50, 50, 50] == [record.steps for record in store.runs("tests")]
    assert {"n": 50} == store.head_state(RunKey("tests", "1"))
    store.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_has_a_store_of_its_own(path: Path):
    """A child made by fork reads and writes through connections of its own."""
    body = """
        counted(store, 2)
        child = os.fork()
        if not child:
            try:
                store.create_run(new_run(RunKey("tests", "child"), n=store.head_state(KEY)["n"]))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        step(store, 2, {"n": 3})
        print(store.head_state(RunKey("tests", "child"))["n"], store.head_state(KEY)["n"])
    """
    assert ("2 3\n", None) == start(path, body).communicate()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_that_lives_on_keeps_no_claim_of_its_dead_parent(path: Path):
    """As a worker of a pool does after its process was killed."""
    body = """
        counted(store, 3)
        store.begin_step(KEY, begin(3), after=2)
        child = os.fork()
        if not child:
            os.close(1)
            sys.stdin.read()
            os._exit(0)
        print("begun", flush=True)
        sys.stdin.read()
    """
    process = start(path, body)
    assert process.stdout is not None
    assert "begun\n" == process.stdout.readline()
    process.kill()
    process.wait()
    store = open_store(path)
    step(store, 4, {"n": 5})
    assert ["interrupted", "completed"] == [each.status for each in store.steps(KEY)[3:]]
    process.communicate()
    store.close()


def test_claims_that_come_and_go_at_once_are_all_made(path: Path):
    """One that goes takes the folder with it."""

    def come_and_go(_: int) -> int:
        made = 0
        for _ in range(200):
            claims = Claims(str(path))
            claims.holder()
            claims.close()
            made += 1
        return made

    with ThreadPoolExecutor(4) as pool:
        assert [200] * 4 == list(pool.map(come_and_go, range(4)))


def test_a_run_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A store in memory leaves nothing on the disk."""
    monkeypatch.chdir(tmp_path)
    store = open_store(None)
    store.create_run(new_run())
    store.begin_step(KEY, begin(0), after=None)
    store.close()
    assert [] == list(tmp_path.iterdir())


def test_a_collection_by_another_process_is_noticed(path: Path):
    """What one process had read, another removed and collected, is written anew, not pointed to."""
    store = open_store(path)
    store.create_run(new_run(FORK, text=["x" * 3000] * 40))
    held = store.head_state(FORK)
    store.create_run(new_run())
    body = """
        store.delete_run(RunKey("tests", "fork"))
        print(store.gc().nodes > 1)
        store.create_run(new_run(RunKey("tests", "other"), text=["y" * 3000] * 40))
    """
    assert ("True\n", None) == start(path, body).communicate()
    step(store, 0, held)
    step(store, 1, held.append(text="z"))
    assert held == store.state(StepRef(KEY, 0))
    assert [*held["text"], "z"] == store.head_state(KEY)["text"]
    store.close()


def test_a_removed_run_is_not_mistaken_for_another(path: Path):
    """A writer whose run another process removed is told, whatever has its place in the file."""
    store = open_store(path)
    counted(store, 2)
    body = """
        store.delete_run(KEY)
        counted(store, 2, RunKey("tests", "other"))
    """
    assert ("", None) == start(path, body).communicate()
    with pytest.raises(UnknownRunError):
        step(store, 2, {"n": 9})
    assert {"n": 2} == store.head_state(RunKey("tests", "other"))
    store.close()
