"""What `visualize` and a bare graph give."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

import pytest

from notebook_agent.errors import GraphError
from notebook_agent.view import graph_dot, graph_mermaid, graph_mimebundle, graph_text, graph_wire, visualize
from tests.story import story_graph


@pytest.fixture(name="no_program")
def _no_program(monkeypatch, tmp_path):
    """A PATH on which there is no `dot`."""
    monkeypatch.setenv("PATH", str(tmp_path))


def picture(html: str) -> str:
    data = html.split("base64,", 1)[1].split('"', 1)[0]
    return base64.b64decode(data).decode()


def test_a_drawing_is_a_digraph_that_shows_itself(no_program):
    """An image in HTML and a text, never image/svg+xml."""
    import graphviz

    drawing = visualize(story_graph())
    bundle = drawing._repr_mimebundle_()
    assert isinstance(drawing, graphviz.Digraph)
    assert sorted(bundle) == ["text/html", "text/plain"]
    assert ET.fromstring(picture(bundle["text/html"])).tag == "{http://www.w3.org/2000/svg}svg"


def test_conditions_are_left_out_unless_asked_for(no_program):
    """As in the talk: visualize() has none, a bare app has them."""
    plain = picture(visualize(story_graph())._repr_mimebundle_()["text/html"])
    bare = picture(graph_mimebundle(story_graph())["text/html"])
    assert [text in plain for text in ("mode=generate_code<", "stroke-dasharray")] == [False, True]
    assert "mode=generate_code<" in bare


def test_what_actions_read_and_write_is_shown_when_asked_for(no_program):
    """Each box has a line for it."""
    drawing = visualize(story_graph(), include_state=True)
    assert "reads: response, mode" in picture(drawing._repr_mimebundle_()["text/html"])


@pytest.mark.parametrize(
    ("suffix", "start"), [("svg", b"<svg "), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("gv", b"digraph {")]
)
def test_files_are_written_without_a_program(no_program, tmp_path, suffix, start):
    """The suffix says the format."""
    path = tmp_path / f"graph.{suffix}"
    visualize(story_graph(), path)
    assert path.read_bytes().startswith(start)


def test_the_source_is_written_beside_the_file(no_program, tmp_path):
    """With write_dot."""
    visualize(story_graph(), tmp_path / "graph.svg", write_dot=True)
    assert (tmp_path / "graph.dot").read_text() == visualize(story_graph()).source


def test_an_unknown_format_is_told(no_program, tmp_path):
    """One sentence, with what works."""
    with pytest.raises(GraphError, match=r"cannot be drawn as 'nonsense' here.*Save it as \.svg"):
        visualize(story_graph(), tmp_path / "graph.nonsense")


def test_graphviz_methods_work(no_program, tmp_path):
    """Pipe and render are those of a Digraph."""
    drawing = visualize(story_graph())
    assert drawing.pipe(format="svg", encoding="utf-8").startswith("<svg ")
    assert drawing.render("graph", tmp_path, format="svg", cleanup=True) == str(tmp_path / "graph.svg")


def test_the_graph_and_its_description_are_drawn_alike():
    """What is kept with a run is enough for the picture."""
    graph = story_graph()
    assert graph_wire(graph) == graph_wire(graph.describe())


def test_inputs_are_shared_boxes():
    """`model` goes to three responders from one box; bound parameters are no inputs."""
    wire = graph_wire(story_graph())
    inputs = [node["name"] for node in wire["nodes"] if node["kind"] == "input"]
    targets = [edge["target"] for edge in wire["edges"] if edge["source"] == "input: model"]
    assert inputs == ["input: prompt", "input: model"]
    assert targets == ["generate_image", "generate_code", "answer_question"]


def test_the_text_reads_well():
    """Marks, facts and edges, a line each."""
    text = graph_text(story_graph(), failed="generate_image", edited=["response"]).splitlines()
    assert text[:5] == [
        "graph of 7 actions",
        "  prompt · takes prompt · writes chat_history, prompt",
        "    → decide_mode",
        "  decide_mode · reads prompt · writes mode",
        "    → generate_image  if mode=generate_image",
    ]
    assert "✖ generate_image · takes model · reads prompt, chat_history, mode · writes response" in text
    assert "  response  (edited) · reads response, mode · writes chat_history" in text


def test_other_languages():
    """Labels are quoted in DOT and in Mermaid."""
    assert '"decide_mode" -> "generate_code" [style=dashed label="mode=generate_code"]' in graph_dot(
        story_graph()
    )
    assert 'n1 -.->|"mode=generate_code"| n3' in graph_mermaid(story_graph())
