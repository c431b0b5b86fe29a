"""What tests of the engine share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.driving import Async, Sync

settings.register_profile("slow machines", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slow machines")


@pytest.fixture(params=[Sync(), Async()], ids=["sync", "async"])
def driver(request):
    return request.param
