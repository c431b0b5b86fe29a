"""The exported page in Chromium: opened from a file, with the network off."""

from __future__ import annotations

from importlib.resources import files

import pytest
from playwright.sync_api import expect

from notebook_agent.view.page import iframe, render

STYLE = files("notebook_agent") / "static" / "panel.css"
HOSTILE = "</script><script>hit()</script><img src=x onerror=hit()><svg onload=hit()>\"'><iframe srcdoc=x>"

REACHED = """() => {
  const rules = [...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).map(rule => rule.cssText);
  const names = new Set(rules.join(" ").match(/(?<=\\.)[a-z][\\w-]*/g));
  const styleOf = name => {
    const element = document.body.appendChild(document.createElement("span"));
    element.className = name;
    const style = getComputedStyle(element);
    const told = [...style].map(property => style[property]).join();
    element.remove();
    return told;
  };
  return [...names].filter(name => styleOf(name) !== styleOf(""));
}"""


def spoilt(value, text):
    """Replace every text but those that name steps, runs and shapes."""
    kept = {"id", "run", "parent", "status", "kind", "path", "head", "t", "mime", "data"}
    if isinstance(value, str):
        return text
    if isinstance(value, list):
        return [spoilt(item, text) for item in value]
    if isinstance(value, dict):
        return {key: item if key in kept else spoilt(item, text) for key, item in value.items()}
    return value


def test_it_scrubs_without_a_kernel(opened, page_data):
    """The slider moves through the stored steps, and nothing is loaded or goes wrong."""
    page = opened(render(page_data, "chat"))
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", "step 10 of 10: generate_image, failed")
    slider.fill("6")
    expect(slider).to_have_attribute("aria-valuetext", "step 6 of 10: generate_code, completed")
    page.get_by_role("tab", name="Calls").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("System.out.println")
    assert (page.problems, page.asked) == ([], [page.url])


def test_it_has_no_commands(opened, page_data):
    """Where there is no kernel there is no button that needs one."""
    page = opened(render(page_data, "chat"))
    page.get_by_role("region", name="Agent").wait_for()
    commands = [page.get_by_role("button", name=name, exact=True) for name in ("Run", "Retry", "Fork here")]
    assert [button.count() for button in commands] == [0, 0, 0]


def test_a_click_turns_to_a_fork(opened, page_data):
    """Lanes work too."""
    page = opened(render(page_data, "chat"))
    page.get_by_role("treeitem", name="fork1").click()
    slider = page.get_by_role("slider", name="Step")
    expect(slider).to_have_attribute("aria-valuetext", "step 7 of 7: response, completed")


def test_a_node_leads_to_its_visit(opened, page_data):
    """The graph is a way through time, also by keyboard."""
    page = opened(render(page_data, "chat"))
    page.get_by_role("button", name="action answer_question").press("Enter")
    expect(page.get_by_role("slider", name="Step")).to_have_value("2")


def test_it_works_in_the_sandbox_of_a_notebook_output(opened, page_data):
    """The same page within an output's frame, which hides the picture beside it."""
    page = opened(iframe(page_data, "<svg xmlns='http://www.w3.org/2000/svg'/>", "a run")["text/html"])
    inner = page.frame_locator("iframe")
    inner.get_by_role("slider", name="Step").fill("6")
    inner.get_by_text("Looking at step @6 of @10").wait_for()
    expect(page.get_by_role("img", name="a run")).not_to_be_visible()
    assert page.problems == []


@pytest.mark.parametrize("width", [600, 1400])
def test_in_a_notebook_nothing_lies_below_the_frame(opened, page_data, width):
    """Which does not grow with what is in it: the slider and the runs are seen at once."""
    output = iframe(page_data, "<svg xmlns='http://www.w3.org/2000/svg'/>", "a run")["text/html"]
    page = opened(output, viewport={"width": width, "height": 900})
    frame = page.frame_locator("iframe")
    frame.get_by_role("slider", name="Step").wait_for()
    inside = page.locator("iframe").bounding_box()
    runs = frame.get_by_role("tree", name="Runs").bounding_box()
    assert runs["y"] + runs["height"] <= inside["y"] + inside["height"]


def test_in_a_notebook_it_is_never_black(opened, page_data):
    """Whatever the system prefers: the output's page may be white."""
    output = iframe(page_data, "<svg xmlns='http://www.w3.org/2000/svg'/>", "a run")["text/html"]
    page = opened(output, color_scheme="dark")
    panel = page.frame_locator("iframe").get_by_role("region", name="Agent")
    assert panel.evaluate("it => getComputedStyle(it).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize(("theme", "colour"), [("true", "rgb(255, 255, 255)"), ("false", "rgb(20, 23, 28)")])
def test_in_a_notebook_it_takes_the_theme(opened, page_data, theme, colour):
    """Jupyter names its theme on the page's body; the system's preference does not count."""
    output = iframe(page_data, "<svg xmlns='http://www.w3.org/2000/svg'/>", "a run")["text/html"]
    page = opened(f'<body data-jp-theme-light="{theme}">{output}')
    panel = page.frame_locator("iframe").get_by_role("region", name="Agent")
    expect(panel).to_have_css("background-color", colour)


@pytest.mark.parametrize(("scheme", "colour"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(20, 23, 28)")])
def test_a_page_alone_takes_the_systems_colours(opened, page_data, scheme, colour):
    """Where no notebook is around it."""
    page = opened(render(page_data, "chat"), color_scheme=scheme)
    expect(page.get_by_role("region", name="Agent")).to_have_css("background-color", colour)


def test_hostile_text_runs_and_loads_nothing(opened, page_data):
    """Every text of the page is a payload; no tab runs it."""
    spoilt_page = {
        "overview": spoilt(page_data["overview"], HOSTILE) | {"version": 1},
        "details": {key: spoilt(detail, HOSTILE) for key, detail in page_data["details"].items()},
        "note": HOSTILE,
    }
    page = opened(render(spoilt_page, HOSTILE))
    for tab in ("State", "Diff", "Calls", "Why", "Code", "Error"):
        page.get_by_role("tab", name=tab).click()
    assert page.locator("img:not([src^='data:']), iframe, a, body script[src]").count() == 0
    assert (page.problems, page.asked) == ([], [page.url])


@pytest.mark.parametrize("width", [600, 900, 1400])
def test_nothing_is_cut_off(opened, page_data, width):
    """At each width the panel is as wide as its page, and no part lies over another."""
    page = opened(render(page_data, "chat"), viewport={"width": width, "height": 900})
    page.get_by_role("region", name="Agent").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    graph = page.get_by_role("group", name="Graph").bounding_box()
    tabs = page.get_by_role("tablist").bounding_box()
    slider = page.get_by_role("slider").bounding_box()
    if width > 700:
        assert graph["x"] + graph["width"] <= tabs["x"]
    else:
        assert graph["y"] + graph["height"] <= tabs["y"]
    assert tabs["y"] + tabs["height"] <= slider["y"]


def test_its_style_reaches_its_own_parts_alone(opened):
    """The words of a highlighted source in another output, such as `.nx`, look as they did."""
    page = opened(f"<style>{STYLE.read_text()}</style>")
    assert page.evaluate(REACHED) == ["na-panel"]
