"""The vocabulary of causes: why a look, a reading or a state is what it is. One list, so that no two layers spell one thing twice."""

from __future__ import annotations

from enum import StrEnum


class Cause(StrEnum):
    """Why. The value is what the record, the metrics and the reports show."""

    # A line's fault.
    LINE = "line"  # neither an anchor nor the ISP's edge answers, the gateway does
    UPSTREAM = "upstream"  # the ISP's edge answers, what lies beyond does not
    PARTIAL = "partial"  # some anchors answer, fewer than half
    LOSS = "loss"
    LATENCY = "latency"
    MTU = "mtu"  # small packets pass, large ones do not
    # Nothing is known.
    LOCAL = "local"  # this office's own side: LAN, gateway, interface
    MONITOR = "monitor"  # nobody looked, or the looking itself failed
    CLOCK = "clock"  # the host's clock was stepped
    # One look that failed.
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"  # an ICMP destination unreachable came back
    TTL = "ttl"  # an ICMP time exceeded came back
    # An endpoint's fault.
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    STATUS = "status"
    CONTENT = "content"
    REDIRECT = "redirect"
    # A history file that gives no reason.
    IMPORTED = "imported"
