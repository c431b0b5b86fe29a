"""The exported page: the panel over stored steps, in one file that needs no kernel and no network."""

from __future__ import annotations

import base64
import hashlib
import html
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import cast

from notebook_agent.errors import AgentError
from notebook_agent.ids import Json
from notebook_agent.view.escape import escape, in_one_block
from notebook_agent.view.sharing import Shared
from notebook_agent.view.wire import Page

__all__ = ["bundled", "iframe", "render"]

_STATIC = Path(__file__).parent.parent / "static"
_HEIGHT, _HEIGHT_IN_DARK = 690, 700

_STYLE = f"""
.na-page {{ color-scheme: light dark; }}
.na-framed {{ color-scheme: light; }}
@media (min-height: {_HEIGHT_IN_DARK - 5}px) {{ .na-framed {{ color-scheme: dark; }} }}
body {{ margin: 0; padding: 12px; background: light-dark(#fff, #14171c); }}
.na-framed body {{ padding: 0; }}
#notebook-agent {{ max-width: 1500px; margin: 0 auto; font: 14px/1.5 system-ui, sans-serif; }}
"""
"""A frame without an origin cannot ask the notebook for its theme, so its height tells it."""

_LOADER = """\
const packed = id => Uint8Array.from(atob(document.getElementById(id).text), c => c.charCodeAt(0));
const unpack = id => new Response(new Blob([packed(id)]).stream()
  .pipeThrough(new DecompressionStream("deflate-raw"))).text();
const add = (element, text) => { element.textContent = text; document.head.append(element); };
try {
  add(document.createElement("style"), await unpack("notebook-agent-style"));
  const script = Object.assign(document.createElement("script"), { type: "module" });
  add(script, await unpack("notebook-agent-script"));
} catch {
  document.getElementById("notebook-agent").textContent = "This page needs a browser of 2023 or newer.";
}
"""
_FRAME = f"""\
.na-snapshot:has(iframe) > img {{ display: none }}
.na-snapshot iframe {{ width: 100%; height: {_HEIGHT}px; border: 0 }}
:is([data-jp-theme-light="false"], .vscode-dark, .dark) .na-snapshot iframe {{ height: {_HEIGHT_IN_DARK}px }}
"""


def bundled(name: str) -> Path:
    """Return where a file of the front end's bundle lies: `panel.js`, `panel.css`, `grid.js` or `grid.css`.

    Raises:
        AgentError: It was not built.
    """
    path = _STATIC / name
    if not path.exists():
        message = f"The panel's {name} is not there. Run `python hatch_build.py` in the source folder."
        raise AgentError(message, path=str(path))
    return path


def _text(name: str) -> str:
    return bundled(name).read_text(encoding="utf-8")


def render(page: Page, title: str, *, framed: bool = False) -> str:
    """Return the page as HTML that loads nothing and may run nothing but its own script.

    It is light or dark as the system prefers, or where it is `framed` as the notebook is. Script and
    style are packed, which makes the page half as large; what they unpack to is what the policy allows.
    """
    script, style = _text("panel.js"), _text("panel.css") + _STYLE
    return f"""\
<!doctype html>
<html lang="en" class="na-page{" na-framed" if framed else ""}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy((_LOADER, script), style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
</head>
<body>
<div id="notebook-agent"><noscript>{html.escape(title)}: this page needs JavaScript.</noscript></div>
<script id="notebook-agent-data" type="application/json">{_embedded(page)}</script>
<script id="notebook-agent-style" type="text/plain">{_packed(style)}</script>
<script id="notebook-agent-script" type="text/plain">{_packed(script)}</script>
<script type="module">{_LOADER}</script>
</body>
</html>
"""


def iframe(page: Page, picture: str, alt: str) -> dict[str, str]:
    """Return a MIME bundle: the page where scripts may run, else the SVG `picture`, else the text `alt`.

    A live panel that stands right before it in the notebook hides it.
    """
    uri = "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode("ascii")
    return {
        "text/html": (
            f'<div class="na-snapshot"><style>{_FRAME}</style>'
            f'<img alt="{escape(alt)}" src="{uri}">'
            '<iframe title="Agent, as recorded" sandbox="allow-scripts" '
            f'srcdoc="{in_one_block(html.escape(render(page, alt, framed=True)))}"></iframe></div>'
        ),
        "text/plain": alt,
    }


def _policy(scripts: Iterable[str], style: str) -> str:
    allowed = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    rules = (
        "default-src 'none'",
        f"script-src {allowed}",
        f"style-src 'sha256-{_sha256(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


@lru_cache(maxsize=4)
def _packed(text: str) -> str:
    """Deflate, in base64."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return base64.b64encode(deflate.compress(text.encode()) + deflate.flush()).decode("ascii")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _embedded(page: Page) -> str:
    shared = Shared()
    shared.put(cast("Json", page))
    return shared.text().replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
