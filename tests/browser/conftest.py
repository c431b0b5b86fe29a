"""One browser and one JupyterLab for all tests of this folder."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import lab

expect.set_options(timeout=30_000)
"""As long as a page may take where the machine is busy."""
FIXTURE = Path(__file__).parents[1] / "fixtures" / "wire" / "page.json"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def pytest_collection_modifyitems(items):
    """Keep the tests of this folder in one process, and skip them where there is no Chromium."""
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            if not Path(chromium).exists():
                item.add_marker(pytest.mark.skip(reason=f"no Chromium at {chromium}"))


@pytest.fixture(name="browser", scope="session")
def browser_fixture():
    with lab.chromium() as browser:
        yield browser


@pytest.fixture(name="root", scope="session")
def root_fixture(tmp_path_factory):
    """A copy of the notebooks, so that running them leaves the originals as they are."""
    root = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(NOTEBOOKS, root)
    return root


@pytest.fixture(name="open_notebook", scope="module")
def open_notebook_fixture(browser, server, root):
    """A function that opens a notebook, of these cells if there are any; its page may have no error."""
    opened = []

    def open_notebook(name, *cells):
        if cells:
            lab.write_notebook(root / name, *cells)
        page, problems = lab.new_page(browser)
        opened.append((lab.OpenNotebook(page, server, name), problems))
        return opened[-1][0]

    yield open_notebook
    for notebook, problems in opened:
        notebook.close()
        assert [] == problems


@pytest.fixture(name="server", scope="session")
def server_fixture(root, tmp_path_factory):
    store = root.parent / "store.db"
    with lab.jupyter_server(root, tmp_path_factory.mktemp("home"), NOTEBOOK_AGENT_STORE=str(store)) as server:
        yield server


@pytest.fixture(name="page_data", scope="session")
def page_data_fixture():
    return json.loads(FIXTURE.read_text())


@pytest.fixture(name="opened")
def opened_fixture(browser, tmp_path):
    """A function that opens HTML from a file and returns the page, its problems and its requests."""
    contexts = []

    def opened(text, **options):
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        contexts.append(browser.new_context(offline=True, **options))
        page = contexts[-1].new_page()
        page.problems, page.asked = [], []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda m: page.problems.append(m.text) if m.type == "error" else None)
        page.on("request", lambda r: page.asked.append(r.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
