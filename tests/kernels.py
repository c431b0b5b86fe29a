"""A real Jupyter kernel for tests: cells, TAB, `?`, errors and Stop."""

from __future__ import annotations

import os
import queue
import re
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from IPython.core import compilerop, completer
from jupyter_client.manager import KernelManager

__all__ = ["MATCHERS", "NUMBERED", "Cell", "Kernel"]

MATCHERS = pytest.mark.skipif(
    not hasattr(completer, "context_matcher"),
    reason="IPython before 8.6 mixes the words of all, and knows no step references",
)
NUMBERED = pytest.mark.skipif(
    not hasattr(compilerop.CachingCompiler, "format_code_name"),
    reason="IPython before 8 numbers no cells in tracebacks",
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Cell:
    """What a cell left: what it printed, what it displayed, and its error."""

    stdout: str = ""
    stderr: str = ""
    displays: list[dict[str, str]] = field(default_factory=list)
    updates: list[dict[str, str]] = field(default_factory=list)
    result: dict[str, str] | None = None
    error: str | None = None
    traceback: str = ""

    @property
    def text(self) -> str:
        """The cell's value as text."""
        return (self.result or {}).get("text/plain", "")

    def take(self, kind: str, content: dict) -> None:
        """Add one message of the kernel."""
        if kind == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif kind == "execute_result":
            self.result = content["data"]
        elif kind == "display_data":
            self.displays.append(content["data"])
        elif kind == "update_display_data":
            self.updates.append(content["data"])
        elif kind == "error":
            self.error = f"{content['ename']}: {content['evalue']}"
            self.traceback = _COLOURS.sub("", "\n".join(content["traceback"]))


class Kernel:
    """A running IPython kernel with this interpreter and this package."""

    def __init__(self, home: Path, **environment: str) -> None:
        self._manager = KernelManager()
        self._manager.kernel_spec.argv[0] = sys.executable
        package = str(Path(__file__).parent.parent)
        env = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), package))),
            "NOTEBOOK_AGENT_STORE": str(home / "store.db"),
            **environment,
        }
        for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
            if name not in environment:
                env.pop(name, None)
        env.update(HOME=str(home), IPYTHONDIR=str(home / "ipython"), PYDEVD_DISABLE_FILE_VALIDATION="1")
        self._manager.start_kernel(env=env, cwd=str(home))
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the kernel."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
        self._manager.cleanup_resources()

    def begin(self, code: str) -> str:
        """Start a cell and return the id to `end` it with."""
        return self._client.execute(code, store_history=True, stop_on_error=False)

    def end(self, cell_id: str, *, until: str | None = None, timeout: float = 60) -> Cell:
        """Collect what the cell leaves, up to its end or until its output contains `until`."""
        cell = Cell()
        deadline = time.monotonic() + timeout
        while True:
            message = self._message(deadline)
            if message["parent_header"].get("msg_id") != cell_id:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return cell
            cell.take(kind, content)
            if until and until in f"{cell.stdout}{cell.displays}{cell.updates}":
                return cell

    def run(self, code: str, timeout: float = 60) -> Cell:
        """Run a cell to its end."""
        return self.end(self.begin(code), timeout=timeout)

    def complete(self, code: str) -> list[str]:
        """Return what TAB offers at the end of `code`, as whole texts."""
        reply = self._client.complete(code, len(code), reply=True, timeout=30)["content"]
        return [code[: reply["cursor_start"]] + match for match in reply["matches"]]

    def inspect(self, code: str) -> str:
        """Return what a line with `?` shows in the pager."""
        reply = self._client.execute(code, reply=True, timeout=30)["content"]
        pages = [page["data"]["text/plain"] for page in reply["payload"] if page["source"] == "page"]
        return _COLOURS.sub("", "\n".join(pages))

    def kill(self) -> None:
        """End the kernel as a machine does that runs out of memory: with SIGKILL, at once."""
        self._manager.signal_kernel(signal.SIGKILL)
        deadline = time.monotonic() + 30
        while self._manager.is_alive() and time.monotonic() < deadline:
            self._manager.provisioner.process.wait(30)

    def interrupt(self) -> None:
        """Press Stop."""
        self._manager.interrupt_kernel()

    def _message(self, deadline: float) -> dict:
        while True:
            try:
                return self._client.get_iopub_msg(timeout=max(0.1, deadline - time.monotonic()))
            except queue.Empty as error:
                if time.monotonic() >= deadline:
                    raise TimeoutError("the kernel is silent") from error
