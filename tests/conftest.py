from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgresql import Server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests that only want databases of it; who stops it takes one of their own."""
    with Server() as server:
        yield server
