"""docs/accuracy.md has the shape that `make accuracy` writes, and the numbers in it are counted rightly."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.lab.accuracy import jobs
from tests.lab.box import ROOT
from tests.lab.page import SECTIONS, page
from tests.lab.scenario import catalogue
from tests.lab.simulated import Day
from tests.lab.tally import by_length, detection, peer_rows, seconds_to_record, spread, verdicts

PEERS = {
    "blackbox_exporter, mean of the anchors": 0.8,
    "blackbox_exporter, any anchor": 0.9,
    "smokeping_prober, 1 - loss ratio": None,
    "fping -l, share of answers": 0.79,
    "fping -l, loops with any answer": 0.8,
}


def match(seconds: float, start_error: float = 1.5, end_error: float = 0.5, **other: Any) -> dict[str, Any]:
    told = seconds - start_error + end_error
    facts = {"at": 1000.0, "state": "down", "cause": "line", "told": "line", "seconds": seconds, "told_seconds": told, "sure": True}
    return facts | {"start_error": start_error, "end_error": end_error, "least": told - 1, "most": told + 3} | other


def judged(rule: str = "default", scale: float = 1.0, scenario: str = "outage-line-010s", **other: Any) -> dict[str, Any]:
    facts = {"scenario": scenario, "rule": rule, "scale": scale, "began": 990.0, "seconds": 60.0, "reproaches": []}
    return facts | {"true_availability": 0.8, "availability": 0.85, "matches": [], "missed": [], "invented": []} | other


def result(*each: dict[str, Any], peers: list[dict[str, float | None]] | None = None, noticed: list[Any] | None = None) -> dict[str, Any]:
    return {"judged": list(each), "peers": peers or [], "noticed": noticed or [[] for _ in each]}


def test_errors_are_counted_in_rounds_of_the_pace() -> None:
    slow = detection([result(judged(matches=[match(10)]))], "default", is_true_pace=True)
    fast = detection([result(judged(scale=5.0, matches=[match(10 / 5, 0.3, 0.1)]))], "default", is_true_pace=False)
    for found in (slow, fast):
        assert found.start is not None
        assert found.end is not None
        assert found.start.median == pytest.approx(0.5)
        assert found.end.median == pytest.approx(1 / 6)
        assert (found.sure, found.sure_found, found.within_bounds, found.cause_right) == (1, 1, 1, 1)
        assert found.true_s == pytest.approx(10)
        assert found.downtime_error == pytest.approx(-0.1)


def test_what_was_missed_invented_or_called_wrongly_is_told() -> None:
    missed = [{"state": "down", "cause": "line", "seconds": 6.0, "sure": True}, {"state": "down", "cause": "line", "seconds": 1.0, "sure": False}]
    invented = [{"state": "down", "cause": "line", "seconds": 4.0}]
    wrong = match(10, told="upstream", least=11.0)
    found = detection([result(judged(matches=[wrong], missed=missed, invented=invented))], "default", is_true_pace=True)
    assert (found.faults, found.sure, found.sure_found, found.short, found.short_found) == (3, 2, 1, 1, 0)
    assert (found.invented, found.within_bounds, found.cause_right) == (1, 0, 0)


def test_by_the_strict_rule_a_round_lost_to_chance_is_no_invention_of_ours_where_that_was_the_scenario() -> None:
    invented = [{"state": "down", "cause": "line", "seconds": 1.0}]
    for rule, count in (("strict", 0), ("default", 1)):
        assert detection([result(judged(rule, scenario="loss-60", invented=invented))], rule, is_true_pace=True).invented == count


def test_lengths_are_those_of_the_true_pace() -> None:
    missed = [{"state": "down", "cause": "line", "seconds": 0.9, "sure": False}]
    rows = by_length([result(judged(scale=5.0, matches=[match(1.5)], missed=missed))], (4.0, 5.0, 10.0))
    assert [(row.count, row.found["default"]) for row in rows] == [(1, 0), (1, 1)]


def test_the_time_to_a_record_runs_from_the_cut_to_what_another_reader_sees() -> None:
    noticed = [[[1005.5, "down", 1001.5], [1030.0, "up", 1029.0]], []]
    found = seconds_to_record([result(judged(matches=[match(10)]), judged("strict"), noticed=noticed)])
    assert found is not None
    assert (found.count, found.median) == (1, 5.5)


def test_everyone_is_held_against_the_same_truth() -> None:
    (row,) = peer_rows([result(judged(), judged("strict", availability=None), peers=[PEERS])])
    assert row.errors["linewatch, default"] == pytest.approx(5)
    assert row.errors["blackbox_exporter, any anchor"] == pytest.approx(10)
    assert (row.errors["linewatch, strict"], row.errors["smokeping_prober, 1 - loss ratio"]) == (None, None)


@pytest.mark.parametrize(("numbers", "expected"), [([3, 1, 2], (2, 3, 3)), (range(1, 101), (50.5, 95, 100)), ([7], (7, 7, 7))])
def test_a_percentile_is_one_of_the_numbers(numbers: list[float], expected: tuple[float, float, float]) -> None:
    found = spread(list(numbers))
    assert found is not None
    assert (found.median, found.p95, found.maximum) == expected


def test_every_scenario_is_played_at_both_paces() -> None:
    played = [name for job in jobs(1) for name in job.arguments]
    assert {played.count(scenario.name) for scenario in catalogue()} == {4}


def shape(text: str) -> list[str]:
    """The page without its numbers: headings, and of each table the heads and the first column's words."""
    rows = [line.split(" | ")[0] if "---" not in line else line for line in text.splitlines() if line.startswith(("#", "|"))]
    return [re.sub(r"[0-9][0-9.,]*", "N", row) for row in rows]


def test_the_page_has_the_shape_that_the_command_writes() -> None:
    scenarios = [judged(rule, scenario=each.name) for each in catalogue() for rule in ("default", "strict")]
    peers = [dict(PEERS) for _ in catalogue()]
    tries = [result(judged(rule="default", scenario="tries"), judged(rule="strict", scenario="tries"), peers=[dict(PEERS)]) for _ in range(2)]
    results = [result(*scenarios, peers=peers, noticed=[[], []]), *tries, result(judged(matches=[match(10)]), judged("strict"))]
    names = [f"{day} `{rule}`" for day in DAYS for rule in ("default", "strict")]
    written = page(results, [(name, Day(28_800, 0, 0)) for name in names], "2022")
    told = (ROOT / "docs" / "accuracy.md").read_text("utf-8")
    assert [line[3:] for line in written.splitlines() if line.startswith("## ")] == list(SECTIONS)
    assert shape(told) == shape(written)


DAYS = ("clean line, five anchors,", "5 % random loss, five anchors,", "for comparison: 5 % random loss, one anchor,")


def test_the_page_finds_every_sure_outage_and_invents_none() -> None:
    told = (ROOT / "docs" / "accuracy.md").read_text("utf-8")
    found = re.search(r"^\| sure to be found: found \| (.*) \|$", told, re.M)
    invented = re.search(r"^\| invented \| (.*) \|$", told, re.M)
    assert found is not None
    assert invented is not None
    for cell in found[1].split(" | "):
        each, of, whole = cell.split()
        assert (each, of) == (whole, "of")
    assert set(invented[1].split(" | ")) == {"0"}


def test_verdicts_count_plays() -> None:
    results = [result(judged(reproaches=["was never degraded"])), result(judged())]
    found = verdicts(results, "outage-line-010s", "default")
    assert (found.played, found.right, found.reproaches) == (2, 1, ("was never degraded",))
