"""Secrets of every known shape, sought in every place where something is shown or written."""

from __future__ import annotations

import json
import linecache
import os
import sysconfig
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from notebook_agent import view
from notebook_agent.ids import StepRef
from notebook_agent.redact import redact_text
from notebook_agent.session import Agent
from tests.store.runs import call
from tests.test_redact import SAMPLES

__all__ = ["ENVIRONMENT", "SHAPES", "Sought", "seek", "taken_for_secrets"]

ENVIRONMENT = {
    "MY_SERVICE_TOKEN": "correct-horse-battery",
    "OTHER_API_KEY": "0123-4567-89ab",
    "A_SECRET": "hunter22",
}
SHAPES = (*SAMPLES, *ENVIRONMENT.values())
"""Keys of known shapes, and values that the environment names as secrets."""

_CELL = """
from notebook_agent import graph, when
from notebook_agent.action import action

@action(reads=[], writes=["key", "chat", "config"])
def keep(state, key: str):
    literal = "SECRET"
    chat = [{"role": "user", "content": "use " + key}]
    return state.update(key=key, chat=chat, config={"deep": [key], "long": "x " * 200 + key})

@action(reads=["key"], writes=["answer"])
def fail(state):
    raise ValueError("the server refused the key " + state["key"])

refused = (
    graph.GraphBuilder()
    .with_actions(keep=keep, fail=fail)
    .with_transitions(("keep", "fail", when(key="SECRET")), ("fail", "keep"))
    .build()
)
"""


@dataclass(slots=True)
class Sought:
    """What came of it."""

    shapes: int = 0
    places: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    """Searched, all together."""
    found: list[str] = field(default_factory=list)


def seek(folder: Path, shapes: tuple[str, ...] = SHAPES) -> Sought:
    """Let a run meet each secret in input, state, code, condition, error and calls, and look everywhere."""
    os.environ |= {**ENVIRONMENT, "NOTEBOOK_AGENT_STORE": str(folder / "store.db")}
    found = Sought()
    for number, secret in enumerate(shapes):
        found.shapes += 1
        for place, text in _places(folder, secret, number):
            found.places[place] += 1
            found.bytes += len(text)
            found.found += [f"{secret[:12]}.. in {place}"] if secret in text else []
    return found


def _places(folder: Path, secret: str, number: int) -> Iterator[tuple[str, str]]:
    names: dict[str, object] = {"__name__": "__main__"}
    agent, said = Agent(names), _Screen()
    agent.workspace.screen = said
    _run_cell(_CELL.replace("SECRET", secret), names, number)
    agent.use("refused", entrypoint="keep", project="secrets")
    shown: list[object] = [agent.run(key=secret, until="keep")]
    report = ""
    try:
        agent.run()
    except ValueError as error:
        report = "\n".join(getattr(error, "__notes__", ()))
    history = agent.app.history
    ref = StepRef(agent.app.key, 1)
    body = json.dumps({"choices": [{"message": {"content": f"your key {secret}"}}]}).encode()
    history.store.record_call(call(ref, body=body, error=f"no {secret}", drift=None))
    shown += [agent.state(), agent.state("@0", "config"), agent.diff("@start", "@0"), agent.why("@1")]
    shown += [agent.log(), agent.calls(), agent.calls("@1"), agent.runs(), agent.status(), agent.info()]
    shown += [agent.graph(form) for form in (None, "svg", "text", "mermaid", "dot")]
    yield "report of a failed step", report
    yield from _shown(shown, said)
    yield from _kept(agent)
    yield from _written(agent, folder)


def _shown(shown: list[object], said: _Screen) -> Iterator[tuple[str, str]]:
    yield "text of results", "\n".join(f"{each!r}\n{each}" for each in shown)
    yield "HTML of results", "\n".join(each.html() for each in shown)  # type: ignore[attr-defined]
    yield "lines while it runs", "\n".join(said.lines)


def _kept(agent: Agent) -> Iterator[tuple[str, str]]:
    history = agent.app.history
    record = history[1]
    yield "errors and tracebacks kept", f"{record.failure.message}\n{record.failure.traceback}"
    kept = [*history, history.values(0), history.values(1), *history.calls(), *history.diff(None, 0)]
    yield "reprs", "\n".join(map(repr, [agent.app.state, agent.app, *kept, history.values(0).call]))
    graph = agent.app.graph
    yield "panel's overview", json.dumps(view.overview(history, graph), ensure_ascii=False)
    details = [view.detail(history, graph, StepRef(agent.app.key, seq)) for seq in (None, 0, 1)]
    yield "panel's details", json.dumps(details, ensure_ascii=False)
    kept_graph, source = history.store.graph(agent.app.key), history.values(0).source
    yield "decisions, graph, sources kept", f"{_decisions(history)}{kept_graph}{source}"


def _written(agent: Agent, folder: Path) -> Iterator[tuple[str, str]]:
    for place, name, options in (
        ("exported page", "run.html", {}),
        ("exported run", "run.json", {}),
        ("exported calls", "calls.json", {"calls": True}),
    ):
        agent.export(folder / name, force=True, **options)
        yield place, (folder / name).read_text()


def _decisions(history: object) -> str:
    """What decisions hold, and not what their `repr` shows."""
    checks = [check for step in history for check in (step.next.checks if step.next else ())]  # type: ignore[attr-defined]
    return "".join(f"{check.condition} {dict(check.operands)!r}" for check in checks)


def _run_cell(source: str, names: Mapping[str, object], number: int) -> None:
    name = f"<cell secrets {number}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name
    exec(compile(source, name, "exec"), names)  # type: ignore[arg-type]


class _Screen:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, sentence: str) -> None:
        self.lines.append(sentence)

    def begin(self) -> None:
        """Nothing is shown twice."""

    def end(self) -> None:
        """Nothing is left to be shown."""

    def progress(self, lines: list[str]) -> None:
        self.lines += lines


def taken_for_secrets(most: int = 1_000_000) -> tuple[int, list[str]]:
    """How many lines of Python's own library were looked at, and those that were taken to hold a secret."""
    lines, taken = 0, []
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        for line in filter(str.strip, file.read_text(encoding="utf-8", errors="replace").splitlines()):
            if lines == most:
                return lines, taken
            lines += 1
            taken += [line] if redact_text(line) != line else []
    return lines, taken
