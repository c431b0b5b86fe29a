"""Burr with its tracking client, which writes a log of JSON lines."""

import itertools
import json

from burr.core import ApplicationBuilder, action, default
from burr.tracking import LocalTrackingClient

ENVIRONMENT = "burr"


class Engine:
    def __init__(self, folder):
        self.folder = folder
        self.forks = itertools.count()
        self.source = LocalTrackingClient("benchmark", storage_dir=str(folder))

    def _builder(self, messages):
        @action(reads=["n"], writes=["chat", "n"])
        def say(state):
            message = messages[state["n"]]
            grown = state.append(chat=message) if message else state.update(chat=state["chat"])
            return grown.update(n=state["n"] + 1)

        return ApplicationBuilder().with_actions(say).with_transitions(("say", "say", default))

    def _kept(self, builder):
        return builder.with_tracker(self.source)

    def run(self, messages, extra):
        builder = self._builder(messages).with_entrypoint("say").with_state(chat=[], n=0, **extra)
        app = self._kept(builder).with_identifiers(app_id="chat").build()
        for _ in messages:
            app.step()
            yield

    def listed(self):
        log = self.folder / "benchmark" / "chat" / "log.jsonl"
        lines = map(json.loads, log.open())
        return sum(line["type"] == "end_entry" for line in lines)

    def state(self, n):
        return self.source.load(None, "chat", n)["state"]["chat"]

    def fork(self, n, message):
        builder = self._builder({n + 1: message}).initialize_from(
            self.source,
            resume_at_next_action=True,
            default_state={},
            default_entrypoint="say",
            fork_from_app_id="chat",
            fork_from_sequence_id=n,
        )
        app = self._kept(builder).with_identifiers(app_id=f"fork-{next(self.forks)}").build()
        return len(app.step()[2]["chat"])
