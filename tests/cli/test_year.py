"""The year from another monitor's history: one hour down in 2022 is 99.98 %, never 100."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ONE_HOUR_DOWN, Linewatch

DOCUMENT = {"schema", "generated_at", "version", "config_sha256", "period", "services", "indicators", "indicator_total"}
SERVICE = {
    *("name", "title", "kind", "target", "result", "seconds", "availability", "coverage", "outages", "outage_count", "longest_outage_seconds"),
    *("mttr_seconds", "mtbf_seconds", "profiles", "unknown", "exclusions", "months", "service_months", "equivalent_months", "rtt_ms", "loss"),
}
OUTAGE = {"id", "start", "end", "seconds", "seconds_min", "seconds_max", "cause", "excluded_seconds", "ticket"}
INDICATOR = {
    *("level1", "level2", "name", "operator", "target", "unit", "kind", "definition", "actual", "share", "achieved", "coverage"),
    *("met", "result", "weight", "score", "deviation", "deviation_missing", "flagged", "overruled", "source", "note"),
}
MONTHS = [f"2022-{number:02d}" for number in range(1, 13)]
STATES = ("states.csv", "--service", "leased-line", "--kind", "states")


def report(linewatch: Linewatch, *period: str) -> dict[str, Any]:
    ran = linewatch("sla", *(period or ("--year", "2022")), "--format", "json")
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out, parse_float=Decimal)
    return told


def of(told: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in told["services"] if each["name"] == name)
    return found


def test_an_hour_in_a_year_prints_99_98_with_twelve_months_and_8760_hours(year: Path, linewatch: Linewatch) -> None:
    out = linewatch("sla", "--year", "2022", "--service", "leased-line").out
    row = next(line for line in out.splitlines() if line.startswith("专线"))
    assert row.split()[:2] == ["专线", "99.98"]
    assert "8760 h" in row
    assert "01:00:00" in row
    assert "not met" in row
    assert [month for month in MONTHS if any(line.startswith(month) for line in out.splitlines())] == MONTHS
    assert "leased-line@20220615T020000Z" in out


def test_the_document_has_every_key(year: Path, linewatch: Linewatch) -> None:
    told = report(linewatch)
    assert told.keys() >= DOCUMENT
    assert told["schema"] == "linewatch.sla/1"
    assert told["period"].items() >= {
        ("label", "2022"),
        ("from", "2022-01-01T00:00:00+08:00"),
        ("to", "2023-01-01T00:00:00+08:00"),
        ("timezone", "Asia/Shanghai"),
    }
    for service in told["services"]:
        assert service.keys() >= SERVICE
        assert service["seconds"].keys() == {"period", "scheduled", "excluded", "up", "degraded", "down", "unknown"}
        assert service["availability"].keys() == {"observed", "low", "high", "gross", "printed"}
        assert service["profiles"].keys() >= {"standard", "carrier"}
        assert service["rtt_ms"].keys() == {"p50", "p95", "p99"}
        assert [month["month"] for month in service["months"]] == MONTHS
        assert all(outage.keys() >= OUTAGE for outage in service["outages"])
    assert told["indicators"]
    assert all(row.keys() == INDICATOR for row in told["indicators"])


def test_the_figures_of_the_line_are_exact(year: Path, linewatch: Linewatch) -> None:
    line = of(report(linewatch), "leased-line")
    seconds = line["seconds"]
    assert seconds == {"period": 31_536_000, "scheduled": 31_536_000, "excluded": 0, "up": 31_532_400, "degraded": 0, "down": 3600, "unknown": 0}
    observed = line["availability"]["observed"]
    assert abs(observed - (1 - Decimal(3600) / 31_536_000)) < Decimal("1e-15")
    assert line["availability"]["low"] == line["availability"]["high"] == line["availability"]["gross"] == observed
    assert line["availability"]["printed"] == "99.98"
    assert (line["coverage"], line["result"], line["service_months"]) == (1, "not_met", 12)
    assert (line["outage_count"], line["longest_outage_seconds"], line["mttr_seconds"], line["mtbf_seconds"]) == (1, 3600, 3600, 31_532_400)
    [outage] = line["outages"]
    assert (outage["start"], outage["end"]) == ("2022-06-15T02:00:00Z", "2022-06-15T03:00:00Z")
    assert (outage["seconds"], outage["seconds_min"], outage["seconds_max"]) == (3600, 3600, 3600)
    assert (outage["cause"], outage["ongoing"]) == ("line", False)


def test_what_nobody_measured_is_null_and_not_a_hundred_nor_nought(year: Path, linewatch: Linewatch) -> None:
    site = of(report(linewatch), "site")
    assert set(site["availability"].values()) == {None}
    assert (site["result"], site["coverage"], site["loss"], site["mttr_seconds"]) == ("unproven", 0, None, None)
    assert set(site["rtt_ms"].values()) == {None}
    assert site["seconds"]["unknown"] == site["seconds"]["scheduled"] == 31_536_000
    assert {month["served"] for month in site["months"]} == {"unproven"}
    assert {month["availability"] for month in site["months"]} == {None}
    assert [each["cause"] for each in site["unknown"]] == ["monitor"]


def test_the_indicators_of_the_line_are_filled_in(year: Path, linewatch: Linewatch) -> None:
    rows = {row["name"]: row for row in report(linewatch)["indicators"]}
    months, availability, term, cost = (rows[f"网络专线{name}"] for name in ("服务时间", "畅通率", "使用时限", "使用成本"))
    assert (months["actual"], months["target"], months["met"]) == (12, 12, True)
    assert (availability["target"], availability["met"]) == (100, False)
    assert Decimal("99.98") < availability["actual"] < Decimal("99.99")
    assert (term["actual"], term["met"]) == (100, True)
    assert (cost["actual"], cost["target"], cost["met"], cost["unit"]) == (6, 6, True, "万元")


@pytest.mark.parametrize(
    "period",
    [
        ("--year", "2022"),
        ("--quarter", "2022Q2"),
        ("--month", "2022-06"),
        ("--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00:00.5"),
        ("--year", "2021"),
    ],
)
def test_the_seconds_add_up_exactly(year: Path, linewatch: Linewatch, period: tuple[str, ...]) -> None:
    for service in report(linewatch, *period)["services"]:
        seconds = service["seconds"]
        assert sum(seconds[part] for part in ("up", "degraded", "down", "unknown", "excluded")) == seconds["scheduled"]


def test_an_outage_that_began_before_the_period_is_carried_in_and_one_open_at_its_end_is_cut(year: Path, linewatch: Linewatch) -> None:
    carried = of(report(linewatch, "--from", "2022-06-15T10:30", "--to", "2022-06-16"), "leased-line")
    assert [(each["start"], each["seconds"], each["ongoing"]) for each in carried["outages"]] == [("2022-06-15T02:30:00Z", 1800, False)]
    cut = of(report(linewatch, "--from", "2022-06-15", "--to", "2022-06-15T10:45"), "leased-line")
    assert [(each["end"], each["seconds"]) for each in cut["outages"]] == [("2022-06-15T02:45:00Z", 2700)]
    assert carried["outages"][0]["id"] == cut["outages"][0]["id"]


def test_a_period_that_is_no_year_has_neither_months_nor_indicators(year: Path, linewatch: Linewatch) -> None:
    told = report(linewatch, "--quarter", "2022Q2")
    assert told["indicators"] == []
    assert [(each["months"], each["service_months"], each["equivalent_months"]) for each in told["services"]] == [([], None, None)] * 2


def test_importing_the_same_file_again_changes_nothing(year: Path, linewatch: Linewatch) -> None:
    before = report(linewatch)
    again = linewatch("import", *STATES)
    assert again.code == 0
    assert "nothing changed" in again.out
    after = report(linewatch)
    assert {**after, "generated_at": None} == {**before, "generated_at": None}


def test_a_bad_row_is_named_by_its_line_and_nothing_is_stored(folder: Path, linewatch: Linewatch) -> None:
    (folder / "states.csv").write_text(ONE_HOUR_DOWN.replace("11:00:00+08:00,up", "11:00:00+08:00,sideways"), "utf-8")
    ran = linewatch("import", *STATES)
    assert (ran.code, ran.out) == (2, "")
    assert "states.csv" in ran.err
    assert ":4:" in ran.err
    assert "sideways" in ran.err
    assert not (folder / "linewatch.db").exists()


def test_what_is_exported_is_imported_elsewhere_as_the_same_figures(year: Path, linewatch: Linewatch) -> None:
    before = of(report(linewatch), "leased-line")
    given = ("export", "--service", "leased-line", "--kind", "states", "--from", "2022-01-01", "--to", "2023-01-01")
    wrote = linewatch(*given, "--output", "out.csv")
    assert wrote.code == 0
    assert "wrote" in wrote.err
    assert (year / "out.csv").read_text("utf-8") == linewatch(*given).out
    (year / "linewatch.db").unlink()
    assert linewatch("import", "out.csv", "-s", "leased-line", "-k", "states").code == 0
    after = of(report(linewatch), "leased-line")
    assert {**after, "imported": None, "sources": None} == {**before, "imported": None, "sources": None}


def test_the_export_of_a_span_holds_that_span(year: Path, linewatch: Linewatch) -> None:
    out = linewatch("export", "-s", "leased-line", "-k", "states", "--from", "2022-06-15T10:30", "--to", "2022-06-15T12:00").out
    assert [row.split(",")[1] for row in out.splitlines()] == ["state", "down", "up", "unknown"]


SAMPLES = "at,ok,rtt_ms,cause\n" + "".join(f"2022-03-01T00:{minute:02d}:00+08:00,{int(not 20 <= minute < 30)},{minute}.5,\n" for minute in range(60))


def test_samples_are_judged_by_the_rule_and_the_interval_of_the_other_monitor(folder: Path, linewatch: Linewatch) -> None:
    rows = [row.split(",") for row in SAMPLES.splitlines()]
    text = "\n".join(",".join([at, ok, rtt if ok != "0" else "", cause]) for at, ok, rtt, cause in rows) + "\n"
    (folder / "samples.csv").write_text(text, "utf-8")
    given = ("samples.csv", "-s", "leased-line", "-k", "samples", "--interval", "60s")
    assert linewatch("import", *given).code == 0
    line = of(report(linewatch, "--from", "2022-03-01", "--to", "2022-03-01T01:00"), "leased-line")
    assert (line["seconds"]["down"], line["seconds"]["up"], line["seconds"]["unknown"]) == (600, 3000, 0)
    [outage] = line["outages"]
    assert (outage["seconds"], outage["seconds_min"], outage["seconds_max"]) == (600, 540, 660)
    assert line["rtt_ms"]["p50"] is not None
    assert abs(line["loss"] - Decimal(10) / 60) < Decimal("1e-12")
    assert "nothing changed" in linewatch("import", *given).out
    exported = linewatch("export", "-s", "leased-line", "-k", "samples").out.splitlines()
    assert exported[0].startswith("at,ok")
    assert [row.split(",")[1] for row in exported[1:]] == [ok for _, ok, _, _ in rows[1:]]


def test_the_history_that_the_figures_rest_on_is_named(year: Path, linewatch: Linewatch) -> None:
    line = of(report(linewatch), "leased-line")
    assert len(line["imported"]) == 1
    assert line["imported"][0].startswith("states.csv (sha256 ")
    assert "states.csv (sha256 " in linewatch("sla", "--year", "2022").out


def test_the_report_as_it_stood_then(year: Path, linewatch: Linewatch) -> None:
    ran = linewatch("sla", "--year", "2022", "--as-of", "2022-06-15T10:30", "--format", "json")
    told = json.loads(ran.out)
    line = of(told, "leased-line")
    assert told["period"]["until"] == "2022-06-15T10:30:00+08:00"
    assert line["seconds"]["down"] == 1800
    assert [each["ongoing"] for each in line["outages"]] == [True]
    assert [month["served"] for month in line["months"]][6:] == ["future"] * 6
