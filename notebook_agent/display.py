"""How things are shown in a notebook: the live panel, and below it a page that lives without a kernel.

All that is registered here is taken away by `uninstall`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, cast

from notebook_agent import view
from notebook_agent.application import Application
from notebook_agent.boards import Boards
from notebook_agent.errors import AgentError
from notebook_agent.session import Agent, SilentScreen, looking
from notebook_agent.session.chatting import Chat
from notebook_agent.session.pages import page_of
from notebook_agent.session.screen import Board
from notebook_agent.view.escape import plural
from notebook_agent.view.values import visible

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from notebook_agent.widgets import Panel

__all__ = ["NotebookScreen", "Panels"]

_INTERVAL = 0.05
_LINES = 40
_PANELS = 16
_STALE = (
    "the page was loaded again, so the replay that is saved with the notebook stays as it was: "
    "%agent panel adds one that is kept up to date"
)


class NotebookScreen:
    """Print sentences, and the lines of running steps in one output that is updated."""

    def __init__(self, *, updates: bool) -> None:
        self._updates = updates
        self._handle: _Handle | None = None
        self._lines: Sequence[str] = ()
        self._printed = 0
        self._shown_at = 0.0

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        print(sentence)  # noqa: T201 - the cell's output is meant

    def begin(self) -> None:
        """Begin another output."""
        self._handle, self._lines, self._printed, self._shown_at = None, (), 0, 0.0

    def progress(self, lines: Sequence[str]) -> None:
        """Show the lines; where an output cannot be updated, print those that are final."""
        self._lines = lines
        if not self._updates:
            self._print()
        elif time.monotonic() - self._shown_at >= _INTERVAL:
            self._show()

    def end(self) -> None:
        """Show the last lines."""
        if self._updates and self._lines:
            self._show()

    def aside(self) -> NotebookScreen:
        """Return a screen with an output of its own."""
        return NotebookScreen(updates=self._updates)

    def _print(self) -> None:
        for line in self._lines[self._printed :]:
            if "…" not in line[:7]:
                print(line)  # noqa: T201 - the cell's output is meant
                self._printed += 1

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        left = len(self._lines) - _LINES
        before = [f"  .. {plural(left, 'step')} before"] if left > 0 else []
        bundle = {"text/plain": "\n".join([*before, *self._lines[-_LINES:]])}
        if self._handle is None:
            self._handle = _show_updatable(bundle)
        else:
            self._handle.update(bundle, raw=True)


class _Handle(Protocol):
    def update(self, obj: object, **kwargs: object) -> None: ...


@dataclass(slots=True)
class _Shown:
    """A panel on the screen, and the page below it that is sent again whenever a run has halted."""

    agent: Agent
    panel: Panel
    page: _Handle
    written: Callable[[], Mapping[str, str]]
    renews: bool = True
    stale: bool = False
    """Whether the page was sent where Jupyter finds no output again: to a notebook loaded again."""
    told: bool = False

    def start(self) -> None:
        """Follow the agent."""
        self.agent.workspace.rested.append(self.renew)

    def stop(self) -> None:
        """Close the panel; the page below it stays as it was sent last."""
        self.agent.workspace.rested.remove(self.renew)
        self.panel.close()

    def renew(self) -> None:
        """Send the page again."""
        if self.renews:
            self.stale = self.panel.loads > 0
            self.page.update(self.written(), raw=True)


class Panels:
    """Shows an agent, or an application, as the panel.

    A panel follows its agent: another run or step in view moves it, and its page is sent
    again whenever a run halts.
    """

    def __init__(self, shell: InteractiveShell, agent: Agent) -> None:
        self._shell: Any = shell
        self._agent = agent
        self._followed: list[_Shown] = []
        self._before: dict[type, object] = {}
        self._boards = Boards(self._open_run)

    def install(self) -> None:
        """Show agents and applications as panels from now on; only where a kernel can hold one."""
        Agent.drawn = True
        if hasattr(self._shell, "kernel"):
            formatter = self._formatter()
            shown: dict[type, Callable[[Any], None]] = {
                Agent: self.show,
                Application: self._show_application,
                Chat: self._show_chat,
            }
            for kind, show in shown.items():
                self._before[kind] = formatter.for_type(kind, show)
            self._agent.workspace.board = self._board

    def uninstall(self) -> None:
        """Show them as before."""
        Agent.drawn = False
        for kind, before in self._before.items():
            self._formatter().pop(kind, None)
            if before is not None:
                self._formatter().for_type(kind, before)
        self._before.clear()
        self._agent.workspace.board = None
        self._boards.close()
        for shown in self._followed:
            shown.stop()
        self._followed.clear()

    def after_cell(self) -> None:
        """Show what a cell changed by hand in the state of an application, and say what cannot be shown."""
        for agent in {id(shown.agent): shown.agent for shown in self._followed}.values():
            agent.workspace.tell_state()
        for shown in self._followed:
            if shown.stale and shown.renews and not shown.told:
                shown.told = True
                shown.agent.workspace.screen.say(_STALE)

    def show(self, agent: Agent) -> None:
        """Show an agent's line, its panel, and the page for where no kernel runs."""
        print(agent)  # noqa: T201 - the cell's output is meant
        if agent.workspace.app is None:
            return
        panel = self._made(lambda widgets: widgets.Panel(agent))
        if panel is None:
            _display(_picture(agent))
            return
        for before in self._followed:
            before.renews = before.renews and before.agent is not agent
        self._place(agent, panel, partial(_page, agent))

    def _board(self, stop: Callable[[], None]) -> Board | None:
        """Open where a grid of forks is shown, given what stops it."""
        return self._boards.open(stop) if self._agent.settings.display in {"auto", "widget"} else None

    def _open_run(self, run: str) -> str:
        reply = self._agent.backend.handle({"id": 0, "do": "switch", "run": run})
        hint = "" if self._followed else ": %agent panel shows it"
        return reply.get("error") or f"{reply.get('said', '')}{hint}"

    def _show_chat(self, chat: Chat) -> None:
        """Show what was said and a box for messages, and what was said where no kernel runs."""
        known = [shown.agent for shown in self._followed if shown.agent.workspace is chat.workspace]
        agent = known[0] if known else self._agent
        box = self._made(lambda widgets: widgets.ChatBox(agent, chat.wire))
        if box is None:
            _display(chat._repr_mimebundle_())
            return
        self._place(agent, box, partial(_said, chat))

    def _place(self, agent: Agent, panel: Panel, written: Callable[[], Mapping[str, str]]) -> None:
        _display(panel, raw=False)
        self._follow(_Shown(agent, panel, _show_updatable(written()), written))

    def _show_application(self, app: Application) -> None:
        if app is self._agent.workspace.app:
            self._agent.panel()
            self.show(self._agent)
            return
        viewers = [shown.agent for shown in self._followed if shown.agent is not self._agent]
        viewer = next((each for each in viewers if each.workspace.app is app), None)
        if viewer is None:
            viewer = Agent(self._agent.workspace.namespace, SilentScreen())
            viewer.workspace.take(app)
        viewer.panel()
        self.show(viewer)

    def _made(self, make: Callable[[ModuleType], Panel]) -> Panel | None:
        if self._agent.settings.display not in {"auto", "widget"}:
            return None
        try:
            from notebook_agent import widgets

            return make(widgets)
        except (ImportError, AgentError):
            if self._agent.settings.display == "widget":
                raise
            return None

    def _follow(self, shown: _Shown) -> None:
        """Keep all panels of an agent in step; of very many the oldest are closed.

        The page below an earlier one stays as it was sent last.
        """
        gone = [each for each in self._followed if not each.panel.lives]
        for each in gone:
            each.stop()
            self._followed.remove(each)
        shown.start()
        self._followed.append(shown)
        for oldest in self._followed[:-_PANELS]:
            oldest.stop()
        del self._followed[:-_PANELS]

    def _formatter(self) -> Any:
        return self._shell.display_formatter.ipython_display_formatter


def _page(agent: Agent) -> dict[str, str]:
    from notebook_agent.view import page

    picture = looking.picture(agent.workspace)
    made = page_of(agent.app.history, agent.app.graph)
    return page.iframe(made, picture.svg, visible(f"{agent.status()}\n\n{view.graph_text(agent.app.graph)}"))


def _said(chat: Chat) -> dict[str, str]:
    bundle = chat._repr_mimebundle_()
    return {**bundle, "text/html": f'<div class="na-snapshot">{bundle["text/html"]}</div>'}


def _picture(agent: Agent) -> dict[str, str]:
    return agent._repr_mimebundle_()


def _display(thing: object, *, raw: bool = True) -> None:
    _displayer()(thing, raw=raw)


def _show_updatable(bundle: Mapping[str, str]) -> _Handle:
    return cast("_Handle", _displayer()(bundle, raw=True, display_id=True))


def _displayer() -> Callable[..., object]:
    from IPython import display

    return display.display
