"""A report under another profile: its figures and results are that profile's, what follows from states stays, and it says so."""

from __future__ import annotations

import json
from datetime import timedelta

from linewatch.report.as_json import as_json
from linewatch.report.as_table import tables
from linewatch.report.document import Document
from linewatch.report.headline import under
from linewatch.report.review import Office, review
from linewatch.report.words import Words
from linewatch.sla.profiles import NAMES
from tests.report.record import MINUTE, Record, at, line
from tests.report.test_review import TEN_MINUTES


def told() -> Document:
    return review(Record({"line": "UDDUUUUUUU"}), Office((line(),), (), "0.0.0", "cd" * 32), TEN_MINUTES, at(10))


def test_the_figures_are_those_of_the_profile_and_the_result_follows_them() -> None:
    [ours] = told().services
    [carriers] = under(told(), "carrier").services
    assert (ours.figures.down, str(ours.result)) == (2 * MINUTE, "not_met")
    assert (carriers.figures.down, str(carriers.result)) == (timedelta(0), "met")
    assert (carriers.outages, carriers.months, carriers.profiles) == (ours.outages, ours.months, ours.profiles)


def test_the_rule_in_force_is_the_headline() -> None:
    assert under(told(), "standard") == told()
    assert json.loads(as_json(told()))["profile"] == "standard"


def test_every_profile_can_be_the_headline_and_its_seconds_add_up() -> None:
    for name in NAMES:
        service = json.loads(as_json(under(told(), name)))["services"][0]
        seconds = service["seconds"]
        assert sum(seconds[part] for part in ("up", "degraded", "down", "unknown", "excluded")) == seconds["scheduled"]
        assert service["availability"] == service["profiles"][name]["availability"]


def test_the_report_says_under_which_profile_it_stands() -> None:
    texts = [table.heading for table in tables(under(told(), "carrier"), Words("en"))]
    assert texts[0].startswith("SLA report (Profile carrier)")
    assert any(text.startswith("The headline is `carrier`.") for text in texts)
    assert "Outages, months and the performance table are those of the rule in force, `standard`." in texts
