"""Parts of a state that are too large to travel with it."""

from __future__ import annotations

import pytest

from notebook_agent.errors import AgentError
from notebook_agent.view.paging import value_page

STATE = {
    "a": 1,
    "long": [f"item {n}" for n in range(1000)],
    "text": "abc" * 30_000,
    "deep": {"x": {"y": [0, 1]}},
}


def test_a_page_of_a_list_begins_where_it_is_asked_to():
    """It says where it begins and how many items there are."""
    page = value_page(STATE, [1], 300)
    assert ("item 300", 300, 1000) == (page["items"][0], page["start"], page["size"])


def test_a_page_of_a_text():
    """By characters."""
    page = value_page(STATE, [2], 89_999)
    assert {"t": "text", "text": "c", "size": 90_000, "start": 89_999} == page


def test_a_page_of_a_mapping():
    """By keys in their order."""
    page = value_page(STATE, [], 3)
    assert ("deep", 3, 4) == (page["items"][0][0], page["start"], page["size"])


def test_a_path_leads_inwards():
    """Through mappings and lists."""
    assert 1 == value_page(STATE, [3, 0, 0, 1], 0)


def test_items_too_large_for_one_page_are_fewer():
    """They begin where they were asked to all the same."""
    page = value_page({"big": ["x" * 9_000] * 50}, [0], 10)
    assert (10, 50) == (page["start"], page["size"])
    assert 1 <= len(page["items"]) < 40


@pytest.mark.parametrize("path", [[9], [1, 5000], [0, 0]])
def test_a_place_that_is_not_there(path):
    """One sentence says so."""
    with pytest.raises(AgentError, match="no longer there"):
        value_page(STATE, path, 0)


def test_a_secret_at_the_cut_is_masked():
    """The whole text is masked before it is cut."""
    secret = "sk-proj-" + "aB3dE6gH9jK2mN5pQ8sT1vW4" * 2
    page = value_page({"text": f"key {secret} end"}, [0], 14)
    assert secret[10:30] not in page["text"]
