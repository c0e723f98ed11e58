from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.postgresql import Server

# How long an example takes is the machine's business: nothing here is asserted on the clock of the wall.
settings.register_profile("linewatch", deadline=None)
settings.load_profile("linewatch")

# Where a script started the suite in the background it ignores Ctrl-C, and so would every program that its tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One server for all tests that only want databases of it; who stops it takes one of their own."""
    with Server() as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[Server]:
    """The server for one test; the databases of the tests before it are gone, for their files cost the disk time."""
    postgresql_server.drop_finished()
    yield postgresql_server
    postgresql_server.finish()
