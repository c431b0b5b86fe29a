"""The floor without a sync at each commit."""

import engines.floor

ENVIRONMENT = "here"


class Engine(engines.floor.Engine):
    def __init__(self, folder):
        super().__init__(folder, "NORMAL")
