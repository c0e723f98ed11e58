"""How many cases a fuzz test tries: a few in the suite, and LINEWATCH_FUZZ times as many in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("LINEWATCH_FUZZ", "1"))


def cases(count: int) -> settings:
    """Settings for `count` cases in the suite, however long one takes; what a fixture made is used by all of them."""
    unhealthy = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
    return settings(max_examples=count * TIMES, deadline=None, suppress_health_check=unhealthy)
