"""What `visualize` and a bare graph give."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from notebook_agent.action import action
from notebook_agent.builder import ApplicationBuilder
from notebook_agent.condition import on_error, when
from notebook_agent.errors import GraphError
from notebook_agent.graph import GraphBuilder
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
    with pytest.raises(GraphError, match=r"'nonsense' is no format of Graphviz: save it as \.svg"):
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


def catching_graph():
    """Two edges that exceptions take, beside one with a condition and plain ones."""
    made = {
        name: action(reads=[], writes=[])(lambda state: state) for name in ("fetch", "parse", "end", "sorry")
    }
    return (
        GraphBuilder()
        .with_actions(**made)
        .with_transitions(("fetch", "parse"), ("parse", "end", when(ok=True)), ("parse", "fetch"))
        .with_transitions(("fetch", "fetch", on_error(TimeoutError)))
        .on_error("sorry", ValueError, KeyError, sources=["parse"])
        .build()
    )


def test_edges_that_exceptions_take_are_red_and_say_which(no_program):
    """Also where no conditions are written; the others stay as they are."""
    drawn = ET.fromstring(visualize(catching_graph()).pipe(format="svg", encoding="utf-8"))
    groups = [g for g in drawn.iter("{http://www.w3.org/2000/svg}g") if "caught" in g.get("class").split()]
    titles = [title.text for g in groups for title in g.iter("{http://www.w3.org/2000/svg}title")]
    labels = [text.text for g in groups for text in g.iter("{http://www.w3.org/2000/svg}text")]
    assert ["fetch to fetch on TimeoutError", "parse to sorry on ValueError | KeyError"] == titles
    assert ["on TimeoutError", "on ValueError | KeyError"] == labels
    assert ".caught .line{stroke:#cf3227}" in ET.tostring(drawn, encoding="unicode")


def test_caught_edges_in_other_languages():
    """DOT and Mermaid colour them, the text names the exception in the place of a condition."""
    graph = catching_graph()
    edge = 'style=dashed color="#cf3227" fontcolor="#cf3227" label="on TimeoutError"'
    assert f'"fetch" -> "fetch" [{edge}]' in visualize(graph).source
    mermaid = graph_mermaid(graph)
    assert 'n0 -.->|"on TimeoutError"| n0' in mermaid
    assert "    linkStyle 3,4 stroke:#cf3227,color:#cf3227" in mermaid
    assert [
        "graph of 4 actions",
        *("  fetch", "    → parse", "    → fetch  on TimeoutError"),
        *(
            "  parse",
            "    → end  if ok=True",
            "    → fetch  otherwise",
            "    → sorry  on ValueError | KeyError",
        ),
        *("  end", "  sorry"),
    ] == graph_text(graph).splitlines()


def test_caught_edges_of_a_kept_graph_are_drawn_alike():
    """Its description says which they are."""
    graph = catching_graph()
    wire = graph_wire(graph.describe())
    assert graph_wire(graph) == wire
    assert [False, False, False, True, True] == [edge.get("caught", False) for edge in wire["edges"]]


def test_options_may_stand_in_their_places(no_program, tmp_path):
    """As people write it: path, conditions, state, view, engine, write_dot; of an application too."""
    graph = story_graph()
    app = ApplicationBuilder().with_graph(graph).with_entrypoint("prompt").build()
    for n, thing in enumerate((graph, app)):
        thing.visualize(str(tmp_path / f"{n}" / "graph.svg"), True, True, False, "graphviz", True)
        assert ["graph.dot", "graph.svg"] == sorted(path.name for path in (tmp_path / f"{n}").iterdir())
        assert "mode=generate_code<" in (tmp_path / f"{n}" / "graph.svg").read_text()
    with pytest.raises(GraphError, match="there is only 'graphviz'"):
        graph.visualize(engine="mermaid")


def test_a_copy_is_drawn_alike(no_program):
    """It is graphviz's own method. A PDF has the time of its making in it, an SVG has not."""
    drawing = visualize(story_graph())
    copied = drawing.copy()
    assert drawing.source == copied.source
    assert drawing.pipe(format="svg") == copied.pipe(format="svg")
    assert drawing._repr_mimebundle_() == copied._repr_mimebundle_()


def test_what_is_added_afterwards_is_drawn_too(no_program):
    """The picture never differs from its source; a program draws it then, pygraphviz's will do."""
    drawing = visualize(story_graph())
    drawing.node("mine", "a box of my own")
    assert "a box of my own" in drawing.pipe(format="svg", encoding="utf-8")
    assert "a box of my own" in picture(drawing._repr_mimebundle_()["text/html"])


@pytest.mark.skipif(sys.platform != "linux", reason="the opener is named so on Linux")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_file_is_opened_on_request(monkeypatch, tmp_path):
    """With view=True, by what the system opens files with; a temporary file where none is named."""
    opener, told = tmp_path / "xdg-open", tmp_path / "told"
    os.mkfifo(told)
    opener.write_text(f'#!/bin/sh\necho "$1" > {told}\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    visualize(story_graph(), tmp_path / "graph.svg", view=True)
    assert f"{tmp_path / 'graph.svg'}\n" == told.read_text()
    visualize(story_graph(), view=True)
    assert told.read_text().endswith("graph.svg\n")


def test_without_any_graphviz_a_graph_is_still_shown_and_written():
    """As a column of its actions in SVG; other formats say in one sentence what is possible."""
    code = """
import os, sys
os.environ["PATH"] = ""
sys.modules["pygraphviz"] = None
from notebook_agent.action import action
from notebook_agent.errors import GraphError
from notebook_agent.graph import GraphBuilder
graph = GraphBuilder().with_actions(go=action(reads=[], writes=[])(lambda state: state)).build()
drawing = graph.visualize()
print("<pre>graph of 1 action" in drawing._repr_mimebundle_()["text/html"])
print(drawing.pipe(format="svg").startswith(b"<svg "), drawing.pipe(format="gv").startswith(b"digraph"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "True\nTrue True\n" == done.stdout
