"""Cases that an auditor would work by hand, from a history file to the printed seconds: edges of the year, of days and of the record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ZONED, Linewatch


@dataclass(frozen=True)
class Case:
    """A history, one change a line, what is asked of it, and what must come out: seconds of each state that is not nothing, and the outages."""

    history: str
    asked: str
    seconds: dict[str, float]
    zone: str = "Asia/Shanghai"
    outages: list[tuple[str, str, float]] = field(default_factory=list)


DAY = 86_400
CASES = {
    "an outage across the new year is cut at midnight, in the old year": Case(
        "2021-12-01T00:00+08:00 up, 2021-12-31T23:59:18+08:00 down line, 2022-01-01T00:00:25+08:00 up, 2023-01-01T00:00+08:00 unknown",
        "--month 2021-12",
        {"up": 31 * DAY - 42, "down": 42, "scheduled": 31 * DAY},
        outages=[("2021-12-31T15:59:18Z", "2021-12-31T16:00:00Z", 42)],
    ),
    "and carried into the new one, under the name that it had": Case(
        "2021-12-01T00:00+08:00 up, 2021-12-31T23:59:18+08:00 down line, 2022-01-01T00:00:25+08:00 up, 2023-01-01T00:00+08:00 unknown",
        "--year 2022",
        {"up": 365 * DAY - 25, "down": 25, "scheduled": 365 * DAY},
        outages=[("2021-12-31T16:00:00Z", "2021-12-31T16:00:25Z", 25)],
    ),
    "an outage still open at the end of the period is cut there": Case(
        "2022-03-01T00:00+08:00 up, 2022-03-31T22:00+08:00 down upstream, 2022-04-02T00:00+08:00 up, 2022-05-01T00:00+08:00 unknown",
        "--month 2022-03",
        {"up": 31 * DAY - 7_200, "down": 7_200, "scheduled": 31 * DAY},
        outages=[("2022-03-31T14:00:00Z", "2022-03-31T16:00:00Z", 7_200)],
    ),
    "a state that began before the period is carried in": Case(
        "2022-01-10T00:00+08:00 degraded loss, 2022-02-03T06:00+08:00 up, 2022-06-01T00:00+08:00 unknown",
        "--month 2022-02",
        {"degraded": 2 * DAY + 6 * 3_600, "up": 26 * DAY - 6 * 3_600, "scheduled": 28 * DAY},
    ),
    "february of a leap year has its 29th day": Case(
        "2024-02-01T00:00+08:00 up, 2024-02-29T12:00+08:00 down line, 2024-02-29T12:00:01+08:00 up, 2024-04-01T00:00+08:00 unknown",
        "--month 2024-02",
        {"up": 29 * DAY - 1, "down": 1, "scheduled": 29 * DAY},
        outages=[("2024-02-29T04:00:00Z", "2024-02-29T04:00:01Z", 1)],
    ),
    "the spring day in Riga has 23 hours": Case(
        "2022-03-01T00:00+02:00 up, 2022-03-27T01:00+02:00 down line, 2022-03-27T05:00+03:00 up, 2022-05-01T00:00+03:00 unknown",
        "--from 2022-03-27 --to 2022-03-28",
        {"up": 20 * 3_600, "down": 3 * 3_600, "scheduled": 23 * 3_600},
        zone="Europe/Riga",
        outages=[("2022-03-26T23:00:00Z", "2022-03-27T02:00:00Z", 3 * 3_600)],
    ),
    "the autumn day in Riga has 25, and no hour counts twice": Case(
        "2022-10-01T00:00+03:00 up, 2022-10-30T03:30+03:00 down line, 2022-10-30T03:30+02:00 up, 2022-12-01T00:00+02:00 unknown",
        "--from 2022-10-30 --to 2022-10-31",
        {"up": 24 * 3_600, "down": 3_600, "scheduled": 25 * 3_600},
        zone="Europe/Riga",
        outages=[("2022-10-30T00:30:00Z", "2022-10-30T01:30:00Z", 3_600)],
    ),
    "the same day in Shanghai has 24": Case(
        "2022-10-01T00:00+08:00 up, 2022-12-01T00:00+08:00 unknown",
        "--from 2022-10-30 --to 2022-10-31",
        {"up": DAY, "scheduled": DAY},
    ),
    "a running month counts up to now": Case(
        "2022-03-01T00:00+08:00 up, 2022-03-10T09:00+08:00 down line, 2022-04-01T00:00+08:00 unknown",
        "--month 2022-03 --as-of 2022-03-10T12:00+08:00",
        {"up": 9 * DAY + 9 * 3_600, "down": 3 * 3_600, "scheduled": 9 * DAY + 12 * 3_600, "period": 9 * DAY + 12 * 3_600},
        outages=[("2022-03-10T01:00:00Z", "2022-03-10T04:00:00Z", 3 * 3_600)],
    ),
    "what no record reaches is unknown": Case(
        "2022-06-01T00:00+08:00 up, 2022-12-01T00:00+08:00 unknown",
        "--year 2022",
        {"up": 183 * DAY, "unknown": 182 * DAY, "scheduled": 365 * DAY},
    ),
}


def reported(linewatch: Linewatch, folder: Path, case: Case) -> dict[str, Any]:
    (folder / "linewatch.toml").write_text(ZONED.format(zone=case.zone), "utf-8")
    changes = [(*change.split(), "", "")[:3] for change in case.history.split(", ")]
    (folder / "states.csv").write_text("at,state,cause\n" + "".join(f"{at},{state},{cause}\n" for at, state, cause in changes), "utf-8")
    taken = linewatch("import", "states.csv", "--service", "leased-line", "--kind", "states")
    assert taken.code == 0, taken.err
    ran = linewatch("sla", *case.asked.split(), "--format", "json")
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)["services"][0]
    return told


@pytest.mark.parametrize("name", CASES)
def test_to_the_second(name: str, folder: Path, linewatch: Linewatch) -> None:
    case = CASES[name]
    told = reported(linewatch, folder, case)
    seconds = {"up": 0, "degraded": 0, "down": 0, "unknown": 0, "excluded": 0, "period": case.seconds["scheduled"], **case.seconds}
    assert told["seconds"] == seconds
    assert [(each["start"], each["end"], each["seconds"]) for each in told["outages"]] == case.outages
    measured = seconds["scheduled"] - seconds["unknown"]
    assert told["availability"]["observed"] == pytest.approx(1 - seconds["down"] / measured, abs=1e-15)
    assert told["coverage"] == pytest.approx(measured / seconds["scheduled"], abs=1e-15)


def test_an_outage_keeps_its_name_across_the_new_year(folder: Path, linewatch: Linewatch) -> None:
    names = [
        reported(linewatch, folder, CASES[name])["outages"][0]["id"]
        for name in CASES
        if name.startswith(("an outage across the new year", "and carried"))
    ]
    assert names == ["leased-line@20211231T155918Z"] * 2


def test_nothing_measured_is_null_and_not_proven(folder: Path, linewatch: Linewatch) -> None:
    told = reported(linewatch, folder, Case("2021-01-01T00:00+08:00 up, 2021-02-01T00:00+08:00 unknown", "--year 2022", {}))
    assert told["availability"] == {"observed": None, "low": None, "high": None, "gross": None, "printed": None}
    assert (told["coverage"], told["result"], told["service_months"]) == (0, "unproven", 0)
    out = linewatch("sla", "--year", "2022").out
    row = next(line for line in out.splitlines() if line.startswith("leased-line"))
    # availability, its bounds, coverage, target: the only 100 is the promise.
    assert row.split()[1:7] == ["—", "—", "…", "—", "0.00", "100.00"]
    assert row.split()[7] == "未证明"
