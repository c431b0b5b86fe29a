"""No noise: what a run says unasked, and to whom."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from notebook_agent.builder import ApplicationBuilder


def asking(driver):
    """One action that takes an input and what the engine gives, then the end of the graph."""

    def go(state, prompt, __context, __tracer):
        if prompt == "fail":
            raise ValueError("no")
        return state

    made = driver.action(reads=[], writes=[])(go)
    return ApplicationBuilder().with_actions(go=made).with_entrypoint("go").build()


def test_the_end_of_a_graph_is_no_news(driver, caplog, capsys, recwarn):
    """Nothing is logged, warned of or printed, then and when there is nothing left to run."""
    caplog.set_level(logging.DEBUG, logger="notebook_agent")
    app = asking(driver)
    driver.run(app, inputs={"prompt": "hi"})
    driver.run(app, inputs={"prompt": "hi"})
    assert ([], [], ("", "")) == (caplog.records, list(recwarn), capsys.readouterr())


def test_an_error_is_told_once_by_its_exception(driver, caplog, capsys):
    """No banner is logged or printed: the report is a note on the exception, which the caller has."""
    caplog.set_level(logging.DEBUG, logger="notebook_agent")
    app = asking(driver)
    with pytest.raises(ValueError, match="no") as caught:
        driver.run(app, inputs={"prompt": "fail"})
    assert ([], ("", "")) == (caplog.records, capsys.readouterr())
    (report,) = caught.value.__notes__
    assert (True, []) == ("prompt" in report, [word for word in ("http", "discord", "***") if word in report])


def test_what_the_engine_gives_is_no_input(driver):
    """Neither the context nor the tracer is kept with the step or named in its report."""
    app = asking(driver)
    with pytest.raises(ValueError, match="no") as caught:
        driver.run(app, inputs={"prompt": "fail"})
    assert {"prompt": "fail"} == app.history.values(0).inputs
    assert "__" not in caught.value.__notes__[0]


WATCHED = """
import os, sys
seen = []
def audit(event, arguments):
    if event in {"socket.connect", "socket.getaddrinfo"}:
        seen.append(event)
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen.append((event, arguments[0]))
sys.dont_write_bytecode = True
sys.addaudithook(audit)
from notebook_agent import ApplicationBuilder, action
@action(reads=[], writes=["n"])
def go(state):
    return state.update(n=1)
ApplicationBuilder().with_actions(go).with_entrypoint("go").build().run()
print(seen)
"""


def test_nothing_is_sent_and_no_file_is_written_unasked():
    """Importing, building and running without a tracker leave no trace on this machine or any other."""
    done = subprocess.run([sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True)
    assert ("[]\n", "") == (done.stdout, done.stderr)
