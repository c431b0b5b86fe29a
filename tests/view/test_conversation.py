"""Calls as conversations: text stays text, code is coloured, pictures are checked."""

from __future__ import annotations

import base64
import html.parser
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notebook_agent.view import conversation_html, conversation_text
from notebook_agent.view.fences import fenced_html, parts
from tests.answers import PNG
from tests.calls.conftest import CALL

JAVA = 'Here:\n```java\nclass Hello { String s = "<b>"; }\n```\nDone.'


def asked(content, answer="ok", **changes):
    """Make a chat call."""
    request = {"model": "m", "messages": [{"role": "user", "content": content}]}
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": answer}}]}).encode()
    return replace(CALL, request=request, body=body, ended_at=1.0, **changes)


class Tags(html.parser.HTMLParser):
    """Collects the tags of a page and its text."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_code_is_parted_from_prose():
    """By its fences, with its language."""
    assert [("Here:\n", None), ('class Hello { String s = "<b>"; }\n', "java"), ("\nDone.", None)] == [
        tuple(part) for part in parts(JAVA)
    ]


def test_a_fence_that_is_never_closed_goes_to_the_end():
    """A stream may have been cut."""
    assert [("x = 1\n", "python")] == [tuple(part) for part in parts("```python\nx = 1\n")]


def test_code_is_coloured_and_escaped():
    """In the notebook's colours; the text is that of the code."""
    page = Tags(fenced_html(JAVA))
    assert 'class Hello { String s = "<b>"; }' in page.text
    assert {"div", "pre", "code", "span"} == {tag for tag, _ in page.tags}
    assert any("--jp-mirror-editor-keyword-color" in attrs.get("style", "") for _, attrs in page.tags)


def test_an_unknown_language_is_plain():
    """No colours, no error."""
    assert "&lt;x&gt;" in fenced_html("```nosuchlanguage\n<x>\n```")


@given(st.text(alphabet="`<>&\"'ab\n js=/:", max_size=80))
def test_no_text_becomes_markup(text):
    """Whatever a model writes, the page holds only our own tags, and all of its characters."""
    page = Tags(fenced_html(text))
    assert {tag for tag, _ in page.tags} <= {"div", "pre", "code", "span"}
    assert set(text) - set(page.text) <= {"\n", "`", *"jsab <>&\"'=/:"}
    assert all(attrs.keys() <= {"style"} for _, attrs in page.tags)


def test_pictures_are_shown_after_their_first_bytes_were_checked():
    """What is no picture is not; an address is a link that nobody follows for us."""
    content = [
        {"type": "text", "text": "look"},
        *(
            {"type": "image_url", "image_url": {"url": url}}
            for url in (
                f"data:image/png;base64,{base64.b64encode(PNG).decode()}",
                f"data:image/png;base64,{base64.b64encode(b'<svg onload=alert(1)>').decode()}",
                'https://example.org/pen.png?a=1&b="2',
                "javascript:alert(1)",
            )
        ),
    ]
    page = Tags(conversation_html(asked(content)))
    assert 1 == sum(tag == "img" for tag, _ in page.tags)
    [link] = [attrs for tag, attrs in page.tags if tag == "a"]
    assert ('https://example.org/pen.png?a=1&b="2', "noopener noreferrer") == (link["href"], link["rel"])
    text = conversation_text(asked(content))
    assert f"<image/png, {len(PNG)} B>" in text
    assert "image at javascript:alert(1)" in text


def test_secrets_are_masked_where_shown():
    """In the answer, which is kept exactly."""
    secret = "sk-proj-" + "a1B2" * 12
    for shown in (conversation_text, conversation_html):
        assert secret not in shown(asked("hi", f"use {secret}"))


def test_an_error_follows_what_had_come():
    """A stream that turned into an error shows both."""
    text = conversation_text(asked("hi", "one", error="Overloaded"))
    assert text.endswith("  user: hi\n  answer: one\n  error: Overloaded")


def test_the_title_says_what_it_took():
    """And what differs from the record, where it went live for that."""
    text = conversation_text(
        asked("hi", drift="model: 'm' → 'n'"), "against @4: the same request, the same answer"
    )
    assert [
        "chat/completions · m · live · HTTP 200 · 1.0 s",
        "  went live: model: 'm' → 'n'",
        "  against @4: the same request, the same answer",
    ] == text.splitlines()[:3]


@pytest.mark.parametrize("content", ["x" * 100_000, "\x00\ud800", ""])
def test_any_content_can_be_shown(content):
    """Long, unwritable or empty."""
    assert len(conversation_text(asked(content))) < 3_000
    conversation_html(asked(content))
