"""notebook_agent without a sync at each commit."""

import engines.notebook_agent_full

ENVIRONMENT = "here"


class Engine(engines.notebook_agent_full.Engine):
    def __init__(self, folder):
        super().__init__(folder, "normal")
