"""A store's file: who made it, what it may hold, and what happens to it."""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from notebook_agent.errors import StoreError, StoreFormatError, StoreReadOnlyError
from notebook_agent.ids import StepRef
from notebook_agent.store import open_store
from notebook_agent.tracking import LocalTrackingClient

from .runs import KEY, call, counted, new_run, step


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store of five steps, closed."""
    place = tmp_path / "folder" / "store.db"
    store = open_store(place)
    counted(store, 5)
    store.record_call(call(StepRef(KEY, 2)))
    store.close()
    return place


def changed(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def test_what_was_written_is_there_again(path: Path):
    """A store that is opened again has its runs, steps and states."""
    store = open_store(path)
    assert ([KEY], 5) == ([record.key for record in store.runs()], len(store.steps(KEY)))
    assert {"n": 5} == store.head_state(KEY)
    step(store, 5, {"n": 6})
    store.close()


def test_nobody_else_can_read_it(path: Path):
    """The file is its owner's alone, and nothing is left beside it once it is closed."""
    assert 0o600 == path.stat().st_mode & 0o777
    assert ["store.db"] == [each.name for each in path.parent.iterdir()]


def test_a_person_can_read_it(path: Path):
    """Runs, steps and states can be read in the sqlite3 shell."""
    rows = sqlite3.connect(path).execute("SELECT run, seq, action, status, state FROM step").fetchall()
    assert [(1, n, "count", "completed", f'{{"n":{n + 1}}}') for n in range(5)] == rows


def test_two_handles_are_one_store(path: Path):
    """Opening a file twice gives one store; it closes with the last handle."""
    first, second = open_store(path), open_store(path.parent / ".." / "folder" / "store.db")
    first.close()
    assert 5 == second.run(KEY).steps
    second.close()
    with pytest.raises(StoreError, match="closed"):
        second.runs()


def test_a_text_file_is_refused(tmp_path: Path):
    """A file that is no database is named, and left as it is."""
    path = tmp_path / "notes.txt"
    path.write_text("not a store\n" * 100)
    with pytest.raises(StoreFormatError, match=r"notes\.txt is no store of notebook_agent"):
        open_store(path)
    assert "not a store\n" * 100 == path.read_text()


def test_the_database_of_another_program_is_refused(tmp_path: Path):
    """A SQLite file without our mark is left as it is."""
    path = changed(tmp_path / "music.db", "CREATE TABLE song (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(StoreFormatError, match="another program"):
        open_store(path)
    assert before == path.read_bytes()


_ENDLESS = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n, n AS version FROM c"


@pytest.mark.parametrize(
    ("crafted", "named"),
    [
        (("DROP TABLE age", f"CREATE VIEW age AS {_ENDLESS}"), "view age"),
        (("DROP TABLE schema_version", f"CREATE VIEW Schema_Version AS {_ENDLESS}"), "view Schema_Version"),
        (("DROP TABLE span", "CREATE VIRTUAL TABLE span USING fts4(step, events)"), "table span"),
        (("CREATE TRIGGER t AFTER INSERT ON step BEGIN DELETE FROM run; END",), "trigger t"),
    ],
    ids=["endless", "version", "virtual", "trigger"],
)
def test_a_file_that_would_run_something_is_refused(path: Path, crafted: tuple[str, ...], named: str):
    """A crafted file's triggers, and views in the place of tables, are named and never run."""
    changed(path, *crafted)
    for read_only in (False, True):
        with pytest.raises(StoreFormatError, match=f"has a '{named}', which no store has"):
            open_store(path, read_only=read_only)


def test_a_view_of_ones_own_is_let_be(path: Path):
    """A person may add a view to look at the steps with."""
    store = open_store(changed(path, "CREATE VIEW failed AS SELECT * FROM step WHERE status = 'failed'"))
    step(store, 5, {"n": 6})
    assert {"n": 6} == store.head_state(KEY)
    store.close()


def test_a_newer_version_is_refused(path: Path):
    """A file that a newer version wrote is refused with what to do."""
    changed(path, "INSERT INTO schema_version VALUES (99, 0, 'the future')")
    with pytest.raises(StoreFormatError, match=r"version 99.* Upgrade notebook_agent"):
        open_store(path)


def test_a_file_that_is_moved_with_its_log_has_all_steps(path: Path):
    """As the error says; a file alone lacks what is still in the log."""
    store = open_store(path)
    step(store, 5, {"n": 6})
    place = path.parent / "moved.db"
    path.rename(place)
    with pytest.raises(StoreError, match=r"store\.db-wal, if there is one, after it, named as it is now"):
        step(store, 6, {"n": 7})
    Path(f"{path}-wal").rename(f"{place}-wal")
    code = """
        import sys
        from notebook_agent.store import open_store
        from tests.store.runs import KEY
        print(open_store(sys.argv[1]).head_state(KEY))
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(place)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert "{'n': 6}" == told.stdout.strip()
    store.close()


def test_a_folder_holds_the_store(tmp_path: Path):
    """Where a folder is named the file is in it, under the name that it has everywhere."""
    store = open_store(tmp_path)
    assert str(tmp_path.resolve() / "store.db") == store.location
    store.close()


@pytest.mark.parametrize("part", [0.02, 0.2, 0.5, 0.8, 0.95])
def test_a_truncated_file_is_a_typed_error(path: Path, part: float):
    """A file that was cut opens with what is whole, or gives a typed error."""
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    try:
        store = open_store(path)
    except StoreFormatError:
        return
    try:
        assert [1, 2, 3, 4, 5] == [store.state(each.ref)["n"] for each in store.steps(KEY)]
    except StoreFormatError:
        pass
    finally:
        store.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE step SET state = '{\"$\":999}'",
        "UPDATE step SET state = '['",
        "UPDATE step SET state = '[]'",
        'UPDATE step SET state = \'{"a":{"$":"tuple"}}\'',
        'UPDATE step SET state = \'{"a":{"$":"system","v":"ls"}}\'',
        'UPDATE step SET state = \'{"a":{"$":[]}}\'',
        "UPDATE step SET state = '" + "[" * 100_000 + "'",
        "UPDATE step SET state = x'ff'",
        "UPDATE step SET state = cast(x'ff' AS TEXT)",
        'UPDATE step SET state = \'{"a":{"$":"enum","c":5,"v":1}}\'',
        'UPDATE step SET state = \'{"a":{"$":"int","v":"zz"}}\'',
        "INSERT INTO node VALUES (5000, 0, '{\"$\":5000}'); UPDATE step SET state = '{\"$\":5000}'",
        "INSERT INTO node VALUES (5000, 1, 'text'); UPDATE step SET state = '{\"$\":5000}'",
        "INSERT INTO node VALUES (5000, 9, x'00'); UPDATE step SET state = '{\"$\":5000}'",
        "INSERT INTO node VALUES (5000, 1, x'00'); UPDATE step SET state = '{\"$\":5000}'",
    ],
)
def test_a_crafted_state_is_a_typed_error(path: Path, damage: str):
    """Nothing that a file says is more than data: a wrong word in it is StoreFormatError."""
    changed(path, *damage.split("; "))
    store = open_store(path)
    with pytest.raises(StoreFormatError):
        store.state(StepRef(KEY, 1))
    store.close()


def test_reading_only_writes_nothing(path: Path):
    """A store opened for reading can be read, and refuses each write."""
    store = open_store(path, read_only=True)
    assert {"n": 5} == store.head_state(KEY)
    with pytest.raises(StoreReadOnlyError, match="reading only"):
        store.create_run(new_run())
    with pytest.raises(StoreReadOnlyError):
        store.label_run(KEY, "x")
    store.close()


def test_reading_only_makes_no_store(tmp_path: Path):
    """Opening what is not there for reading makes nothing."""
    with pytest.raises(StoreError):
        open_store(tmp_path / "none.db", read_only=True)
    assert [] == list(tmp_path.iterdir())


def test_where_nothing_can_be_written_it_says_so():
    """A place where no file can be made is an error that names it."""
    with pytest.raises(StoreReadOnlyError, match=r"/proc/none/store\.db cannot be written"):
        open_store("/proc/none/store.db")


@pytest.mark.parametrize("read_only", [False, True])
@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        ("DROP TABLE schema_version", "it does not say its version"),
        ("DELETE FROM schema_version", "it does not say its version"),
        ("DELETE FROM age", "it does not say its age"),
        ("DROP TABLE age", "no such table: age"),
    ],
)
def test_a_store_without_its_own_rows_is_damaged(path: Path, statement, lacks, read_only):
    """The sentence says what to do."""
    changed(path, statement)
    with pytest.raises(StoreFormatError) as refused:
        open_store(path, read_only=read_only)
    assert f"{path} is damaged ({lacks}). Restore a copy, or choose another path." == str(refused.value)


def test_a_lost_table_is_damage_too(path: Path):
    """Where it is asked first."""
    store = open_store(changed(path, "DROP TABLE edit"))
    with pytest.raises(StoreFormatError, match=r"is damaged \(no such table: edit\)\. Restore a copy"):
        store.edits(KEY)
    store.close()


@pytest.mark.parametrize("opened", [open_store, lambda path: LocalTrackingClient("p", path)])
@pytest.mark.parametrize("named", ["s3://bucket/x.db", "http://host/x.db", "sqlite:///x.db", "file:///x.db"])
def test_an_address_is_no_path(tmp_path: Path, monkeypatch, named, opened):
    """No folder is made of it."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="is an address, and a store is a file on this machine"):
        opened(named)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("opened", [open_store, lambda path: LocalTrackingClient("p", path)])
def test_a_name_that_is_too_long_is_refused(tmp_path: Path, opened):
    """In our own terms."""
    with pytest.raises(StoreReadOnlyError, match=r"cannot be opened \(File name too long\). Choose another"):
        opened(tmp_path / ("x" * 300 + ".db"))


def test_a_closed_folder_is_named(path: Path):
    """By whatever it is opened, also for reading."""
    script = """
        import os, sys
        from notebook_agent import store
        from notebook_agent.errors import StoreReadOnlyError
        from notebook_agent.tracking import LocalTrackingClient
        store.open_store(None).close()
        if os.getuid() == 0:
            os.setresuid(65534, 65534, 65534)
        for opened in (store.open_store, lambda path: store.open_store(path, read_only=True),
                       lambda path: LocalTrackingClient("p", path)):
            try:
                opened(sys.argv[1])
            except StoreReadOnlyError as error:
                print(error)
    """
    path.parent.chmod(0)
    try:
        ask = [sys.executable, "-c", textwrap.dedent(script), str(path)]
        done = subprocess.run(ask, capture_output=True, text=True, check=True)
    finally:
        path.parent.chmod(0o700)
    assert f"{path} cannot be opened (Permission denied). Choose another path.\n" * 3 == done.stdout


def test_a_read_only_disk(path: Path):
    """On a disk that became read-only, the store can be read, and writing says why it fails."""
    script = """
        import sys
        from notebook_agent.errors import StoreReadOnlyError
        from notebook_agent.store import open_store
        from tests.store.runs import KEY
        store = open_store(sys.argv[1])
        print(store.head_state(KEY))
        try:
            store.label_run(KEY, "x")
        except StoreReadOnlyError as error:
            print(error)
    """
    mount = f"mount --bind {path.parent} {path.parent} && mount -o remount,ro,bind {path.parent}"
    if (
        not shutil.which("unshare")
        or subprocess.run(["unshare", "-rm", "sh", "-c", mount], check=False).returncode
    ):
        pytest.skip("needs a mount namespace")
    ask = shlex.join([sys.executable, "-c", textwrap.dedent(script), str(path)])
    command = ["unshare", "-rm", "sh", "-c", f"{mount} && {ask}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{{'n': 5}}\n{path} is open for reading only. Choose another path to go on.\n" == done.stdout
