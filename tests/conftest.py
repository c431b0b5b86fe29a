"""What tests of the engine share."""

from __future__ import annotations

import pytest

from tests.driving import Async, Sync


@pytest.fixture(params=[Sync(), Async()], ids=["sync", "async"])
def driver(request):
    return request.param
