"""What has room in the panel: no part lies over another or is cut off, however long a value is."""

from __future__ import annotations

from itertools import pairwise

import pytest

from notebook_agent.view.page import render


def dict_of(**items):
    """A dict as it goes over the wire."""
    return {"t": "dict", "size": len(items), "items": [[name, item] for name, item in items.items()]}


def page_with(page_data, **changes):
    """The page of a run in which every step has these details."""
    details = {key: detail | changes for key, detail in page_data["details"].items()}
    return render(page_data | {"details": details}, "a run")


def opened_at(opened, text, width, tab):
    """The panel of a page of a width, and the part below its tabs."""
    page = opened(text, viewport={"width": width, "height": 900})
    page.get_by_role("tab", name=tab).click()
    return page.get_by_role("region", name="Agent"), page.get_by_role("tabpanel")


@pytest.mark.parametrize("width", [360, 900, 1400])
def test_entries_of_a_nested_value_stand_below_each_other(opened, page_data, width):
    """And each stays within its tab, be its key or its text long, or the tree deep."""
    inner = dict_of(role="user", content="word " * 2000, **{"a_long_key_" * 9: "short"}, mark="x" * 500)
    state = dict_of(x=dict_of(y=dict_of(z=inner)))
    _, pane = opened_at(opened, page_with(page_data, state=state), width, "State")
    boxes = [item.bounding_box() for item in pane.get_by_role("listitem").all()[2:]]
    assert 4 == len(boxes)
    assert [] == [(one, other) for one, other in pairwise(boxes) if one["y"] + one["height"] > other["y"]]
    assert pane.evaluate("it => it.scrollWidth <= it.clientWidth")


def test_a_short_key_is_never_broken(opened, page_data):
    """It stands on one line above its long text."""
    state = dict_of(x=dict_of(content="word " * 2000))
    _, pane = opened_at(opened, page_with(page_data, state=state), 360, "State")
    key = pane.get_by_text("content", exact=True).bounding_box()
    text = pane.get_by_text("word word").bounding_box()
    assert key["height"] < 25
    assert key["y"] + key["height"] <= text["y"]


def test_a_number_of_many_digits_stays_in_its_row(opened, page_data):
    """It wraps, as a text does, and lies under no button."""
    _, pane = opened_at(
        opened, page_with(page_data, state=dict_of(score=1.2345678901234567e-300)), 260, "State"
    )
    assert pane.evaluate("it => it.scrollWidth <= it.clientWidth")


@pytest.mark.parametrize("width", [600, 900, 1400])
def test_no_label_lies_under_the_zoom_buttons(opened, page_data, width):
    """The whole graph is seen beside or above them, its lower right corner too."""
    graph = page_data["overview"]["graph"]
    corner = graph["edges"][0] | {
        "label": "n < 10",
        "labelX": graph["width"] - 20,
        "labelY": graph["height"] - 8,
    }
    overview = page_data["overview"] | {"graph": graph | {"edges": [corner]}}
    page = opened(
        render(page_data | {"overview": overview}, "a run"), viewport={"width": width, "height": 900}
    )
    page.get_by_role("button", name="Fit graph").click()
    label = page.get_by_role("group", name="Graph").get_by_text("n < 10", exact=True).bounding_box()
    button = page.get_by_role("button", name="Zoom in").bounding_box()
    assert label["x"] + label["width"] <= button["x"] or label["y"] + label["height"] <= button["y"]


def test_a_narrow_panel_shows_all_its_tabs(opened, page_data):
    """None has to be scrolled to."""
    panel, _ = opened_at(opened, render(page_data, "a run"), 260, "State")
    box = panel.bounding_box()
    tabs = [tab.bounding_box() for tab in panel.get_by_role("tab").all()]
    assert [] == [tab for tab in tabs if tab["x"] + tab["width"] > box["x"] + box["width"]]
