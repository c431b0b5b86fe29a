"""Graphs become coordinates, whatever their names are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape

NAMES = ["<b>bold</b>", 'quo"te', "new\nline", "\\N", "ünïcödé 漢字 🎨", "n0", "", "a:b|c{d}", "<<TABLE>>"]


def chain(*names: str) -> Shape:
    boxes = tuple(Box(name, "action", name) for name in names)
    edges = tuple(Edge(a, b, f"if {b}", True) for a, b in pairwise(names))
    return Shape(boxes, edges)


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_laid_out(name):
    """A name is never read as markup, as an attribute or as another node."""
    wire = lay_out(chain(name, "end of it"))
    assert [True, name, name] == [wire["laidOut"], wire["nodes"][0]["name"], wire["edges"][0]["source"]]


def test_boxes_lie_within_the_drawing():
    """The coordinates are those of the page: origin top left, y downwards."""
    wire = lay_out(chain("first", "second", "third"))
    ys = [node["y"] for node in wire["nodes"]]
    assert ys == sorted(ys)
    assert all(node["x"] + node["width"] / 2 <= wire["width"] for node in wire["nodes"])


def test_a_box_has_room_for_its_text():
    """A long name gets a wide box."""
    short, long = lay_out(chain("ab", "w" * 30))["nodes"]
    assert [short["width"] >= 40, long["width"] >= 30 * 12] == [True, True]


def test_every_edge_of_a_pair_is_drawn():
    """Two edges between the same boxes are two lines."""
    shape = Shape(
        (Box("a", "action", "a"), Box("b", "action", "b")), (Edge("a", "b", "x=1", True), Edge("a", "b"))
    )
    first, second = lay_out(shape)["edges"]
    assert [first["label"], second["label"]] == ["x=1", ""]
    assert first["path"] != second["path"]


def test_an_edge_onto_itself_is_drawn():
    """A loop has a line and a head."""
    (edge,) = lay_out(Shape((Box("a", "action", "a"),), (Edge("a", "a"),)))["edges"]
    assert [edge["path"][0], edge["head"][0]] == ["M", "M"]


def tangle(boxes: int) -> Shape:
    names = [f"a{n}" for n in range(boxes)]
    edges = [Edge(a, b, "n < 3") for step in (1, 7, 41) for a, b in zip(names, names[step:], strict=False)]
    return Shape(tuple(Box(name, "action", name) for name in names), tuple(edges))


def test_a_tangle_is_laid_out_in_a_hurry():
    """What would take minutes is drawn in a second, each box and label in its place."""
    wire = lay_out(tangle(300))
    assert [True, 300] == [wire["laidOut"], len({(node["x"], node["y"]) for node in wire["nodes"]})]
    assert all(edge["path"] and edge["labelX"] > 0 for edge in wire["edges"])


@pytest.mark.parametrize("direction", ["TB", "BT", "LR", "RL"])
def test_the_far_arrows_of_a_tangle_are_arcs_with_their_labels_on_them(direction):
    """An arc begins at the side of its box, and its label lies on it, within the drawing."""
    wire = lay_out(replace(tangle(300), direction=direction))
    edge = next(edge for edge in wire["edges"] if (edge["source"], edge["target"]) == ("a100", "a141"))
    (ends,) = re.findall(r"M([\d.]+),([\d.]+)C", edge["path"])
    start, points = tuple(map(float, ends)), [float(text) for text in re.findall(r"[\d.]+", edge["path"])]
    source = next(node for node in wire["nodes"] if node["name"] == "a100")
    across = direction in {"LR", "RL"}
    gap = abs(start[across] - (source["x"], source["y"])[across])
    assert gap == pytest.approx(source["height" if across else "width"] / 2, abs=0.2)
    middle = [(points[n] + 3 * points[n + 2] + 3 * points[n + 4] + points[n + 6]) / 8 for n in (0, 1)]
    assert [edge["labelX"], edge["labelY"]] == pytest.approx(middle, abs=0.2)
    assert 0 < edge["labelX"] < wire["width"]
    assert 0 < edge["labelY"] < wire["height"]


def test_a_tangle_without_any_graphviz_is_a_list(tmp_path):
    """The process apart finds no Graphviz either, and nobody waits for it or hears of it."""
    (tmp_path / "pygraphviz.py").write_text("raise ImportError\n")
    code = f"import sys\nsys.path.insert(0, {str(Path.cwd())!r})\n" + TANGLE
    environment = {**os.environ, "PATH": "", "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_an_empty_graph_is_laid_out():
    """No box is no error."""
    assert lay_out(Shape((), ()))["nodes"] == []


def test_equal_shapes_share_a_layout():
    """A graph is laid out once for its structure."""
    assert lay_out(chain("a", "b")) is lay_out(chain("a", "b"))


def test_many_threads_may_lay_out():
    """Graphviz is entered by one thread at a time."""
    found = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(lay_out(chain(f"a{n}", f"b{n}"))["laidOut"]))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 16


def in_a_process(code: str, path: str) -> tuple[str, str]:
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True
    )
    return done.stdout.strip(), done.stderr


TANGLE = """
from itertools import product
from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape
names = [f"a{n}" for n in range(100)]
edges = [Edge(a, b) for a, b in product(names, names) if a < b]
print(lay_out(Shape(tuple(Box(name, "action", name) for name in names), tuple(edges)))["laidOut"])
"""

LAY_OUT = """
from notebook_agent.view.layout import lay_out
from notebook_agent.view.shape import Box, Edge, Shape
wire = lay_out(Shape((Box("a", "action", "a"), Box("b", "action", "b")), (Edge("a", "b", "n < 3", True),)))
print(wire["laidOut"], wire["edges"][0]["path"] != "")
"""


def test_no_dot_program_is_needed(tmp_path):
    """The Graphviz within pygraphviz does it, and says nothing on stderr."""
    assert in_a_process(LAY_OUT, str(tmp_path)) == ("True True", "")


def test_without_any_graphviz_it_says_so(tmp_path):
    """Neither wheel nor program: the boxes are there, without a place."""
    hidden = "import sys; sys.modules['pygraphviz'] = None\n"
    assert in_a_process(hidden + LAY_OUT, str(tmp_path)) == ("False False", "")


def test_the_dot_program_serves_where_the_wheel_is_missing(tmp_path):
    """The program on the PATH is asked; one that fails is as none."""
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    hidden = "import sys; sys.modules['pygraphviz'] = None\n"
    assert in_a_process(hidden + LAY_OUT, str(tmp_path)) == ("False False", "")


def test_a_label_that_is_cut_is_told_whole_too():
    """Where it is drawn in full there is nothing more to tell."""
    boxes = (Box("a", "action", "a"), Box("b", "action", "b"))
    label = "n != [" + ", ".join("123456789") + ", 10, 11, 12, 13, 14, 15, 16]"
    cut, full = lay_out(Shape(boxes, (Edge("a", "b", label, True), Edge("b", "a", "n", True))))["edges"]
    assert (label, False) == (cut.get("whole"), "whole" in full)
