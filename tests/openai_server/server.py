"""A local OpenAI-compatible server (aimock, pinned in package.json) with the notebooks' prompts and answers.

The answers stand in chatbot.json and expenses.json; the picture is drawn here.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
PROGRAM = HERE / "node_modules" / ".bin" / "llmock"


def arrived(url: str) -> list[str]:
    """The endpoints of all requests that the server at this base URL got so far, in order."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/__aimock/journal") as reply:
        return [entry["path"].removeprefix("/v1/") for entry in json.load(reply)]


@contextlib.contextmanager
def chatbot_server(folder: Path) -> Iterator[str]:
    """Run the local server with the chatbot's answers on a free port and yield its base URL."""
    fixtures = json.loads((HERE / "chatbot.json").read_text())["fixtures"]
    picture = {"image": {"b64Json": base64.b64encode(fountain_pen()).decode()}}
    with local_server(
        folder, [*fixtures, {"match": {"endpoint": "image", "userMessage": "pen"}, "response": picture}]
    ) as url:
        yield url


@contextlib.contextmanager
def expenses_server(folder: Path) -> Iterator[str]:
    """Run the local server with the answers about receipts on a free port and yield its base URL."""
    fixtures = json.loads((HERE / "expenses.json").read_text())["fixtures"]
    with local_server(folder, fixtures) as url:
        yield url


@contextlib.contextmanager
def local_server(folder: Path, fixtures: list[dict[str, object]]) -> Iterator[str]:
    """Run the local server on a free port; what no fixture matches is refused. Yield its base URL."""
    (folder / "fixtures.json").write_text(json.dumps({"fixtures": fixtures}))
    port = free_port()
    process = subprocess.Popen([PROGRAM, "-p", str(port), "-f", folder / "fixtures.json", "--strict"])
    try:
        wait(f"http://127.0.0.1:{port}/__aimock/journal")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(10)


def fountain_pen() -> bytes:
    """Draw a pen that has just written a line, as a small PNG."""
    scale = 4
    image = Image.new("RGB", (320 * scale, 240 * scale), "#fbf8f1")
    draw = ImageDraw.Draw(image)

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * scale, y * scale) for x, y in points]

    wave = [(40 + t, 196 + 5 * (-1) ** (t // 9) * (1 - t / 190)) for t in range(0, 120, 3)]
    draw.line(at(*wave), fill="#2b3a67", width=2 * scale, joint="curve")
    draw.polygon(at((160, 193), (172, 166), (188, 180)), fill="#d9a441")
    draw.line(at((160, 193), (176, 175)), fill="#5c4311", width=scale)
    draw.polygon(at((172, 166), (188, 180), (206, 160), (190, 145)), fill="#1d2740")
    draw.polygon(at((190, 145), (206, 160), (271, 85), (254, 70)), fill="#2b3a67")
    draw.polygon(at((254, 70), (271, 85), (282, 70), (270, 59)), fill="#d9a441")
    draw.line(at((202, 147), (258, 82)), fill="#6f83bf", width=3 * scale)
    out = io.BytesIO()
    small = image.resize((320, 240), Image.Resampling.LANCZOS).quantize(32)
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def wait(url: str) -> None:
    """Return once the server answers; give up after ten seconds."""
    deadline = time.monotonic() + 10
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]
