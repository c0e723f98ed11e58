"""PostgreSQL's server goes away under the daemon and comes back; meanwhile the line is cut and healed, and the daemon killed and started again.

What waits, waits in a spool on the daemon's own disk, bounded by bytes, not by time: three weeks of the default line (ADR 0021), and
tests/store/test_spool.py fills that bound. The courier tries again after at most a second (perseverance.py). So a few seconds show what two
minutes do, which `make test` takes all the same. What of the kill's last second was not yet in the spool is told apart: tests/store/test_away.py
kills at random moments.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from linewatch.store.backlog import Entry
from linewatch.store.opening import open_for_reading
from linewatch.store.slip import slips
from tests.end_to_end.conftest import HEALED, Config, Daemon, cut, heal, instant, report, same_again, unknown, wait_for
from tests.end_to_end.faults.fast import LINE, ROUND, SLACK, adds_up, near, nowhere_in_doubt, rounds_go_on, total
from tests.lengths import MINUTES, Length
from tests.netns import Namespace
from tests.postgresql import Server
from tests.store.material import EVER
from tests.toll import Tell, toll

AWAY = Length(120, short_s=4)
pytestmark = MINUTES
Start = Callable[..., Daemon]


@pytest.fixture
def own() -> Iterator[Server]:
    """A server that the test may stop."""
    with Server() as server:
        yield server


def waiting(spool: Path) -> list[Entry]:
    """What is safe in the spool and not delivered."""
    return [entry for file in sorted(spool.glob("*.slips")) for entry in slips(file.read_bytes()).entries]


def times_of_rounds(entries: Sequence[Entry]) -> list[datetime]:
    return [entry.sample[0].at for entry in entries if entry.sample is not None]


def each_is_on_record_once(place: str, entries: Sequence[Entry]) -> list[datetime]:
    """Nothing of these is missing, and of what is on record nothing is there twice. Returns the times of the rounds on record."""
    with open_for_reading(place) as history:
        rounds, changes, events = list(history.rounds("line", EVER)), history.transitions("line"), history.events(EVER)
    for kept, waited in (
        (rounds, [entry.sample for entry in entries if entry.sample is not None]),
        (changes, [change for entry in entries for change in entry.transitions]),
        (events, [entry.event for entry in entries if entry.event is not None]),
    ):
        assert [one for one in waited if kept.count(one) != 1] == []
        assert [one for n, one in enumerate(kept) if one in kept[:n]] == []
    return [looked.at for looked, _ in rounds]


def test_while_the_server_is_away_an_outage_shows_and_a_kill_and_a_start_lose_nothing_of_it(
    namespace: Namespace, config: Config, daemon: Start, own: Server, tmp_path: Path, record_property: Tell
) -> None:
    place, spool = own.url(own.database()), tmp_path / "linewatch.spool"
    path = config(LINE, store=place)
    first = daemon(path)
    first.until("line", "up")
    rounds_go_on(first)
    assert total(first, "linewatch_store_errors_total") == 0

    own.stop()
    away = time.monotonic()
    AWAY.pass_by(1 / 4, away)
    cut_at = cut(namespace)
    first.until("line", "down")  # it is safe in the spool
    rounds_go_on(first, 4)
    assert total(first, "linewatch_store_errors_total") > 0
    AWAY.pass_by(1 / 2, away)
    settled, settled_at = total(first, "linewatch_rounds_total"), datetime.now(UTC)
    wait_for(lambda: max(times_of_rounds(waiting(spool))) > settled_at, lambda: "later rounds are in the spool")  # and with them all before
    counted_first, missed_first = total(first, "linewatch_rounds_total"), total(first, "linewatch_rounds_missed_total")
    killed_at = datetime.now(UTC)
    first.stop(signal.SIGKILL)
    at_kill = waiting(spool)

    again = daemon(path)
    wait_for(lambda: again.state("line") == "down", lambda: again.complained)  # as it stood, before a round says so
    assert "is away" in again.complained
    assert f"waits in {spool}" in again.complained
    AWAY.pass_by(3 / 4, away)
    healed_at = heal(namespace)
    again.until("line", *HEALED)
    rounds_go_on(again)
    AWAY.pass_by(1, away)
    at_return = waiting(spool)
    assert at_return[: len(at_kill)] == at_kill
    errors = total(again, "linewatch_store_errors_total")
    own.start()
    away_s = time.monotonic() - away
    wait_for(lambda: total(again, "linewatch_store_queue_rows") <= 2, lambda: again.complained)
    counted, missed = total(again, "linewatch_rounds_total"), total(again, "linewatch_rounds_missed_total")
    again.stop()
    assert again.ended() == 0
    assert "Traceback" not in first.complained + again.complained
    assert waiting(spool) == []

    kept = each_is_on_record_once(place, at_return)
    before = sum(at < killed_at for at in kept)
    assert before >= settled
    assert len(kept) - before >= counted
    line = report(path)["line"]
    adds_up(line)
    same_again(path)
    outages = [(instant(each["start"]), instant(each["end"])) for each in line["outages"]]
    assert len(outages) in (1, 2)  # two, where a busy machine took longer than `stale_after` to start the daemon again
    assert {each["cause"] for each in line["outages"]} == {"line"}
    off_s = near([(outages[0][0], outages[-1][1])], [(cut_at, healed_at)])
    holes = [end - start for start, end in unknown(line, "monitor")[1:]]
    if len(outages) == 1:
        nowhere_in_doubt(line, missed_first + missed)
    assert sum(holes, ROUND * 0) < (outages[-1][1] - outages[0][0]) / 2 + SLACK
    rows = sum((entry.sample is not None) + len(entry.transitions) + (entry.event is not None) for entry in at_return)
    toll(
        record_property,
        f"PostgreSQL's server away for {away_s:.0f} s, the line cut and healed and the daemon killed (SIGKILL) and started again meanwhile",
        f"1 server, 1 outage, 1 kill with {len(at_kill):,} entries in the spool, {errors:.0f} deliveries refused to the second daemon",
        f"0 of {rows:,} rows that waited in the spool, 0 on record twice; {before:,} of the {counted_first:.0f} rounds that were judged before the"
        f" kill (what is missing is of its last second), {counted:.0f} of {counted:.0f} after it; 1 outage of 1, its ends {off_s:.2f} s off",
    )
