"""An auditor with the exported states, the ledger and a clock on the wall: minute by minute, with none of the program's own arithmetic."""

from __future__ import annotations

import bisect
import csv
import json
import random
from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import ZONED, Linewatch

HOURS = {0: [(510, 1050)], 1: [(0, 1440)], 5: [(60, 240)], 6: [(90, 210), (1320, 1440)]}  # weekday: minutes of its day
SERVICE_HOURS = """
[line.sla]
service_hours = { mon = "08:30-17:30", tue = "00:00-24:00", sat = "01:00-04:00", sun = "01:30-03:30, 22:00-24:00" }
"""
STATES = ("up", "degraded", "down", "unknown")
CAUSES = {"up": "", "degraded": "loss", "down": "line", "unknown": "local"}


def epoch(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def history(chance: random.Random, start: int, end: int) -> str:
    moments = sorted(chance.sample(range(start, end), 60))
    states = [chance.choices(STATES, (2, 1, 1, 1))[0] for _ in moments[1:]]
    rows = [f"{at},{state},{CAUSES[state]}" for at, state in zip(moments, states, strict=False)]
    return "\n".join(["at,state,cause", *rows, f"{moments[-1]},unknown,"]) + "\n"


def by_the_minute(exported: str, left_out: list[tuple[int, int]], zone: str, start: int, end: int) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Seconds of each state: within the hours (gross), within them without what is left out, and of the whole day without it."""
    rows = [(int(datetime.fromisoformat(row["at"]).timestamp()), row["state"]) for row in csv.DictReader(exported.splitlines())]
    begun = [at for at, _ in rows]
    edges = {*range(start, end + 1, 60), *(at for at in begun if start < at < end), *(at for each in left_out for at in each if start < at < end)}
    gross, adjusted, whole = Counter[str](), Counter[str](), Counter[str]()
    cuts = sorted(edges)
    for at, until in pairwise(cuts):
        place = bisect.bisect_right(begun, at) - 1
        state = rows[place][1] if place >= 0 else "unknown"
        counted = "excluded" if any(first <= at < last for first, last in left_out) else state
        wall = datetime.fromtimestamp(at, ZoneInfo(zone))
        whole[counted] += until - at
        if any(first <= wall.hour * 60 + wall.minute < last for first, last in HOURS.get(wall.weekday(), [])):
            gross[state] += until - at
            adjusted[counted] += until - at
    return gross, adjusted, whole


def seconds(found: dict[str, Any]) -> Counter[str]:
    return Counter({name: found[name] for name in (*STATES, "excluded") if found[name]})


@pytest.mark.parametrize(("zone", "seed"), [("Europe/Riga", 1), ("Australia/Lord_Howe", 2), ("Asia/Shanghai", 3)])
def test_a_quarter_in_which_clocks_change_has_the_seconds_that_an_auditor_counts(folder: Path, linewatch: Linewatch, zone: str, seed: int) -> None:
    chance = random.Random(seed)
    start, end = epoch(zone, "2022-10-01"), epoch(zone, "2023-01-01")
    (folder / "linewatch.toml").write_text(ZONED.format(zone=zone) + SERVICE_HOURS, "utf-8")
    (folder / "states.csv").write_text(history(chance, start - 500_000, end + 500_000), "utf-8")
    assert linewatch("import", "states.csv", "--service", "leased-line", "--kind", "states").code == 0
    left_out = []
    for _ in range(6):
        at = chance.randrange(start - 200_000, end)
        left_out.append((at, at + chance.randrange(60, 400_000)))
        first, last = (datetime.fromtimestamp(each, UTC).isoformat() for each in left_out[-1])
        assert linewatch("exclude", "add", "--all", "--from", first, "--to", last, "--reason", "r", "--by", "b", "--overlapping").code == 0
    assert linewatch("export", "--service", "leased-line", "--kind", "states", "--output", "exported.csv").code == 0

    gross, adjusted, whole = by_the_minute((folder / "exported.csv").read_text("utf-8"), left_out, zone, start, end)
    [told] = json.loads(linewatch("sla", "--quarter", "2022Q4", "--format", "json").out)["services"]
    assert seconds(told["seconds"]) == adjusted
    assert seconds(told["around_the_clock"]["seconds"]) == whole
    scheduled, out, unknown, down = sum(adjusted.values()), adjusted["excluded"], adjusted["unknown"], adjusted["down"]
    assert told["seconds"]["scheduled"] == scheduled
    assert {name: told["availability"][name] for name in ("observed", "low", "high", "gross")} == {
        "observed": float(1 - Fraction(down, scheduled - out - unknown)),
        "low": float(1 - Fraction(down + unknown, scheduled - out)),
        "high": float(1 - Fraction(down, scheduled - out)),
        "gross": float(1 - Fraction(gross["down"], scheduled - gross["unknown"])),
    }
    assert told["coverage"] == float(Fraction(scheduled - out - unknown, scheduled - out))
    assert sum(outage["charged_seconds"] for outage in told["outages"]) == down
