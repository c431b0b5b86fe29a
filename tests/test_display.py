"""How agents and applications are shown in a kernel, and what unloading leaves."""

import pytest

from tests.kernels import Kernel
from tests.session.chat import CELLS

pytestmark = pytest.mark.kernel

OUTPUT = '<div class="mathjax_ignore tex2jax_ignore">'
WIDGET = "application/vnd.jupyter.widget-view+json"
BUILD = """
from notebook_agent import ApplicationBuilder
app = ApplicationBuilder().with_graph(chat).with_entrypoint("prompt").build()
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """Give a kernel with the chat agent and an application, nothing loaded."""
    with Kernel(tmp_path_factory.mktemp("kernel")) as kernel:
        assert kernel.run(CELLS + BUILD).error is None
        yield kernel


def test_without_the_extension_an_application_is_a_picture(kernel):
    """Nothing has to be loaded for it."""
    shown = kernel.run("app").result
    assert shown["text/html"].startswith(f"{OUTPUT}<img src=")
    assert WIDGET not in shown


def test_with_the_extension_an_application_is_the_panel(kernel):
    """The live widget, and below it the page that stays when the kernel is gone."""
    kernel.run("%load_ext notebook_agent")
    cell = kernel.run("app")
    assert WIDGET in cell.displays[0]
    assert "iframe" in cell.displays[1]["text/html"]
    kernel.run("%unload_ext notebook_agent")


def test_the_display_can_be_set_to_a_picture(kernel):
    """`%config AgentMagics.display`."""
    kernel.run("%load_ext notebook_agent")
    kernel.run("%config AgentMagics.display = 'html'")
    cell = kernel.run("%agent use app")
    assert [WIDGET in data for data in cell.displays] == [False]
    assert "<img src=" in cell.displays[0]["text/html"]
    kernel.run("%unload_ext notebook_agent")


def test_unloading_shows_the_picture_again(kernel):
    """Formatters are as they were."""
    kernel.run("%load_ext notebook_agent")
    kernel.run("%unload_ext notebook_agent")
    assert kernel.run("app").result["text/html"].startswith(f"{OUTPUT}<img src=")
    assert kernel.run("%agent").stderr == "UsageError: Line magic function `%agent` not found.\n"


def test_without_the_extension_a_panel_is_the_widget(kernel):
    """Where an agent was taken into use by Python alone."""
    cell = kernel.run("import notebook_agent\nnotebook_agent.use(app).panel()")
    assert WIDGET in (cell.result or cell.displays[0])


def test_with_the_extension_a_panel_has_its_page(kernel):
    """Also one that a cell asks for by `agent.panel()`."""
    kernel.run("%load_ext notebook_agent\n%config AgentMagics.display = 'auto'")
    kernel.run("%agent use app;")
    cell = kernel.run("agent.panel()")
    kernel.run("%unload_ext notebook_agent")
    assert [WIDGET in cell.displays[0], "iframe" in cell.displays[1]["text/html"]] == [True, True]
