"""The tables of a store and their numbered migrations."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from notebook_agent._version import __version__
from notebook_agent.errors import StoreFormatError
from notebook_agent.store.trouble import DAMAGED

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["APPLICATION_ID", "VERSION", "check", "migrate"]

APPLICATION_ID = 0x6E626167
"""`nbag` in ASCII: how a file says that it is a store of ours."""

_FIRST = """
CREATE TABLE run (
  id            INTEGER PRIMARY KEY,
  project       TEXT NOT NULL,
  app_id        TEXT NOT NULL,
  partition_key TEXT,
  label         TEXT,
  created_at    REAL NOT NULL,     -- Unix seconds, UTC, as all times here
  entrypoint    TEXT NOT NULL,
  graph         INTEGER NOT NULL,  -- node.id
  state         TEXT NOT NULL,     -- JSON: the state it began with; {"$": 7} stands for node 7
  parent        INTEGER,           -- run.id it was forked from ..
  parent_seq    INTEGER,           -- .. at this step; NULL: at the state the parent began with
  base          INTEGER,           -- last step of its past; its own are those after it
  spawned_by    INTEGER,           -- step.id
  notebook      TEXT,
  pinned        INTEGER NOT NULL DEFAULT 0,
  edit_seq      INTEGER,           -- while this is the last step (-1: none), the next one starts from ..
  edit_state    TEXT,              -- .. this state, JSON
  updated_at    REAL NOT NULL,     -- its making or last edit; steps have their own times
  deleted_at    REAL               -- kept only for the runs that were forked from it
);
CREATE UNIQUE INDEX run_key ON run (project, app_id, coalesce(partition_key, x'')) WHERE deleted_at IS NULL;
CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;

CREATE TABLE step (
  id         INTEGER PRIMARY KEY,  -- run * 4294967296 + seq
  action     TEXT NOT NULL,
  status     TEXT NOT NULL,        -- running, completed, failed, interrupted
  started_at REAL NOT NULL,
  ended_at   REAL,
  state      TEXT NOT NULL,        -- JSON: the state after it, or before it unless completed
  code       TEXT,
  decision   TEXT,                 -- why it ran, JSON; NULL: as the step before says in `next`
  next       TEXT,                 -- what follows and why, JSON
  failure    TEXT,                 -- JSON
  reads      TEXT,                 -- JSON; a key that was only added to stands at the end once more
  writes     TEXT,                 -- JSON
  inputs     TEXT,                 -- JSON
  result     TEXT,                 -- JSON
  call       INTEGER,              -- node.id: the run call it was part of
  source     INTEGER,              -- node.id: the action's source
  holder     TEXT,                 -- lock file of the process in which it runs
  run        INTEGER AS (id >> 32) VIRTUAL,
  seq        INTEGER AS (id & 4294967295) VIRTUAL
);

CREATE TABLE node (
  id   INTEGER PRIMARY KEY,
  hash INTEGER,                    -- first 8 bytes of BLAKE2b, to find equal content; NULL: never looked for
  form INTEGER NOT NULL,           -- 0 JSON, 2 text, 4 bytes; 1 more: compressed with zlib
  body NOT NULL
);
CREATE INDEX node_hash ON node (hash) WHERE hash IS NOT NULL;

CREATE TABLE call (
  id            INTEGER PRIMARY KEY,
  step          INTEGER,           -- step.id
  action        TEXT,
  span          TEXT,
  key           TEXT NOT NULL,
  method        TEXT NOT NULL,
  host          TEXT NOT NULL,
  endpoint      TEXT NOT NULL,
  model         TEXT,
  status        INTEGER,
  request       TEXT,              -- JSON, redacted
  body          INTEGER,           -- node.id: the response, exact
  content_type  TEXT,
  streamed      INTEGER NOT NULL,
  complete      INTEGER NOT NULL,
  error         TEXT,
  started_at    REAL NOT NULL,
  first_at      REAL,
  ended_at      REAL,
  chunks        TEXT,              -- JSON: [seconds since the start, bytes received so far]
  input_tokens  INTEGER,
  output_tokens INTEGER,
  cost          REAL,              -- US dollars
  replayed_from INTEGER,           -- call.id
  replayed      INTEGER NOT NULL,
  headers       TEXT,              -- JSON: response headers that serving it again needs
  drift         TEXT
);
CREATE INDEX call_step ON call (step);

CREATE TABLE span (
  step   INTEGER PRIMARY KEY,      -- step.id
  events TEXT NOT NULL             -- JSON: spans, attributes, streamed chunks
);
"""

_PACKS = """
CREATE TABLE digest (
  hash INTEGER NOT NULL,           -- first 8 bytes of BLAKE2b, to find a node of equal content
  node INTEGER NOT NULL,           -- node.id, also of one that stands in a pack
  PRIMARY KEY (hash, node)
) WITHOUT ROWID;

INSERT INTO digest SELECT hash, id FROM node WHERE hash IS NOT NULL;

DROP INDEX node_hash;

ALTER TABLE node RENAME TO old_node;

CREATE TABLE node (
  id   INTEGER PRIMARY KEY,
  form INTEGER NOT NULL,           -- 0 JSON, 2 text, 4 bytes; 1 more: compressed with zlib,
  body NOT NULL                    -- 6: a pack of the small nodes before it, itself the last (see packs.py)
);

INSERT INTO node SELECT id, form, body FROM old_node ORDER BY id;

DROP TABLE old_node;

INSERT INTO node SELECT max(id) + 1, 6, '' FROM node HAVING count(*) > 0
"""

_EDITS = """
CREATE TABLE age (
  n INTEGER NOT NULL               -- how often rows were removed: ids that were noted before count no more
);

INSERT INTO age SELECT user_version FROM pragma_user_version;

CREATE TABLE edit (
  step  INTEGER NOT NULL,          -- step.id of the one that begins with it, whether it is there yet or not
  n     INTEGER NOT NULL,          -- the last one of these counts
  at    REAL NOT NULL,
  keys  TEXT NOT NULL,             -- JSON: what was changed by hand
  state TEXT NOT NULL,             -- JSON: the state that came of it
  PRIMARY KEY (step, n)
) WITHOUT ROWID;

INSERT INTO edit SELECT (id << 32) + edit_seq + 1, 0, updated_at, '[]', edit_state FROM run
WHERE edit_state IS NOT NULL;

DROP INDEX run_key;

DROP INDEX run_parent;

ALTER TABLE run RENAME TO old_run;

CREATE TABLE run (
  id            INTEGER PRIMARY KEY,
  project       TEXT NOT NULL,
  app_id        TEXT NOT NULL,
  partition_key TEXT,
  label         TEXT,
  created_at    REAL NOT NULL,     -- Unix seconds, UTC, as all times here
  entrypoint    TEXT NOT NULL,
  graph         INTEGER NOT NULL,  -- node.id
  state         TEXT NOT NULL,     -- JSON: the state it began with; {"$": 7} stands for node 7
  parent        INTEGER,           -- run.id it was forked from ..
  parent_seq    INTEGER,           -- .. at this step; NULL: at the state the parent began with
  base          INTEGER,           -- last step of its past; its own are those after it
  spawned_by    INTEGER,           -- step.id
  notebook      TEXT,
  pinned        INTEGER NOT NULL DEFAULT 0,
  updated_at    REAL NOT NULL,     -- its making or last edit; steps have their own times
  deleted_at    REAL               -- kept only for the runs that were forked from it
);

INSERT INTO run SELECT id, project, app_id, partition_key, label, created_at, entrypoint, graph, state,
  parent, parent_seq, base, spawned_by, notebook, pinned, updated_at, deleted_at FROM old_run;

DROP TABLE old_run;

CREATE UNIQUE INDEX run_key ON run (project, app_id, coalesce(partition_key, x'')) WHERE deleted_at IS NULL;

CREATE INDEX run_parent ON run (parent) WHERE parent IS NOT NULL;

CREATE INDEX run_spawned ON run (spawned_by) WHERE spawned_by IS NOT NULL
"""

_PLAIN_TEXTS = "UPDATE age SET n = n"
"""No table changes: from here on packs leave texts as they are, which older versions cannot read."""

_THREE_PARTS = "CREATE INDEX run_hidden ON run (project, app_id) WHERE deleted_at IS NOT NULL"
"""From here on packs keep lists apart too, which older versions cannot read."""

_MIGRATIONS = (_FIRST, _PACKS, _EDITS, _PLAIN_TEXTS, _THREE_PARTS)
VERSION = len(_MIGRATIONS)
_AGED = 3
"""The first version with an age."""

_TABLES = ("schema_version", *re.findall(r"CREATE TABLE (\w+)", "".join(_MIGRATIONS)))
_NO_ROWS = f"""
SELECT type || ' ' || name FROM sqlite_schema WHERE type = 'trigger'
OR (rootpage = 0 AND lower(name) IN ({", ".join(map(repr, _TABLES))})) LIMIT 1
"""  # noqa: S608 (constants)
"""What would run when rows are read or written: triggers, and views and virtual tables in a table's place."""

_RECORDS = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at REAL NOT NULL, made_by TEXT)"


def check(connection: Connection, path: str) -> int:
    """The version of the store in this file, 0 for an empty file.

    Raises:
        StoreFormatError: it is another program's file, a newer version's, damaged, or would run statements.
    """
    if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        return 0
    (found,) = connection.execute("PRAGMA application_id").fetchone()
    if found != APPLICATION_ID:
        raise StoreFormatError(
            f"{path} is a SQLite file of another program. Choose another path for the store.", path=path
        )
    _check_rows(connection, path)
    version = _version(connection, path)
    if version > VERSION:
        raise StoreFormatError(
            f"{path} was written by a newer notebook_agent (store version {version}, this one reads up to"
            f" {VERSION}). Upgrade notebook_agent, or choose another path.",
            path=path,
        )
    return version


def _check_rows(connection: Connection, path: str) -> None:
    """Refuse a file with statements of its own, which SQLite would run, for as long as they like."""
    row = connection.execute(_NO_ROWS).fetchone()
    if row is not None:
        raise StoreFormatError(
            f"{path} has a {row[0]!r}, which no store has: it would run whenever the file is read or written."
            " Remove it from the file, or choose another path.",
            path=path,
        )


def _version(connection: Connection, path: str) -> int:
    """What the file says of itself; a store that says nothing has lost some of its rows."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    sql = "SELECT coalesce(max(version), 0) FROM schema_version"
    version = int(connection.execute(sql).fetchone()[0]) if "schema_version" in tables else 0
    if not version:
        raise StoreFormatError(DAMAGED.format(path=path, error="it does not say its version"), path=path)
    if version >= _AGED and connection.execute("SELECT count(*) FROM age").fetchone() != (1,):
        raise StoreFormatError(DAMAGED.format(path=path, error="it does not say its age"), path=path)
    return version


def migrate(connection: Connection, path: str) -> None:
    """Bring the file to this version; each migration and its record are one transaction."""
    while check(connection, path) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            _apply_next(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _apply_next(connection: Connection, path: str) -> None:
    version = check(connection, path)
    if version >= VERSION:
        return
    if version == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(_RECORDS)
    for statement in _MIGRATIONS[version].split(";\n"):
        connection.execute(statement)
    connection.execute(
        "INSERT INTO schema_version VALUES (?, ?, ?)",
        (version + 1, time.time(), f"notebook_agent {__version__}"),
    )
