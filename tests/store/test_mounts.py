"""A store on a network mount, on read-only media, and one that is replaced while in use."""

from __future__ import annotations

import logging
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from notebook_agent.errors import StoreError
from notebook_agent.store import open_store
from notebook_agent.store.mounts import file_system, network_of

from .runs import FORK, KEY, counted, new_run, step

MOUNTS = r"""
/dev/vda / ext4 rw 0 0
tmpfs /run tmpfs rw 0 0
server:/home /home nfs4 rw,vers=4.2 0 0
/dev/vdb /home/local ext4 rw 0 0
//nas/shared /mnt/the\040nas cifs rw 0 0
me@host:/ /mnt/far fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/store.db", "ext4"),
        ("/home/me/store.db", "nfs4"),
        ("/home/local/store.db", "ext4"),
        ("/homes/store.db", "ext4"),
        ("/mnt/the nas/a/store.db", "cifs"),
        ("/mnt/far/store.db", "fuse.sshfs"),
    ],
)
def test_the_nearest_mount_tells_the_file_system(path: str, kind: str):
    """The longest place that a path lies under counts, spaces in it and all."""
    assert kind == file_system(PurePosixPath(path), MOUNTS.splitlines())


def test_what_is_set_goes_first(tmp_path: Path):
    """The environment can say that a place is, or is not, on the network."""
    assert network_of(tmp_path / "store.db", {}) is None
    assert "NOTEBOOK_AGENT_NETWORK=1" == network_of(tmp_path, {"NOTEBOOK_AGENT_NETWORK": "1"})
    assert network_of(Path("//server/share/store.db"), {"NOTEBOOK_AGENT_NETWORK": "0"}) is None
    assert "a share" == network_of(Path("//server/share/store.db"), {})


def test_on_the_network_there_is_no_shared_memory(tmp_path: Path, caplog, monkeypatch):
    """The store has a rollback journal there, leaves nothing beside it, and says so once."""
    monkeypatch.setenv("NOTEBOOK_AGENT_NETWORK", "1")
    path = tmp_path / "store.db"
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            store = open_store(path)
            store.close()
    store = open_store(path, durability="normal")
    counted(store, 3)
    assert {"store.db", "store.db-claims"} == {each.name for each in tmp_path.iterdir()}
    assert ("delete",) == sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone()
    store.close()
    (said,) = [each.getMessage() for each in caplog.records]
    assert said.startswith(
        f"{path} lies on a network mount (NOTEBOOK_AGENT_NETWORK=1): it is kept with a roll"
    )


def test_a_store_can_move_to_the_network_and_back(tmp_path: Path):
    """A file with one journal is opened with the other."""
    path = tmp_path / "store.db"
    for seq, network in enumerate((False, True, False)):
        store = open_store(path, network=network)
        if not seq:
            store.create_run(new_run())
        step(store, seq, {"n": seq})
        assert {"n": seq} == store.head_state(KEY)
        store.close()


def test_a_replaced_file_is_noticed(tmp_path: Path):
    """Nothing is written into what took the place of the file in use; opened again, it is the new one."""
    path, other = tmp_path / "store.db", tmp_path / "other.db"
    store = open_store(other)
    counted(store, 1, FORK)
    store.close()
    store = open_store(path)
    counted(store, 2)
    other.replace(path)
    for log in ("store.db-wal", "store.db-shm"):
        (tmp_path / log).unlink()
    with pytest.raises(StoreError, match="another file than the one that was opened"):
        step(store, 2, {"n": 3})
    again = open_store(path)
    assert [FORK] == [each.key for each in again.runs()]
    step(again, 1, {"n": 2}, FORK)
    store.close()
    assert {"n": 2} == again.head_state(FORK)
    again.close()


def test_an_unclosed_store_on_read_only_media_is_refused(tmp_path: Path):
    """Its newest steps are in the log; to show it without them would be a lie."""
    copy = tmp_path / "copy"
    copy.mkdir()
    store = open_store(tmp_path / "store.db")
    counted(store, 3)
    for name in ("store.db", "store.db-wal"):
        shutil.copy(tmp_path / name, copy / name)
    store.close()
    mount = f"mount --bind {copy} {copy} && mount -o remount,ro,bind {copy}"
    if (
        not shutil.which("unshare")
        or subprocess.run(["unshare", "-rm", "sh", "-c", mount], check=False).returncode
    ):
        pytest.skip("needs a mount namespace")
    script = f"""
from notebook_agent.store import open_store
try:
    open_store({str(copy / "store.db")!r}, read_only=True)
except PermissionError as error:
    print(error)
"""
    command = ["unshare", "-rm", "sh", "-c", f"{mount} && {shlex.join([sys.executable, '-c', script])}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "was not closed, and its newest steps in store.db-wal can only be read where both" in done.stdout
