"""The least that any engine could do: one row with only what changed, one commit a step."""

import json
import sqlite3

ENVIRONMENT = "here"


class Engine:
    def __init__(self, folder, durability="FULL"):
        self.folder = folder
        self.connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute(f"PRAGMA synchronous = {durability}")
        self.connection.execute("CREATE TABLE IF NOT EXISTS step (id INTEGER PRIMARY KEY, change TEXT)")

    def run(self, messages, extra):
        if extra:
            self._write(extra)
        for n, message in enumerate(messages):
            self._write({"n": n, "chat": message} if message else {"n": n})
            yield

    def _write(self, change):
        self.connection.execute("INSERT INTO step (change) VALUES (?)", (json.dumps(change),))

    def listed(self):
        return len(self.connection.execute("SELECT id FROM step").fetchall())

    def state(self, n):
        rows = self.connection.execute("SELECT change FROM step WHERE id <= ?", (n + 1,))
        return [json.loads(change)["chat"] for (change,) in rows]

    def fork(self, n, message):
        folded = self.state(n)
        self._write({"n": n + 1, "chat": message, "parent": n})
        return len(folded) + 1
