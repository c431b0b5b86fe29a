"""Writes tests/fixtures/wire from a real run; both languages' tests read them.

python -m tests.make_wire_fixtures
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from notebook_agent.ids import Json
from notebook_agent.session.controls import Controls, break_at
from notebook_agent.session.workspace import Workspace
from notebook_agent.view import detail, overview, progress
from notebook_agent.view.sharing import Shared
from tests.story import FORK, Story, fixed_graph, tell

__all__ = ["FOLDER", "fixtures", "main"]

FOLDER = Path(__file__).parent / "fixtures" / "wire"
_BEGAN = 1_780_000_000.0
_SECONDS = {"startedAt", "createdAt"}
_MILLISECONDS = {"ms", "firstMs"}


def fixtures() -> dict[str, Json]:
    """Make each fixture by its name, with times, code ids and tracebacks that do not change."""
    with tempfile.TemporaryDirectory() as folder:
        story = tell(folder)
        made = _made(story)
        story.store.close()
    steady = {name: _Steady().value("", wire) for name, wire in made.items()}
    return steady | {"page_rows": _rows(steady["page"])}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, wire in fixtures().items():
        text = json.dumps(wire, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _made(story: Story) -> dict[str, Json]:
    graph, history, fork = fixed_graph(), story.main.history, story.fork.history
    shown = overview(history, graph)
    details = {f"{step.ref.run.app_id}@{step.seq}": detail(history, graph, step.ref) for step in history}
    details |= {
        f"{FORK}@{step.seq}": detail(fork, graph, step.ref) for step in fork if step.ref.run.app_id == FORK
    }
    details |= {f"{run['id']}@start": detail(_of(story, run["id"]), graph, None) for run in shown["runs"]}
    return {
        "overview": shown,
        "detail": detail(history, graph, 6),
        "detail_failed": detail(history, graph, 10),
        "control": _control(story),
        "progress": progress(fork, graph, n=7, since=7, text="public class HelloWorld {"),
        "page": {"overview": shown, "details": details, "note": "All steps are in this page."},
    }


def _rows(page: Json) -> Json:
    shared = Shared()
    shared.put(page)
    return json.loads(shared.text())


def _control(story: Story) -> object:
    workspace = Workspace({})
    workspace.take(story.main)
    break_at(workspace, "generate_image", "len(chat_history) > 4")
    return Controls(workspace).now()


def _of(story: Story, run: str) -> object:
    return story.fork.history if run == FORK else story.main.history


class _Steady:
    """Replaces what differs from one writing to the next."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}

    def value(self, key: str, value: Json) -> Json:
        if isinstance(value, dict):
            return {name: self.field(key, name, item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(key, item) for item in value]
        return value

    def field(self, parent: str, key: str, value: Json) -> Json:
        if key in _SECONDS and value is not None:
            return _BEGAN
        if key in _MILLISECONDS and value is not None:
            steady = 12.5 if key == "ms" else 3.5
            return [steady for _ in value] if isinstance(value, list) else steady
        if key == "traceback":
            return _traceback(str(value))
        if parent == "code" and key == "id" and isinstance(value, str):
            return self.codes.setdefault(value, f"{len(self.codes) + 1:016x}")
        return self.value(key, value)


def _traceback(text: str) -> str:
    """Keep the frames' functions and sources, but not where they lie."""
    return "\n".join(_frames(text))


def _frames(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not re.fullmatch(r"\s*[~^]+\s*", line):
            yield re.sub(r'File ".*?", line \d+', 'File "cell", line 5', line)


if __name__ == "__main__":
    main()
