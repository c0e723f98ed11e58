"""What the tests of ICMP share: a network of their own, and a pinger opened inside it in either mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from linewatch.probe.icmp import Pinger
from linewatch.probe.lane import Mode
from tests.netns import Namespace, Network, without_raw_sockets

Opener = Callable[..., Pinger]


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as made:
        yield made


@pytest.fixture
def opened() -> Iterator[Opener]:
    """`opened(namespace, mode="raw", source=None)`: a pinger whose sockets are of the namespace, closed after the test."""
    with ExitStack() as stack:

        def opened(namespace: Namespace, mode: Mode = "raw", source: str | None = None) -> Pinger:
            pinger = Pinger(source)
            stack.callback(pinger.close)
            with namespace.inside(), ExitStack() as privilege:
                if mode == "datagram":
                    namespace.sysctl("net/ipv4/ping_group_range", "0 2147483647")
                    privilege.enter_context(without_raw_sockets())
                pinger.open()
            assert pinger.mode == mode
            return pinger

        yield opened
