"""The exported page: the panel over stored steps, in one file that needs no kernel and no network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path

from notebook_agent.errors import AgentError
from notebook_agent.view.wire import Page

__all__ = ["bundled", "iframe", "render"]

_STATIC = Path(__file__).parent.parent / "static"
_HEIGHT = 690

_STYLE = """
.na-page { color-scheme: light dark; }
.na-framed { color-scheme: light; }
body { margin: 0; padding: 12px; background: light-dark(#fff, #14171c); }
#notebook-agent { max-width: 1500px; margin: 0 auto; }
"""


def bundled(name: str) -> Path:
    """Return where a file of the front end's bundle lies: `panel.js` or `panel.css`.

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

    Within a notebook, `framed`, it is light whatever the system prefers: a frame cannot tell the notebook's
    theme, and must not be black on a white page.
    """
    script = _unclosable(_text("panel.js"))
    style = _text("panel.css") + _STYLE
    return f"""\
<!doctype html>
<html lang="en" class="{"na-framed" if framed else "na-page"}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(title)}</title>
<style>{style}</style>
</head>
<body>
<div id="notebook-agent"></div>
<script id="notebook-agent-data" type="application/json">{_embedded(page)}</script>
<script type="module">{script}</script>
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
            '<div class="na-snapshot"><style>.na-snapshot:has(iframe) > img { display: none }</style>'
            f'<img alt="{html.escape(alt)}" src="{uri}">'
            '<iframe title="Agent, as recorded" sandbox="allow-scripts" '
            f'style="width: 100%; height: {_HEIGHT}px; border: 0" '
            f'srcdoc="{html.escape(render(page, alt, framed=True))}"></iframe></div>'
        ),
        "text/plain": alt,
    }


def _policy(script: str, style: str) -> str:
    rules = (
        "default-src 'none'",
        f"script-src 'sha256-{_sha256(script)}'",
        f"style-src 'sha256-{_sha256(style)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _embedded(page: Page) -> str:
    text = json.dumps(page, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _unclosable(script: str) -> str:
    """Write what would end or hide the script element in another way that means the same to JavaScript."""
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")
