"""The exported page as text: what it carries, and what it allows itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
import zlib
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from notebook_agent.view.page import bundled, iframe, render
from tests.sharing import unshared

FIXTURE = Path(__file__).parents[1] / "fixtures" / "wire" / "page.json"


@pytest.fixture(name="page")
def page_fixture():
    return json.loads(FIXTURE.read_text())


def scripts(text):
    return re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL)


def test_the_data_comes_back_as_it_was(page):
    """What the page's script reads is what was given."""
    (_, data), *_ = scripts(render(page, "t"))
    assert page == unshared(json.loads(data))


def test_no_text_of_the_data_is_markup(page):
    """A text that would close the script stays inside it."""
    page["note"] = "</script><script>alert(1)</script><!-- \u2028"
    text = render(page, "t")
    assert len(scripts(text)) == 4
    assert "alert(1)</script>" not in text
    assert page == unshared(json.loads(scripts(text)[0][1]))


def test_the_title_is_text(page):
    """A run's name is no markup."""
    assert "<title>&lt;b&gt;</title>" in render(page, "<b>")


def unpacked(text, name):
    packed = next(body for attributes, body in scripts(text) if f'id="{name}"' in attributes)
    return zlib.decompress(base64.b64decode(packed), -zlib.MAX_WBITS).decode()


def test_only_its_own_scripts_and_style_are_allowed(page):
    """The policy names them by the hash of what they unpack to, and nothing may be loaded."""
    text = render(page, "t")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1)

    def sha(part):
        return base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()

    bundle = unpacked(text, "notebook-agent-script")
    assert policy.split("; ") == [
        "default-src 'none'",
        f"script-src 'sha256-{sha(scripts(text)[-1][1])}' 'sha256-{sha(bundle)}'",
        f"style-src 'sha256-{sha(unpacked(text, 'notebook-agent-style'))}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    assert bundled("panel.js").read_text(encoding="utf-8") == bundle


def test_the_page_is_small(page):
    """Beside its data it is at most 60 kB."""
    text = render(page, "t")
    assert len(text.encode()) - len(scripts(text)[0][1].encode()) <= 60_000


def test_the_page_names_no_other_place(page):
    """No address stands in it but those of XML's names."""
    text = render(page, "t")
    assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}


def test_the_bundle_is_small():
    """It travels with each panel: at most 40 kB compressed."""
    sizes = [len(gzip.compress(bundled(name).read_bytes())) for name in ("panel.js", "panel.css")]
    assert sum(sizes) <= 40_000


def test_the_output_holds_a_picture_and_a_page_without_rights(page):
    """Where scripts may run the sandboxed page shows, else the picture, else the text."""
    bundle = iframe(page, "<svg/>", "a run")
    assert bundle.keys() == {"text/html", "text/plain"}
    assert 'sandbox="allow-scripts"' in bundle["text/html"]
    assert f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}" in bundle["text/html"]
    source = re.search(r'srcdoc="([^"]*)"', bundle["text/html"]).group(1)
    assert html.unescape(source) == render(page, "a run", framed=True)
    assert bundle["text/plain"] == "a run"


def test_a_framed_page_is_one_block_of_html_in_markdown(page):
    """An empty line would end it, and what a model said would be Markdown."""
    page["note"] = "![x](http://evil.test/a.png)"
    shown = iframe(page, "<svg/>", "3 steps\n\n![x](http://evil.test/a.png)")["text/html"]
    assert ["html_block"] == [token.type for token in MarkdownIt("commonmark").parse(shown)]
