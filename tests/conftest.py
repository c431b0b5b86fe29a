"""What tests of the engine share."""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

from tests.driving import Async, Sync

settings.register_profile("slow machines", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("slow machines")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it to what runs in its background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(params=[Sync(), Async()], ids=["sync", "async"])
def driver(request):
    return request.param
