"""notebook_agent as it is by default: an application with a store."""

import itertools

from notebook_agent import ApplicationBuilder, action, default
from notebook_agent.tracking import LocalTrackingClient

ENVIRONMENT = "here"


class Engine:
    def __init__(self, folder, durability="full"):
        self.folder = folder
        self.durability = durability
        self.forks = itertools.count()
        self.tracker = LocalTrackingClient("benchmark", storage_dir=str(folder), durability=durability)

    def _builder(self, messages):
        @action(reads=["n"], writes=["chat", "n"])
        def say(state):
            message = messages[state["n"]]
            grown = state.append(chat=message) if message else state
            return grown.update(n=state["n"] + 1)

        builder = ApplicationBuilder().with_actions(say).with_transitions(("say", "say", default))
        return builder.with_tracker(self.tracker)

    def run(self, messages, extra):
        builder = self._builder(messages).with_entrypoint("say").with_state(chat=[], n=0, **extra)
        app = builder.with_identifiers(app_id="chat").build()
        for _ in messages:
            app.step()
            yield

    def _history(self):
        return self.tracker.history("chat")

    def listed(self):
        return len(list(self._history()))

    def state(self, n):
        return self._history().at(n)["chat"]

    def fork(self, n, message):
        builder = self._builder({n + 1: message})
        app = builder.initialize_from(
            self.tracker,
            resume_at_next_action=True,
            default_state={},
            default_entrypoint="say",
            fork_from_app_id="chat",
            fork_from_sequence_id=n,
        )
        app = app.with_identifiers(app_id=f"fork {next(self.forks)}").build()
        app.step()
        return len(app.state["chat"])
