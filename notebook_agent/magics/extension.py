"""What `%load_ext notebook_agent` adds to a shell, and takes away again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_agent import calls
from notebook_agent._version import __version__
from notebook_agent.display import NotebookScreen, Panels
from notebook_agent.magics.completion import offer
from notebook_agent.magics.magic import AgentMagics
from notebook_agent.magics.tracebacks import Tracebacks
from notebook_agent.session import Agent, SilentScreen, current
from notebook_agent.tracking import default_path

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["Extension"]


class Extension:
    """The parts in one shell: magics, completion, events, displays, and the recording of LLM calls."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell: Any = shell
        self._agent: Agent = current()
        self._panels = Panels(shell, self._agent)
        self._tracebacks = Tracebacks(shell)
        self._had_calls = calls.installed()

    def load(self) -> None:
        """Add everything and print one line."""
        shell, workspace = self.shell, self._agent.workspace
        default_path()
        workspace.namespace = shell.user_ns
        workspace.screen = NotebookScreen(updates=hasattr(shell, "kernel"))
        magics = AgentMagics(shell, self._agent)
        shell.register_magics(magics)
        self._add_completion()
        shell.events.register("post_run_cell", self._after_cell)
        self._panels.install()
        self._tracebacks.install()
        calls.install()
        workspace.watcher.after_cell(shell.user_ns, None)
        print(_welcome(magics.ledger))  # noqa: T201 - its one line

    def unload(self) -> None:
        """Take everything away."""
        shell = self.shell
        for kind in ("line", "cell"):
            shell.magics_manager.magics[kind].pop("agent", None)
        shell.magics_manager.registry.pop("AgentMagics", None)
        shell.configurables[:] = [each for each in shell.configurables if not isinstance(each, AgentMagics)]
        self._remove_completion()
        shell.events.unregister("post_run_cell", self._after_cell)
        self._panels.uninstall()
        self._tracebacks.uninstall()
        self._agent.workspace.screen = SilentScreen()
        if not self._had_calls:
            calls.uninstall()

    def _after_cell(self, result: object) -> None:
        self._agent.after_cell(getattr(getattr(result, "info", None), "cell_id", None))
        self._panels.after_cell()

    def _add_completion(self) -> None:
        if _has_matchers():
            self._matcher = _matcher(self._agent)
            self.shell.Completer.custom_matchers.append(self._matcher)
            return
        self.shell.Completer.magic_arg_matchers.append(self._complete)

    def _remove_completion(self) -> None:
        if _has_matchers():
            self.shell.Completer.custom_matchers.remove(self._matcher)
            return
        self.shell.Completer.magic_arg_matchers.remove(self._complete)

    def _complete(self, _: str) -> list[str]:
        """Complete as IPython before 8.6 asks for: only the end after the last delimiter is replaced."""
        completer = self.shell.Completer
        line = completer.text_until_cursor
        found = offer(line, self._agent.words)
        if found is None:
            return []
        kept = len(found.fragment) - len(completer.splitter.split_line(line))
        return [word[kept:] for word in found.words]


def _welcome(ledger: str) -> str:
    replay = "" if ledger == "auto" else f" (replay: {ledger})"
    return f"notebook_agent {__version__}{replay}: %agent use GRAPH begins, %agent help lists all commands"


def _has_matchers() -> bool:
    from IPython.core import completer

    return hasattr(completer, "context_matcher")


def _matcher(agent: Agent) -> Any:
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="notebook_agent")  # type: ignore[untyped-decorator]  # IPython has no types here
    def match(context: Any) -> dict[str, object]:
        found = offer(context.text_until_cursor, agent.words)
        if found is None:
            return {"completions": []}
        return {
            "completions": [SimpleCompletion(word, type="agent") for word in found.words],
            "suppress": found.only,
            "matched_fragment": found.fragment,
        }

    return match
