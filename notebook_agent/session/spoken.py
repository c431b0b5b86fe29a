"""What an error says, in the words of an `%agent` line: `--until response`, not `halt_after=['response']`."""

from __future__ import annotations

import re

from notebook_agent.errors import AgentError
from notebook_agent.redact import redact_text

__all__ = ["spoken"]

_PHRASES = (
    (re.compile(r"^repeats is a whole"), "-n is a whole"),
    (re.compile(r"^jobs is a whole"), "-j is a whole"),
    (re.compile(r"^max_(steps|calls|cost)="), r"--max-\1 "),
    (re.compile(r"is over, or close the stream"), "is over, end it with %agent stop, or close the stream"),
    (
        re.compile(r"Give it: inputs=\{'(\w+)': \.\.\}\."),
        r'Give it: \1="..", or \1:=EXPR for a Python value.',
    ),
    (re.compile(r"halt_after=\['([^']*)'\]"), r"--until \1"),
    (re.compile(r"halt_before=\['([^']*)'\]"), r"--before \1"),
    (
        re.compile(r"Choose another path\."),
        "Choose another file: %config AgentMagics.store = 'runs.db'",
    ),
    (
        re.compile(
            r"Resume it to go on from there: initialize_from\(\.\.\) and with_identifiers\(app_id='[^']*'\);"
            r" or fork it where you are: app\.fork\((None|\d+)\)"
        ),
        r"%agent resume goes on from there; %agent fork @\1 from where you are",
    ),
    (re.compile(r"%agent fork @None"), "%agent fork @start"),
    (
        re.compile(r"start at the entrypoint: app\.reset_to_entrypoint\(\) or resume_at_next_action=False"),
        "begin a new run: %agent use NAME",
    ),
)


def spoken(error: AgentError) -> str:
    """Return an error's message on one line, with what to type where it names what to call.

    Secrets that were typed are masked: what a command answers is saved with the notebook.
    """
    message = " ".join(redact_text(str(error)).split())
    for said, typed in _PHRASES:
        message = said.sub(typed, message)
    return message
