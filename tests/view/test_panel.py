"""A run as the panel shows it."""

from __future__ import annotations

import gc
import json
from dataclasses import replace
from typing import Literal

import pytest

from notebook_agent import ApplicationBuilder, GraphBuilder, LocalTrackingClient, action
from notebook_agent.errors import UnknownStepError
from notebook_agent.ids import StepRef
from notebook_agent.store.protocol import StepRecord
from notebook_agent.view import detail, overview, progress
from notebook_agent.view.detail import asks, details
from notebook_agent.view.going import Going
from tests.columns import rows
from tests.make_wire_fixtures import FOLDER, fixtures
from tests.sharing import unshared
from tests.story import FORK, MAIN, fixed_graph, story_graph, tell

PLACES = {"x", "y", "width", "height", "path", "head", "labelX", "labelY"}


@pytest.fixture(name="story", scope="module")
def _story(tmp_path_factory):
    story = tell(str(tmp_path_factory.mktemp("store")))
    yield story
    story.store.close()


@pytest.fixture(name="written", scope="module")
def _written():
    return fixtures()


def placeless(wire):
    """Leave out coordinates, which differ between releases of Graphviz."""
    if isinstance(wire, dict):
        return {key: placeless(item) for key, item in wire.items() if key not in PLACES}
    return [placeless(item) for item in wire] if isinstance(wire, list) else wire


@pytest.mark.parametrize("name", ["overview", "detail", "detail_failed", "control", "progress", "page"])
def test_the_fixtures_are_up_to_date(written, name):
    """If not: python -m tests.make_wire_fixtures."""
    kept = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert placeless(json.loads(json.dumps(written[name]))) == placeless(kept)


def test_the_fixture_of_rows_is_the_page():
    """What a page's script reads, and what it makes of it."""
    kept = {name: json.loads((FOLDER / f"{name}.json").read_text()) for name in ("page", "page_rows")}
    assert unshared(kept["page_rows"]) == kept["page"]


def test_the_run_in_view_and_its_forks_are_lanes(story):
    """Each lane has its own steps and says where it began."""
    runs = overview(story.fork.history, story_graph())["runs"]
    lanes = [
        (run["id"], run["parent"], run["forkedAt"], [step["seq"] for step in rows(run["steps"])])
        for run in runs
    ]
    assert lanes == [(MAIN, None, None, list(range(11))), (FORK, MAIN, 4, [5, 6, 7])]


def test_a_failed_run_goes_on_with_the_failed_action(story):
    """Its status, next action and inputs say so."""
    shown = overview(story.main.history, story_graph())
    main = shown["runs"][0]
    assert [main["status"], main["next"], main["head"]] == ["failed", "generate_image", 10]
    assert shown["inputs"] == [{"name": "model", "required": False, "type": "text"}]


def test_what_an_input_takes_is_told_in_plain_words():
    """By its annotation, written out or not; where that does not say, anything may be written."""

    def take(  # noqa: PLR0913, PLR0917 - one of each kind
        state,
        a: str,
        b: int,
        c: float,
        d: bool,
        e: list[int],
        f: Literal["x", "y"],
        g: int | None,
        h,
    ):
        return state

    graph = GraphBuilder().with_actions(take=action(reads=[], writes=[])(take)).build()
    assert ["text", "a whole number", "a number", "true or false", "JSON", "any", "any", "any"] == [
        each["type"] for each in asks(graph, "take")
    ]


def test_steps_of_older_code_are_stale(story):
    """Only those of the action that was edited."""
    steps = rows(overview(story.main.history, fixed_graph())["runs"][0]["steps"])
    assert [step["seq"] for step in steps if step["stale"]] == [10]


def test_totals_are_those_of_the_run_and_its_past(story):
    """What was served from the ledger took nothing."""
    shown = overview(story.fork.history, story_graph())["totals"]
    assert shown == {"calls": 4, "replayed": 2, "tokens": 252, "cost": 0.001}


def test_a_detail_of_another_run_of_the_family(story):
    """A reference names its run."""
    shown = detail(story.main.history, story_graph(), StepRef(story.fork.key, 6))
    assert [shown["run"], shown["seq"], shown["calls"][0]["replayed"]] == [FORK, 6, True]


def test_a_failed_step_keeps_the_state_before_it(story):
    """It shows the error, and no difference."""
    shown = detail(story.main.history, story_graph(), -1)
    assert [shown["seq"], shown["diff"], shown["error"] and shown["error"]["message"]] == [
        10,
        [],
        "Demo error",
    ]


def test_the_start_is_the_initial_state(story):
    """Nothing ran yet."""
    shown = detail(story.main.history, story_graph(), None)
    empty = {"t": "list", "items": [], "size": 0, "type": "list"}
    assert shown["state"] == {"t": "dict", "items": [["chat_history", empty]], "size": 1}


def test_an_edit_at_a_fork_is_the_difference_at_its_start(tmp_path):
    """The fork's first step is compared with the edited state, not with the parent's."""
    story = tell(str(tmp_path))
    fork = story.main.fork(4, state={"prompt": "draw a pen"}, app_id="edited")
    with pytest.raises(ValueError, match="Demo error"):
        fork.run(halt_after=["response"])
    start = detail(fork.history, story_graph(), None)
    first = detail(fork.history, story_graph(), 5)
    paths = [[each["path"] for each in shown["diff"]] for shown in (start, first)]
    story.store.close()
    assert paths == [["prompt"], ["mode"]]


def test_the_head_has_the_state_as_it_was_changed_by_hand(tmp_path):
    """Until the next step, which begins from it; in the panel and in a page that is kept."""
    builder = ApplicationBuilder().with_graph(story_graph()).with_entrypoint("prompt").with_state(n=1)
    app = builder.with_tracker(LocalTrackingClient("hand", str(tmp_path / "store.db"))).build()
    app.update_state(app.state.update(n=7))
    shown = [detail(app.history, app.graph, None), *details(app.history, app.graph, [StepRef(app.key, None)])]
    assert [[["n", 7]]] * 2 == [each["state"]["items"] for each in shown]
    app.step(inputs={"prompt": "hello"})
    assert [["n", 1]] == detail(app.history, app.graph, None)["state"]["items"]


def test_an_unknown_step_is_an_error(story):
    """It says which there are."""
    with pytest.raises(UnknownStepError):
        detail(story.main.history, story_graph(), 99)


def test_a_long_run_is_not_kept_in_memory(story):
    """What was told of a step is let go of, but for the newest two: they tell the next change."""
    history, graph = story.fork.history, story_graph()
    going, last = Going(history), history[-1]
    for seq in range(8, 208):
        going.end(replace(last, ref=StepRef(history.key, seq), action=f"told {seq}"))
        going.progress(graph, n=seq, since=seq)
    del last
    gc.collect()
    kept = [each for each in gc.get_objects() if isinstance(each, StepRecord) and "told" in each.action]
    assert {"told 206", "told 207"} == {each.action for each in kept}


def test_progress_carries_what_is_new(story):
    """The steps since a number, and the newest whole."""
    shown = progress(story.fork.history, story_graph(), n=3, since=6, text="so far")
    newest = shown["detail"]
    assert newest is not None
    assert [[step["seq"] for step in rows(shown["run"]["steps"])], newest["seq"], shown["text"]] == [
        [6, 7],
        7,
        "so far",
    ]
