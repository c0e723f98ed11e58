"""`linewatch status`: how everything stands now, and what it was that happened last."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linewatch.sample.event import Event, Happening
from tests.cli.conftest import Linewatch
from tests.cli.record import INTERVAL, record


def stands(linewatch: Linewatch) -> dict[str, Any]:
    ran = linewatch("status", "--json")
    assert ran.code == 0, ran.err
    return {each["name"]: each for each in json.loads(ran.out)["services"]}


def until_now(folder: Path, drawing: str, *events: Event) -> datetime:
    """Record `drawing` so that its last round is a second old; returns the time of the first."""
    start = datetime.now(UTC) - timedelta(seconds=1) - (len(drawing) - 1) * INTERVAL
    record(folder, "leased-line", start, drawing, events=events)
    return start


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("drawing", "state", "cause", "since"),
    [
        ("........", "up", None, 0),
        ("....~~~~", "degraded", "loss", 4),
        ("....xxxx", "down", "line", 4),
        ("....???", "unknown", "local", 4),
        ("..xxxx....", "up", None, 6),
        ("....xx", "up", None, 0),
    ],
)
def test_a_service_stands_as_its_last_rounds_left_it(
    folder: Path, linewatch: Linewatch, drawing: str, state: str, cause: str | None, since: int
) -> None:
    start = until_now(folder, drawing)
    line = stands(linewatch)["leased-line"]
    assert (line["state"], line["cause"], line["since"]) == (state, cause, iso(start + since * INTERVAL))
    assert line["last_round"] == iso(start + (len(drawing) - 1) * INTERVAL)


def test_a_service_that_nobody_looks_at_any_more_is_unknown(folder: Path, linewatch: Linewatch) -> None:
    start = datetime.now(UTC) - timedelta(hours=1)
    record(folder, "leased-line", start, "....")
    line = stands(linewatch)["leased-line"]
    assert (line["state"], line["cause"], line["since"]) == ("unknown", "monitor", iso(start + 4 * INTERVAL))


def test_a_service_without_a_record_is_unknown_since_nobody_knows_when(folder: Path, linewatch: Linewatch) -> None:
    until_now(folder, "....")
    assert stands(linewatch)["site"] == {
        "name": "site",
        "title": "site",
        "state": "unknown",
        "cause": "monitor",
        "since": None,
        "last_round": None,
        "last_outage": None,
        "set_aside": [],
    }


def test_the_last_outage_is_told_with_its_end_or_without(folder: Path, linewatch: Linewatch) -> None:
    start = until_now(folder, "..xxx...xxxx..")
    began, ended = start + 8 * INTERVAL, start + 12 * INTERVAL
    assert stands(linewatch)["leased-line"]["last_outage"] == {
        "id": f"leased-line@{began:%Y%m%dT%H%M%SZ}",
        "start": iso(began),
        "end": iso(ended),
        "seconds": 12.0,
        "cause": "line",
    }
    (folder / "linewatch.db").unlink()
    start = until_now(folder, "....xxxx")
    last = stands(linewatch)["leased-line"]["last_outage"]
    assert (last["start"], last["end"]) == (iso(start + 4 * INTERVAL), None)


def test_anchors_that_are_set_aside_are_named_until_they_count_again(folder: Path, linewatch: Linewatch) -> None:
    now = datetime.now(UTC)
    aside = [Event(now - timedelta(hours=2), Happening.SET_ASIDE, "leased-line", {"anchor": f"127.0.1.{n}"}) for n in (1, 2)]
    back = Event(now - timedelta(hours=1), Happening.COUNTS_AGAIN, "leased-line", {"anchor": "127.0.1.1"})
    until_now(folder, "....", *aside, back)
    told = stands(linewatch)
    assert (told["leased-line"]["set_aside"], told["site"]["set_aside"]) == (["127.0.1.2"], [])
    assert "Set aside: leased-line 127.0.1.2" in linewatch("status").out


@pytest.mark.parametrize(("language", "words"), [("en", ("State", "down (line)", "Last round")), ("zh", ("状态", "中断 (专线)", "最近一轮"))])
def test_the_table_in_both_languages(folder: Path, linewatch: Linewatch, language: str, words: tuple[str, ...]) -> None:
    until_now(folder, "....xxxx")
    ran = linewatch("status", "--lang", language)
    assert (ran.code, ran.err) == (0, "")
    assert [word for word in words if word not in ran.out] == []
