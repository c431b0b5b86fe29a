"""The short form of each promise about accidents; the long forms are in benchmarks/faults."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from tests.faults.cuts import PAGE, cut_file, cut_log, make_log
from tests.faults.disk import can_mount, failing, full, read_only
from tests.faults.forking import fork_at_random
from tests.faults.hostile import PAYLOADS, make_store, open_mutants, open_payloads
from tests.faults.kills import kill_many
from tests.faults.secrets import ENVIRONMENT, SHAPES, seek, taken_for_secrets
from tests.faults.writers import on_one_run, on_runs_of_their_own

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


def test_a_killed_process_loses_nothing(tmp_path: Path):
    """50 SIGKILLs: every acknowledged step is there, every store opens."""
    found = kill_many(tmp_path, 50, seed=1)
    assert (50, [], []) == (found.done, found.lost, found.unopenable)
    assert found.acknowledged > 0


def test_a_store_cut_short_keeps_what_is_whole(tmp_path: Path):
    """Cut anywhere in the log, all that was in the file is there; cut in the file, errors are typed."""
    path, log = make_log(tmp_path)
    found = cut_log(path, log, range(0, log.stat().st_size, 331))
    assert ([], found.done) == (found.wrong, found.opened)
    whole = tmp_path / "whole.db"
    size = whole.stat().st_size
    found = cut_file(whole, range(size - PAGE, size, 131))
    assert ([], found.done) == (found.wrong, found.opened + found.refused)


@pytest.mark.skipif(not can_mount(), reason="needs a mount namespace")
def test_a_full_disk_is_said(tmp_path: Path):
    """Each error is typed, what was there is there, and the run goes on when there is room."""
    found = full(tmp_path, range(0, 400, 40))
    assert (10, [], []) == (found.done, found.lost, found.stuck)
    assert {"StoreFullError", "nothing"} >= set(found.said)


def test_a_failing_disk_is_said(tmp_path: Path):
    """Whatever write fails."""
    found = failing(tmp_path, range(0, 400_000, 25_000))
    assert (16, [], []) == (found.done, found.lost, found.stuck)
    assert {"StoreFullError", "nothing"} >= set(found.said)


def test_each_kind_of_write_says_that_it_cannot():
    """Where the right to write was taken away, the run can be read and gone on with later."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        found = read_only(Path(folder))
    assert ({"StoreReadOnlyError": 10}, [], []) == (dict(found.said), found.lost, found.stuck)


def test_many_writers_of_one_store(tmp_path: Path):
    """Nothing acknowledged is missing, on runs of their own and on one."""
    found = on_runs_of_their_own(tmp_path / "own.db", 3, 20)
    assert (60, 60, 0, []) == (found.acknowledged, found.there, found.conflicts, found.wrong)
    found = on_one_run(tmp_path / "one.db", 3, 20)
    assert (60, 60, []) == (found.acknowledged, found.there, found.wrong)


def test_a_mutated_store_is_only_data(tmp_path: Path):
    """It is read, or refused in a typed error, quickly; nothing in it runs."""
    found = open_mutants(make_store(tmp_path / "store.db"), 100)
    assert (100, [], [], [], []) == (found.done, found.untyped, found.slow, found.ran, found.died)


def test_payloads_are_only_data(tmp_path: Path):
    """A sample of the payloads in every column."""
    assert len(PAYLOADS) >= 50
    found = open_payloads(make_store(tmp_path / "store.db"), every=29)
    assert ([], [], [], []) == (found.untyped, found.slow, found.ran, found.died)


def test_no_secret_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One shape in eight, and what the environment names, in every place."""
    for name in (*ENVIRONMENT, "NOTEBOOK_AGENT_STORE"):
        monkeypatch.setenv(name, "unset by the test")
    found = seek(tmp_path, (*SHAPES[::8], *ENVIRONMENT.values()))
    assert (12, []) == (len(found.places), found.found)


def test_clean_text_is_left_alone():
    """Of the source of Python's own library hardly a line is taken for a secret."""
    lines, taken = taken_for_secrets(20_000)
    assert len(taken) <= 0.005 * lines


@pytest.mark.parametrize("seed", range(3))
def test_a_fork_never_leaks(tmp_path: Path, seed: int):
    """After any operations each checkpoint is what a plain model says."""
    found = fork_at_random(tmp_path / "store.db", 150, seed)
    assert (150, []) == (found.operations, found.wrong)
