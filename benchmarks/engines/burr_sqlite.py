"""Burr with its SQLite persister."""

import engines.burr_tracker
from burr.core.persistence import SQLitePersister

ENVIRONMENT = "burr"


class Engine(engines.burr_tracker.Engine):
    def __init__(self, folder):
        super().__init__(folder)
        self.source = SQLitePersister.from_values(str(folder / "burr.db"))
        self.source.initialize()

    def _kept(self, builder):
        return builder.with_state_persister(self.source)

    def listed(self):
        sql = "SELECT sequence_id, position, status, created_at FROM burr_state WHERE app_id = 'chat'"
        return len(self.source.connection.execute(sql).fetchall())
