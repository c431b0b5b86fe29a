"""The stores that the contract is run on: each test of it runs once on each kind."""

from __future__ import annotations

import os
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from notebook_agent.store import open_store
from notebook_agent.store.protocol import Store

KINDS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda _: open_store(None),
    "file": open_store,
    "network": lambda path: open_store(path, network=True),
}

NAMED = os.environ.get("NOTEBOOK_AGENT_CONTRACT")
"""A backend of another make joins the contract as `package.module:function`, which opens one at a path."""
if NAMED is not None:
    KINDS = {"given": pkgutil.resolve_name(NAMED)}


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    opened = KINDS[request.param](tmp_path / "store.db")
    yield opened
    opened.close()
