"""How many cases a fuzz test tries: a few in the suite, and LINEWATCH_FUZZ times as many in `make faults` and `make fuzz`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("LINEWATCH_FUZZ", "1"))


def cases(count: int) -> Callable[[Any], Any]:
    """Marks a fuzz test of `count` cases in the suite, however long one takes; what a fixture made is used by all of them."""
    unhealthy = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large)
    chosen = settings(max_examples=count * TIMES, deadline=None, suppress_health_check=unhealthy)
    return lambda test: pytest.mark.fuzz(chosen(test))
