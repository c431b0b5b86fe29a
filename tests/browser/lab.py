"""A real JupyterLab or Notebook 7 on 127.0.0.1, and a notebook opened in it by a real Chromium."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUIET = {"@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False}}
DARK = {"@jupyterlab/apputils-extension/themes": {"theme": "JupyterLab Dark"}}
HERE = (
    "const panel = window.jupyterapp?.shell?.currentWidget;"
    "const session = panel?.sessionContext, kernel = session?.session?.kernel;"
)


@dataclass(frozen=True)
class JupyterServer:
    """Where the server listens and what its front end is: `lab` or `notebook`."""

    url: str
    kind: str


@contextlib.contextmanager
def jupyter_server(
    root: Path,
    home: Path,
    *,
    kind: str = "lab",
    settings: Mapping[str, object] | None = None,
    kernels: Mapping[str, Path] | None = None,
    **env: str,
) -> Iterator[JupyterServer]:
    """Serve `root`, with every setting kept under `home`; `env` goes to the kernels.

    `kernels` are further ones by name, each with a folder of packages that it finds first.
    """
    for name, packages in (kernels or {}).items():
        write(home / "data" / "kernels" / name / "kernel.json", kernelspec(name, packages))
    for plugin, values in {**QUIET, **(settings or {})}.items():
        write(home / "lab-settings" / f"{plugin}.jupyterlab-settings", values)
    write(home / "config" / "labconfig" / "page_config.json", {"exposeAppInBrowser": "true"})
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with open(home / "server.log", "wb") as log:  # noqa: PTH123 - handed to the process
        process = subprocess.Popen(
            command(kind, root, port), env={**os.environ, **folders(home), **env}, stdout=log, stderr=log
        )
    try:
        wait_until_up(f"{url}/api/status", home / "server.log")
        yield JupyterServer(url, kind)
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server, which may have more to do than it can in good time where the machine is busy."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def command(kind: str, root: Path, port: int) -> list[str]:
    """The server's command line: no token, no browser, this machine only."""
    return [
        sys.executable,
        "-m",
        {"lab": "jupyterlab", "notebook": "notebook"}[kind],
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={root}",
        "--ServerApp.password=",
        "--ServerApp.disable_check_xsrf=True",
        "--IdentityProvider.token=",
    ]


def kernelspec(name: str, packages: Path) -> dict[str, object]:
    """A kernel of this interpreter that finds the packages of a folder first."""
    paths = [str(packages), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    return {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": name,
        "language": "python",
        "env": {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
    }


def folders(home: Path) -> dict[str, str]:
    """Everything that Jupyter would otherwise keep in the user's home."""
    names = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "lab-settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return {name: str(home / folder) for name, folder in names.items()}


@contextlib.contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """A headless Chromium, the one that `CHROMIUM` names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=[*FLAGS, *flags]
        )
        try:
            yield browser
        finally:
            browser.close()


def new_page(
    browser: Browser, *, width: int = 1400, height: int = 1000, dark: bool = False
) -> tuple[Page, list[str]]:
    """A fresh page and the list that its errors are written to."""
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    return page, problems


class OpenNotebook:
    """A notebook that is open in a page, and its kernel."""

    def __init__(self, page: Page, server: JupyterServer, path: str) -> None:
        self.page = page
        self.kind = server.kind
        route = {"lab": "lab/workspaces/auto-fresh/tree", "notebook": "notebooks"}[server.kind]
        page.goto(f"{server.url}/{route}/{path}?reset")
        self.wait_for("session?.isReady && kernel?.status === 'idle'")

    def run_all(self, *, wait: bool = True) -> None:
        """Run every cell; without `wait` return at once."""
        self.start("notebook:run-all-cells", wait=wait)

    def run_cell(self, index: int, *, wait: bool = True) -> None:
        """Run one cell, counted from 0, markdown included."""
        self.js(f"panel.content.activeCellIndex = {index}; panel.content.deselectAll(); return null")
        self.start("notebook:run-cell", wait=wait)

    def start(self, command_id: str, *, wait: bool) -> None:
        """Execute a command of the page's own application."""
        self.js(
            "window.cellsRunning = true;"
            f"window.jupyterapp.commands.execute('{command_id}')"
            ".finally(() => { window.cellsRunning = false }); return null"
        )
        if wait:
            self.wait_until_done()

    def wait_until_done(self) -> None:
        """Wait for the cells that were started last."""
        self.page.wait_for_function("!window.cellsRunning", timeout=120_000)

    def evaluate(self, expression: str) -> object:
        """Ask the kernel for the value of a Python expression; the value must be JSON."""
        code = json.dumps(f"__import__('json').dumps({expression})")
        reply = self.js(
            "const future = kernel.requestExecute({code: '', silent: true, store_history: false,"
            f" user_expressions: {{x: {code}}}}});"
            "return (await future.done).content.user_expressions.x"
        )
        if reply["status"] != "ok":
            raise RuntimeError(f"{expression}: {reply['ename']}: {reply['evalue']}")
        return json.loads(ast.literal_eval(reply["data"]["text/plain"]))

    def errors(self) -> list[str]:
        """The exceptions that cells ended with."""
        cells = self.js("return panel.content.model.toJSON().cells")
        outputs = [output for cell in cells for output in cell.get("outputs", [])]
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"]

    def change_theme(self, name: str) -> None:
        """Show everything in a theme, such as `JupyterLab Dark`."""
        self.js(f"await window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{name}'}})")
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    def save(self) -> None:
        """Write the notebook to its file."""
        self.js("await panel.context.save(); return null")

    def close(self) -> None:
        """End the kernel, so that opening the notebook again gets a new one."""
        self.js("await session.shutdown(); return null")
        self.page.context.close()

    def evaluate_until(self, expression: str, value: object, patience: float = 30) -> bool:
        """Ask the kernel again and again until it says `value`, for so many seconds at most."""
        deadline = time.monotonic() + patience
        while self.evaluate(expression) != value:
            if time.monotonic() > deadline:
                return False
        return True

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript condition on `panel`, `session` and `kernel` holds."""
        self.page.wait_for_function(f"() => {{ {HERE} return Boolean({condition}) }}", timeout=90_000)

    def js(self, body: str) -> object:
        """Run JavaScript with `panel`, `session` and `kernel` at hand."""
        return self.page.evaluate(f"async () => {{ {HERE} {body} }}")


def write_notebook(path: Path, *cells: str, kernel: str = "python3") -> None:
    """Write a notebook of code cells."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(notebook, path)


def wait_until_up(url: str, log: Path) -> None:
    """Return once the server answers; say what it logged where it does not."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text()[-2000:])
        time.sleep(0.1)


def wait_for_file(path: Path) -> None:
    """Return once a file is there, which a cell that blocks its kernel writes as a sign."""
    deadline = time.monotonic() + 60
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path.name} was not written")
        time.sleep(0.05)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def write(path: Path, value: object) -> None:
    """Write a JSON file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
