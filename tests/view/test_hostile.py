"""What a model writes is shown as text, whatever it contains."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest

from notebook_agent.action import action
from notebook_agent.condition import when
from notebook_agent.graph import Graph, GraphBuilder, Transition
from notebook_agent.view import graph_mermaid, graph_mimebundle, graph_svg, graph_wire, state_html
from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape
from notebook_agent.view.table import Table

HANDLERS = [
    "onload",
    "onerror",
    "onclick",
    "onfocus",
    "onmouseover",
    "onanimationstart",
    "ontoggle",
    "onbegin",
    "onpointerenter",
    "onwheel",
]
TAGS = [
    "script",
    "img",
    "svg",
    "iframe",
    "object",
    "embed",
    "style",
    "link",
    "meta",
    "base",
    "form",
    "input",
    "video",
    "audio",
    "details",
    "body",
    "math",
    "template",
]

PAYLOADS = [
    *(f"<{tag} {handler}=alert(1)>" for tag, handler in zip(TAGS, HANDLERS * 2, strict=False)),
    *(f'" {handler}="alert(1)' for handler in HANDLERS),
    *(f"' {handler}='alert(1)' x='" for handler in HANDLERS),
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</text></g></svg><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "<!--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    "<?xml-stylesheet href='javascript:alert(1)'?>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+",
    'data:image/png;base64," onerror="alert(1)',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\x00<script>alert(1)</script>",
    "\u2028<script>alert(1)</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "\ud800<script>alert(1)</script>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<svg><foreignObject><body onload=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<<SCRIPT>alert(1)//<</SCRIPT>",
    "${alert(1)}{{constructor.constructor('alert(1)')()}}",
    "`onerror=alert(1)`",
    "<img src=x:x onerror\n=\nalert(1)>",
    '<TABLE><TR><TD><IMG SRC="/etc/passwd"/></TD></TR></TABLE>',
    "%%{init: {'securityLevel': 'loose'}}%%",
    'click n0 href "javascript:alert(1)"',
]

ALLOWED = {
    "div": {"class"},
    "table": {"style"},
    "thead": set(),
    "tbody": set(),
    "tr": set(),
    "th": {"style"},
    "td": {"style"},
    "span": {"style"},
    "code": set(),
    "p": set(),
    "pre": set(),
    "img": {"src", "alt", "style", "width", "height"},
}
SVG_ALLOWED = {
    "svg": {"width", "height", "viewBox", "role"},
    "title": set(),
    "style": set(),
    "g": {"class"},
    "rect": {"x", "y", "width", "height", "rx"},
    "text": {"x", "y", "class"},
    "path": {"class", "d"},
    "circle": {"cx", "cy", "r"},
}


class Seen(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.bad: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        names = {name for name, _ in attrs}
        known = tag in ALLOWED and names <= ALLOWED[tag]
        if not known or any(name == "src" and not value.startswith("data:image/") for name, value in attrs):
            self.bad.append(f"<{tag} {attrs}>")

    def handle_comment(self, data):
        self.bad.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.bad.append(f"<!{decl}>")

    def unknown_decl(self, data):
        self.bad.append(f"<![{data}]>")

    def handle_pi(self, data):
        self.bad.append(f"<?{data}>")

    def handle_data(self, data):
        self.text += data


def svg_strangers(svg: str) -> list[str]:
    found = []
    for element in ET.fromstring(svg).iter():
        tag = element.tag.removeprefix("{http://www.w3.org/2000/svg}")
        if tag not in SVG_ALLOWED or not set(element.attrib) <= SVG_ALLOWED[tag]:
            found.append(f"{tag} {element.attrib}")
    return found


def graph_named(payload: str) -> Graph:
    @action(reads=["a"], writes=["a"])
    def node(state, option=None):
        return state

    made = node.action_function
    return Graph(
        [made.with_name(payload), made.with_name("end")],
        [Transition(payload, "end", when(a=payload))],
    )


def test_there_are_enough_payloads():
    """Each is a different way to break out."""
    assert len(set(PAYLOADS)) >= 65


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_picture_holds_no_foreign_element(payload):
    """Names, inputs and conditions of a graph are texts of the picture."""
    boxes = (Box(payload, "action", payload, (payload,), (payload,)), Box("b", "input", payload))
    shape = Shape(boxes, (Edge("b", payload, payload, True),), detailed=True)
    svg = graph_svg(lay_out(shape), current=payload, failed=payload, visited=[payload], edited=[payload])
    assert svg_strangers(svg) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_page_holds_no_foreign_element(payload):
    """Values, tables and the picture's alternative text are texts of the page."""
    value = {payload: [payload, (payload,), {payload}, payload.encode("utf-8", "replace")]}
    table = Table((payload,), ((payload,),)).html + Table((), (), empty=payload).html
    page = state_html(value) + table + graph_mimebundle(graph_named(payload))["text/html"]
    assert Seen(page).bad == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_value_is_shown_as_it_is(payload):
    """Nothing is lost by escaping but what a page cannot hold."""
    shown = Seen(state_html([f"text {payload}"])).text
    kept = payload.replace("\x00", "\ufffd").replace("\ud800", "?")
    assert f"text {kept}" in shown


@pytest.mark.parametrize("payload", PAYLOADS)
def test_mermaid_labels_hold_no_syntax(payload):
    """Between its quotes a label has words and numbered characters only."""
    lines = graph_mermaid(graph_named(payload)).splitlines()
    labels = "".join(line.split('"')[1] for line in lines if '"' in line)
    assert set(labels) & set("<>&'`\"(){}[]|\\%") == set()
    assert len(lines) == 8


def test_a_wire_without_layout_is_text():
    """The list that stands for the picture is escaped too."""
    wire = graph_wire(graph_named("<b>"))
    assert svg_strangers(graph_svg({**wire, "laidOut": False})) == []


def test_a_builder_takes_any_name():
    """The graph itself does not forbid such names."""

    @action(reads=[], writes=["a"])
    def node(state):
        return state

    assert "<b>" in GraphBuilder().with_actions(**{"<b>": node}).build().names
