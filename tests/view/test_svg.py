"""The picture of a graph."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape
from notebook_agent.view.svg import data_uri, graph_svg

SVG = "{http://www.w3.org/2000/svg}"
PAIR = Shape(
    (Box("ask", "action", "ask"), Box("tell", "action", "tell"), Box("input: q", "input", "input: q")),
    (Edge("input: q", "ask"), Edge("ask", "tell", "n < 3", True)),
)


def groups(svg: str) -> list[str]:
    return [group.attrib["class"] for group in ET.fromstring(svg).iter(f"{SVG}g")]


def test_every_box_edge_and_label_is_drawn():
    """Inputs, conditions and actions can be told apart."""
    drawn = ["from-input", "conditional", "label", "action", "action", "input"]
    assert drawn == groups(graph_svg(lay_out(PAIR)))


def test_marks_are_shown_and_named():
    """Colour is not the only sign: the title says it, and a badge."""
    svg = graph_svg(lay_out(PAIR), current="tell", failed="tell", visited=["ask"], edited=["tell"])
    titles = [title.text for title in ET.fromstring(svg).iter(f"{SVG}title")]
    assert "action tell, failed, edited" in titles
    assert "action ask, visited" in titles
    assert "badge" in groups(svg)


def test_a_graph_without_layout_is_a_column():
    """No engine, no edges, but still every box with its name."""
    wire = {**lay_out(PAIR), "laidOut": False}
    assert groups(graph_svg(wire)) == ["action", "action", "input"]


def test_unwritable_characters_do_not_break_the_picture():
    """XML has no NUL and no lone surrogate."""
    name = "a\x00b\ud800"
    texts = [
        node.text
        for node in ET.fromstring(graph_svg(lay_out(Shape((Box(name, "action", name),), ())))).iter(
            f"{SVG}text"
        )
    ]
    assert texts == ["a\ufffdb\ufffd"]


def test_the_address_holds_the_picture():
    """It is base64, so that no character of it can end an attribute."""
    svg = graph_svg(lay_out(PAIR))
    head, data = data_uri(svg).split(",")
    assert ["data:image/svg+xml;base64", svg] == [head, base64.b64decode(data).decode()]
