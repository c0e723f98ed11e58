"""The profiles as the commands print them: one record, read by five definitions."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import Outcome, Result
from linewatch.sample.round import Round, Seat
from linewatch.sample.target import Role
from linewatch.sla.profiles import NAMES
from linewatch.store.opening import open_for_reading, open_for_writing
from linewatch.verdict.machine import nothing_known, step
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from tests.cli.conftest import Linewatch
from tests.cli.judged import Judged
from tests.cli.record import record

START = datetime(2024, 3, 1, 0, 0, tzinfo=UTC)
HOUR = ("--from", "2024-03-01T08:00", "--to", "2024-03-01T09:00")
MINUTE = timedelta(minutes=1)
# Sixty minutes of twenty rounds: two lone bad ones; five of twenty lost, two and three at a time; a minute down, and twenty seconds of the next.
FLAWS = {5: "..x......x..........", 10: "xx....xx.....x......", 20: "x" * 20, 21: "x" * 7 + "." * 13}
DRAWING = "".join(FLAWS.get(minute, "." * 20) for minute in range(60))


def told(linewatch: Linewatch, service: str, *arguments: str) -> dict[str, Any]:
    ran = linewatch("sla", *(arguments or HOUR), "--service", service, "--format", "json")
    assert ran.code == 0, ran.err
    found: dict[str, Any] = json.loads(ran.out)["services"][0]["profiles"]
    return found


def down(profiles: dict[str, Any]) -> dict[str, tuple[float, int]]:
    return {name: (each["downtime_seconds"], each["outage_count"]) for name, each in profiles.items()}


def check(store_folder: Path, start: datetime, drawing: str) -> None:
    """An endpoint's checks, one a minute."""
    rule = Rule(MINUTE, 3 * MINUTE)
    store = open_for_writing(f"sqlite:///{store_folder / 'linewatch.db'}")
    store.enrol("site", "endpoint", MINUTE)
    standing = nothing_known()
    for number, letter in enumerate(drawing):
        good = letter == "."
        reading = Reading(start + number * MINUTE, Kind.GOOD if good else Kind.BAD, None if good else Cause.TIMEOUT)
        standing, changes = step(rule, standing, reading)
        outcome = Outcome(Result.OK, 20_000) if good else Outcome(Result.LOST, cause=Cause.TIMEOUT)
        store.keep("site", Round(reading.at, (Seat(Role.ENDPOINT, "tcp://127.0.0.1:9"),), (outcome,)), reading, changes)
    assert store.close(30) == 0


def test_one_hour_by_five_definitions(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, DRAWING)
    profiles = told(linewatch, "leased-line")
    assert list(profiles) == ["strict", "standard", "y1540", "y1540-2011", "carrier"]
    assert down(profiles) == {
        "strict": (27 * 3 + 7 * 3, 6),
        "standard": (27 * 3, 1),
        "y1540": (3 * 60, 2),  # 5 of 20 and 7 of 20 pass 20 %
        "y1540-2011": (0, 0),  # 27 of 100 do not pass 75 %
        "carrier": (0, 0),
    }
    assert [each["coverage"] for each in profiles.values()] == [1, 1, 1, 1, 1]
    assert profiles["strict"]["parameters"] == {"fall": 1, "rise": 1, "over": "standard"}
    assert profiles["y1540"]["parameters"] == {"loss_above": 0.2, "window_seconds": 60}
    assert profiles["y1540-2011"]["parameters"] == {"loss_above": 0.75, "window_seconds": 300}
    strict = profiles["strict"]["availability"]
    assert strict["low"] < strict["observed"] < strict["high"] < 1
    table = linewatch("sla", *HOUR, "--service", "leased-line").out
    assert "y1540-2011" in table
    assert "loss_above=0.75, window_seconds=300" in table


def test_the_five_minutes_of_the_older_edition(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 600 + "x" * 100 + "." * 500)
    assert down(told(linewatch, "leased-line"))["y1540-2011"] == (300, 1)


def test_minutes_without_a_round_are_unknown_to_the_definitions_by_loss(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 400 + " " * 400 + "." * 400)
    profiles = told(linewatch, "leased-line")
    assert [profiles[name]["coverage"] for name in ("strict", "y1540", "y1540-2011")] == [0.667, 2 / 3, 2 / 3] or profiles["y1540"][
        "coverage"
    ] == 2 / 3
    assert profiles["strict"]["coverage"] == profiles["standard"]["coverage"]


def test_a_file_of_states_says_nothing_of_rounds_and_of_loss(year: Path, linewatch: Linewatch) -> None:
    profiles = told(linewatch, "leased-line", "--year", "2022")
    assert profiles["strict"]["availability"] == profiles["standard"]["availability"]
    for name in ("y1540", "y1540-2011"):
        assert (profiles[name]["coverage"], profiles[name]["availability"]["observed"]) == (0, None)
    row = next(line for line in linewatch("sla", "--year", "2022", "--service", "leased-line").out.splitlines() if " y1540 " in line)
    assert "—" in row


def test_a_file_of_samples_says_both(folder: Path, linewatch: Linewatch) -> None:
    rows = [f"{(START + n * MINUTE).isoformat()},{0 if n in (10, 30, 31, 32) else 1},{'' if n in (10, 30, 31, 32) else 20}," for n in range(61)]
    (folder / "other.csv").write_text("\n".join(["at,ok,rtt_ms,cause", *rows, ""]), "utf-8")
    ran = linewatch("import", "other.csv", "-s", "leased-line", "-k", "samples", "--interval", "60s")
    assert ran.code == 0, ran.err
    assert down(told(linewatch, "leased-line")) == {
        "strict": (240, 2),
        "standard": (180, 1),
        "y1540": (240, 2),
        "y1540-2011": (0, 0),
        "carrier": (0, 0),
    }


def test_an_outage_of_the_line_is_not_the_site_s_by_any_definition(folder: Path, linewatch: Linewatch) -> None:
    # The line is down from minute 10:03 to 14:57, the site's own fault is in minute 40.
    record(folder, "leased-line", START, "." * 201 + "x" * 98 + "." * 901)
    check(folder, START + timedelta(seconds=30), "." * 10 + "x" * 4 + "." * 26 + "x" + "." * 19)
    profiles = told(linewatch, "site")
    assert down(profiles) == {"strict": (60, 1), "standard": (0, 0), "y1540": (60, 1), "y1540-2011": (0, 0), "carrier": (0, 0)}
    assert {name for name, each in profiles.items() if each["coverage"] < 1} == {"strict", "standard", "y1540", "y1540-2011", "carrier"}
    alone = told(linewatch, "leased-line")
    assert alone["standard"]["downtime_seconds"] == 294


def test_a_minute_into_which_the_lines_outage_may_reach_is_masked_though_the_period_ends_with_it(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 300 + "x" * 40 + "." * 40)  # good at 14:57, bad from 15:00 on
    check(folder, START + timedelta(seconds=30), "." * 14 + "xx" + "..")
    for end in ("08:15", "08:16"):
        by_loss = told(linewatch, "site", "--from", "2024-03-01T08:14", "--to", f"2024-03-01T{end}")["y1540"]
        assert (by_loss["downtime_seconds"], by_loss["coverage"]) == (0, 0)


def test_five_minutes_into_which_the_lines_outage_reaches_are_masked_though_nobody_looked_in_the_last_of_them(
    folder: Path, linewatch: Linewatch
) -> None:
    record(folder, "leased-line", START, "." * 265 + "x" * 40 + "." * 40)  # bad from 13:15 to 15:15
    check(folder, START + timedelta(seconds=30), "." * 10 + "xx")
    by_loss = told(linewatch, "site")
    assert (by_loss["y1540"]["downtime_seconds"], by_loss["y1540-2011"]["downtime_seconds"]) == (120, 0)


def test_a_running_hour_knows_the_minutes_that_have_ended(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, DRAWING)
    early = told(linewatch, "leased-line", *HOUR, "--as-of", "2024-03-01T08:20:30")
    assert down(early)["y1540"] == (60, 1)
    assert early["y1540"]["coverage"] == 20 / 20.5
    assert down(early)["strict"] == (30 + 7 * 3, 6)


def test_where_the_rounds_are_gone_strict_says_what_it_cannot_know(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, DRAWING + "." * 2400)
    before = told(linewatch, "leased-line")
    prune(folder, START + timedelta(hours=1))
    after = told(linewatch, "leased-line")
    assert {**after, "strict": before["strict"]} == before
    assert after["strict"]["parameters"] == {"fall": 1, "rise": 1, "over": "standard", "rounds_kept_from": "2024-03-01T01:00:00Z"}
    assert down(after)["strict"] == (81, 1)
    # Minutes 5 and 10, and ten seconds after each; of minute 21 what the outage left of it.
    assert after["strict"]["coverage"] == 1 - (2 * 70 + 39 + 10) / 3600
    bounds, exact = after["strict"]["availability"], before["strict"]["availability"]
    assert bounds["low"] <= exact["low"] <= exact["high"] <= bounds["high"]


def test_where_degraded_time_is_charged_strict_charges_it_without_the_rounds_too(folder: Path, linewatch: Linewatch) -> None:
    text = (folder / "linewatch.toml").read_text("utf-8").replace("[[endpoint]]", '[line.sla]\ndegraded = "down"\n\n[[endpoint]]', 1)
    (folder / "linewatch.toml").write_text(text, "utf-8")
    record(folder, "leased-line", START, "." * 200 + "~" * 10 + "x" + "~" * 9 + "." * 2400)
    assert down(told(linewatch, "leased-line"))["strict"] == (60, 1)
    prune(folder, START + timedelta(hours=1))
    profiles = told(linewatch, "leased-line")
    assert [down(profiles)[name] for name in ("strict", "standard")] == [(60, 0), (60, 0)]


def test_a_lone_bad_round_after_the_period_may_have_begun_in_it(folder: Path, linewatch: Linewatch) -> None:
    record(folder, "leased-line", START, "." * 20 + "x" + "." * 20)
    strict = told(linewatch, "leased-line", "--from", "2024-03-01T08:00", "--to", "2024-03-01T08:00:58")["strict"]
    assert strict["availability"] == {"observed": 1, "low": 57 / 58, "high": 1, "gross": 1, "printed": "100.00"}


def prune(folder: Path, before: datetime) -> None:
    store = open_for_writing(f"sqlite:///{folder / 'linewatch.db'}")
    store.prune(before)
    while True:
        with open_for_reading(f"sqlite:///{folder / 'linewatch.db'}") as history:
            if history.pruned_before("leased-line") == before:
                break
        time.sleep(0.02)
    store.close(30)


def test_terms_that_charge_local_faults_do_so_in_every_definition(folder: Path, linewatch: Linewatch) -> None:
    judged = Judged(folder)
    judged.rounds(START, "." * 600 + "?" * 40 + "." * 560)
    judged.close()
    assert {name: each["downtime_seconds"] for name, each in told(linewatch, "leased-line").items()} == dict.fromkeys(NAMES, 0)
    text = (folder / "linewatch.toml").read_text("utf-8").replace("[[endpoint]]", '[line.sla]\nlocal_faults = "down"\n\n[[endpoint]]', 1)
    (folder / "linewatch.toml").write_text(text, "utf-8")
    charged = told(linewatch, "leased-line")
    assert {name: each["downtime_seconds"] for name, each in charged.items()} == {**dict.fromkeys(NAMES, 120), "carrier": 0}
    assert {each["coverage"] for each in charged.values()} == {1}
    for name in ("y1540", "y1540-2011"):  # minutes are what they are
        figures = charged[name]["availability"]
        assert figures["low"] == figures["observed"] == figures["high"]
