"""Whatever a model says is text: in the widget, the exported page, nbconvert's HTML and every repr."""

from __future__ import annotations

import pytest

from notebook_agent import ApplicationBuilder, State, action, view
from notebook_agent.session.pages import page_of
from notebook_agent.view.page import render
from tests.browser import lab
from tests.browser.payloads import PAYLOADS, everywhere

TABS = ("State", "Diff", "Calls", "Why", "Code", "Error")
SETUP = """
from notebook_agent import ApplicationBuilder, State, action
from tests.browser.payloads import PAYLOADS, everywhere
%load_ext notebook_agent

@action(reads=[], writes=[*everywhere(), "answer"])
def speak(state):
    return state.update(answer=PAYLOADS[0], **everywhere())

@action(reads=[], writes=[])
def fail(state):
    raise ValueError("\\n".join(PAYLOADS))

made = ApplicationBuilder().with_actions(speak, fail).with_transitions(("speak", "fail")).with_state(
    State(everywhere())).with_entrypoint("speak").build()
made.step()
"""
CELLS = (
    SETUP,
    "%agent use made",
    "try:\n    made.step()\nexcept ValueError:\n    pass",
    "%agent state",
    "%agent log",
    "%agent label here <b>x",
    "made",
    "made.state",
)


@action(reads=[], writes=[*everywhere(), "answer"])
def speak(state: State) -> State:
    """Say every payload."""
    return state.update(answer=PAYLOADS[0], **everywhere())


class Watched:
    """A page that counts calls of `hit`, and requests for what payloads name."""

    def __init__(self, browser, **options):
        self.page = browser.new_context(**options).new_page()
        self.asked = []
        self.page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1 }")
        self.page.on("request", lambda request: self.asked.append(request.url))

    def found(self):
        """Return the calls, and the requests that only a payload can have made."""
        return self.page.evaluate("window.hits"), [url for url in self.asked if "evil" in url]


def through_tabs(page):
    for tab in TABS:
        page.get_by_role("tab", name=tab).last.click()
    page.wait_for_timeout(300)


@pytest.fixture(name="app", scope="module")
def app_fixture():
    app = (
        ApplicationBuilder()
        .with_actions(speak)
        .with_state(State(everywhere()))
        .with_entrypoint("speak")
        .build()
    )
    app.run(halt_after=["speak"])
    return app


def test_there_are_two_hundred():
    """Each is another text."""
    assert len(set(PAYLOADS)) >= 200


def test_the_exported_page(browser, app, tmp_path):
    """Every step, every tab; the page asks for nothing but itself."""
    path = tmp_path / "page.html"
    path.write_text(render(page_of(app.history, app.graph), PAYLOADS[8]), encoding="utf-8")
    watched = Watched(browser, offline=True)
    watched.page.goto(path.as_uri())
    for seq in ("0", "-1"):
        watched.page.get_by_role("slider", name="Step").fill(seq)
        through_tabs(watched.page)
    assert ((0, []), [path.as_uri()]) == (watched.found(), watched.asked)


def test_every_repr(browser, app, tmp_path):
    """The HTML of a state, of a value and of a graph, in a page that allows everything."""
    shown = [view.state_html(app.state), view.value_html(view.state_wire(list(PAYLOADS)))]
    shown.append(view.graph_mimebundle(app.graph)["text/html"])
    path = tmp_path / "repr.html"
    path.write_text("<!doctype html>" + "".join(shown), encoding="utf-8")
    watched = Watched(browser)
    watched.page.goto(path.as_uri())
    watched.page.wait_for_timeout(300)
    assert ((0, []), [path.as_uri()]) == (watched.found(), watched.asked)


@pytest.fixture(name="watched", scope="module")
def watched_fixture(browser, server, root):
    """A notebook with every payload in its panel and its outputs, run in JupyterLab."""
    lab.write_notebook(root / "hostile.ipynb", *CELLS)
    watched = Watched(browser, viewport={"width": 1400, "height": 1000})
    notebook = lab.OpenNotebook(watched.page, server, "hostile.ipynb")
    for index in range(len(CELLS)):
        notebook.run_cell(index)
    yield watched, notebook
    notebook.close()


def test_the_widget(watched):
    """In a trusted notebook, with the kernel behind it."""
    page, notebook = watched
    notebook.run_cell(1)
    panel = page.page.get_by_role("region", name="Agent").last
    for seq in ("0", "-1", "1"):
        panel.get_by_role("slider", name="Step").fill(seq)
        through_tabs(panel.page)
    assert (0, []) == page.found()


def test_nbconvert(watched, browser, root):
    """The same notebook as HTML, where nothing is sanitised."""
    from nbconvert import HTMLExporter

    _, notebook = watched
    notebook.save()
    text, _ = HTMLExporter().from_filename(str(root / "hostile.ipynb"))
    path = root / "hostile.html"
    path.write_text(text, encoding="utf-8")
    reader = Watched(browser, offline=True)
    reader.page.goto(path.as_uri())
    frame = reader.page.frame_locator("iframe").last
    frame.get_by_role("slider", name="Step").fill("0")
    for tab in TABS:
        frame.get_by_role("tab", name=tab).click()
    assert (0, []) == reader.found()
