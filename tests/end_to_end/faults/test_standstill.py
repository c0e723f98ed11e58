"""The daemon is stopped (SIGSTOP) and goes on later: what a suspended laptop, a frozen virtual machine or a debugger makes of it.

Nothing in the daemon knows how long it stood still but the comparison with `stale_after`, which is 2.5 s here and 10 s by default. So six seconds,
more than twice the limit, show what a minute does; `make test` takes the minute all the same.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from tests.end_to_end.conftest import HEALED, Config, Daemon, cut, heal, instant, report, unknown
from tests.end_to_end.faults.fast import ROUND, SOON_IN_DOUBT, adds_up, near, rounds_go_on, total
from tests.lengths import MINUTES, Length
from tests.netns import Namespace
from tests.toll import Tell, toll

STOOD, STOOD_IN_AN_OUTAGE = Length(60, short_s=6), Length(30, short_s=3)
pytestmark = MINUTES
Start = Callable[..., Daemon]


@contextmanager
def stopped(watched: Daemon) -> Iterator[tuple[datetime, list[datetime]]]:
    """While the daemon stands still: since when, and in a list, filled at the end, until when."""
    watched.send(signal.SIGSTOP)
    until: list[datetime] = []
    yield datetime.now(UTC), until
    until.append(datetime.now(UTC))
    watched.send(signal.SIGCONT)


def test_what_happens_while_the_daemon_stands_still_is_unknown(namespace: Namespace, config: Config, daemon: Start, record_property: Tell) -> None:
    path = config(SOON_IN_DOUBT)
    watched = daemon(path)
    watched.until("line", "up")
    rounds_go_on(watched)
    with stopped(watched) as (first_at, first_until):
        time.sleep(1)
        cut(namespace)
        time.sleep(STOOD.s - 2)
        heal(namespace)  # nobody saw it: neither up nor down
        time.sleep(1)
    watched.until("line", "up")
    missed = total(watched, "linewatch_rounds_missed_total")
    assert missed >= STOOD.s / ROUND.total_seconds() - 3

    cut_at = cut(namespace)
    watched.until("line", "down")
    with stopped(watched) as (second_at, second_until):
        time.sleep(STOOD_IN_AN_OUTAGE.s)
        heal(namespace)
    watched.until("line", *HEALED)
    rounds_go_on(watched, 2)
    assert total(watched, "linewatch_clock_steps_total") == 0
    watched.stop()
    assert "Traceback" not in watched.complained

    line = report(path)["line"]
    adds_up(line)
    holes = [(first_at, first_until[0]), (second_at, second_until[0])]
    off_s = near(unknown(line, "monitor")[1:], holes)
    near([(instant(each["start"]), instant(each["end"])) for each in line["outages"]], [(cut_at, second_at)])
    toll(
        record_property,
        f"SIGSTOP for {STOOD} with the line cut and healed meanwhile, and for {STOOD_IN_AN_OUTAGE} in an outage (stale_after 2.5 s)",
        "2 standstills",
        f"no outage invented, none lost; both UNKNOWN (monitor), their ends at most {off_s:.2f} s off; {missed:.0f} rounds missed in the first",
    )
