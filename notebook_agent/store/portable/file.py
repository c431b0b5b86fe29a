"""A run's file: written whole, and read whole or not at all."""

from __future__ import annotations

import json
import re
from typing import Final

from notebook_agent._version import __version__
from notebook_agent.errors import StoreFormatError
from notebook_agent.ids import RunKey
from notebook_agent.redact import redact_json
from notebook_agent.store.places import check_project
from notebook_agent.store.portable.fields import Fields
from notebook_agent.store.portable.read import read_runs
from notebook_agent.store.portable.write import write_runs
from notebook_agent.store.protocol import RunRecord, Store

__all__ = ["export_run", "import_run"]

FORMAT: Final = "notebook_agent run"
VERSION: Final = 2

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def export_run(store: Store, key: RunKey, *, with_secrets: bool = False) -> str:
    """Write a run as the JSON text of a file, with its past and with the runs that its steps started.

    Values stand in it as they are, each step with what it changed in the state. What JSON has
    no form for looks like `{"$": "tuple", "v": [1, 2]}`.

    Args:
        store: Where the run is kept.
        key: The run.
        with_secrets: Write it exactly; else each secret becomes the name of its rule, see `redact`.

    Raises:
        UnknownRunError: there is no such run.
    """
    runs = write_runs(store.past(key), masked=not with_secrets)
    found = {
        "format": FORMAT,
        "version": VERSION,
        "made_by": f"notebook_agent {__version__}",
        "secrets": "as they are" if with_secrets else "masked",
        **(runs if with_secrets else redact_json(runs)),  # type: ignore[dict-item]  # a mapping stays one
    }
    text = json.dumps(found, ensure_ascii=False, indent=1)
    return _SURROGATE.sub(lambda char: f"\\u{ord(char.group()):04x}", text) + "\n"


def import_run(store: Store, text: str, *, project: str | None = None) -> RunRecord:
    """Take a run in from the text of its file; all of it, or nothing.

    Args:
        store: Where to keep it.
        text: What `export_run` wrote.
        project: The project to list it in; else the one it comes from.

    Raises:
        AgentError: `project` is no name of a project, see `check_project`.
        StoreFormatError: the text is cut, edited or of another program; the message names the place.
        RunExistsError: the store has a run of this key, or another one of a run's that its steps started.
    """
    if project is not None:
        check_project(project)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StoreFormatError(f"The file is no whole JSON text ({error}).") from error
    fields = Fields(found, "")
    if not fields.has("format") or fields.text("format") != FORMAT:
        raise StoreFormatError(
            'The file is no run of notebook_agent: its field "format" says something else.', path="format"
        )
    version = fields.whole("version")
    if version > VERSION:
        raise StoreFormatError(
            f"The file was written by a newer notebook_agent (version {version}, this one reads up to"
            f" {VERSION}). Upgrade notebook_agent.",
            path="version",
        )
    for name in ("made_by", "secrets"):
        fields.text(name)
    return store.add_past(read_runs(fields, project, version))
