"""No file descriptor is left: the limit of the running daemon is lowered to what it has open.

What needs no new descriptor goes on: echoes leave by sockets that are open, and the store's file is. What needs one could not look, which is
UNKNOWN and never an outage of the one that was not asked.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.end_to_end.conftest import HEALED, Config, Daemon, cut, heal, instant, report, unknown
from tests.end_to_end.faults.fast import LINE, adds_up, near, nowhere_in_doubt, total
from tests.end_to_end.faults.servers import Hosts
from tests.netns import Namespace, Network
from tests.toll import Tell, toll

LASTS_S = 3
Start = Callable[..., Daemon]
ROUTED = LINE.replace('name = "line"', 'name = "routed"').replace('gateway = "127.0.0.1"', 'gateway = "auto"')
PACE = 'interval = "500ms"\ntimeout = "400ms"\nretry_interval = "250ms"\nstale_after = "2500ms"\n'
ENDPOINTS = {
    "page": "http://127.0.0.1:8080/",
    "port": "tcp://127.0.0.1:8080",
    "named": "http://localhost:8080/",
    "names": "dns://127.0.0.1:5353/a.test",
}
"""One of each kind, and one whose name has to be found."""


def endpoint(name: str, url: str) -> str:
    return f'[[endpoint]]\nname = "{name}"\nurl = "{url}"\n{PACE}'


def test_without_descriptors_nobody_is_taken_for_down_and_the_line_is_watched_on(
    network: Network, namespace: Namespace, config: Config, daemon: Start, record_property: Tell
) -> None:
    elsewhere = network.namespace()
    elsewhere.sysctl("net/ipv4/icmp_echo_ignore_all", "1")
    network.link(namespace, "10.9.0.1/24", elsewhere, "10.9.0.2/24")
    namespace.ip("route add default via 10.9.0.2")  # the gateway of the line `routed`, which never answers
    path = config(LINE, ROUTED, *(endpoint(*each) for each in ENDPOINTS.items()))
    with Hosts(namespace) as hosts:
        hosts.page("127.0.0.1", 8080)
        hosts.names("127.0.0.1", 5353)
        watched = daemon(path)
        for service in ("line", "routed", *ENDPOINTS):
            watched.until(service, "up")
        soft, hard = resource.prlimit(watched.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(watched.pid, resource.RLIMIT_NOFILE, (lowest_free(watched.pid), hard))
        taken_at = datetime.now(UTC)
        time.sleep(LASTS_S / 2)
        cut_at = cut(namespace)
        time.sleep(LASTS_S / 2)
        healed_at = heal(namespace)
        time.sleep(LASTS_S / 2)
        resource.prlimit(watched.pid, resource.RLIMIT_NOFILE, (soft, hard))
        given_back_at = datetime.now(UTC)
        watched.until("line", *HEALED)
        for service in ENDPOINTS:
            watched.until(service, "up")
        unmeasured = {name: total(watched, "linewatch_rounds_total", service=name, reading="unmeasured") for name in ENDPOINTS}
        missed = total(watched, "linewatch_rounds_missed_total", service="line")
        watched.stop()
    assert "Traceback" not in watched.complained, watched.complained
    services = report(path)
    for name in ENDPOINTS:
        adds_up(services[name])
        assert services[name]["outages"] == [], name
        assert unmeasured[name] >= 3
        near(unknown(services[name], "monitor")[1:], [(taken_at, given_back_at)])
    off_s = near([(instant(each["start"]), instant(each["end"])) for each in services["line"]["outages"]], [(cut_at, healed_at)])
    nowhere_in_doubt(services["line"], missed)
    assert services["routed"]["outages"] == [], "where the routing table cannot be read, this side's fault is charged to the line"
    near(unknown(services["routed"], "local"), [(cut_at, healed_at)])
    toll(
        record_property,
        f"no descriptor left for {1.5 * LASTS_S:g} s, with an outage of the line in the middle",
        f"{len(ENDPOINTS)} endpoints (HTTP, TCP, DNS, one by name), {sum(unmeasured.values()):.0f} looks that could not be made",
        f"of the line nothing, its outage's ends {off_s:.2f} s off; the endpoints UNKNOWN (monitor), none taken for down",
    )


def lowest_free(pid: int) -> int:
    """The lowest number that is free, now or in the next half second, when looks that are under way have ended: below it all is taken for good."""
    free = set()
    for _ in range(50):
        taken = {int(entry.name) for entry in Path(f"/proc/{pid}/fd").iterdir()}
        free.add(min(set(range(len(taken) + 1)) - taken))
        time.sleep(0.01)
    return min(free)
