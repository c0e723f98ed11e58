"""Scenarios are read or refused; played before the real daemon, the record says what was true."""

from __future__ import annotations

from pathlib import Path

import pytest

from linewatch.sample.cause import Cause
from linewatch.verdict.state import State
from tests.lab.play import told
from tests.lab.scenario import Expectation, OnLink, OnServer, Scenario, catalogue, read
from tests.lab.session import Judged, as_values, session
from tests.lab.watcher import default_rule, strict_rule

SCALE = 5.0


def test_every_scenario_of_the_catalogue_can_be_read_and_ends_in_good_order() -> None:
    found = {scenario.name: scenario for scenario in catalogue()}
    places = {(place, seconds) for place in ("line", "upstream", "gateway", "interface") for seconds in (1, 2, 5, 10, 30, 120)}
    assert {f"outage-{place}-{seconds:03d}s" for place, seconds in places} <= set(found)
    assert len(found) >= 47
    for scenario in found.values():
        assert scenario.line.state in ("up", "degraded") or scenario.line.causes
        assert scenario.seconds <= 180


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "x"\nseconds = 9\n', "missing or wrong: 'expect'"),
        ('title = "x"\nseconds = 9\n[expect.line]\nstate = "off"\n', "'off' is none of up, degraded, down, unknown"),
        ('title = "x"\nseconds = 9\nspeed = 3\n[expect.line]\nstate = "up"\n', "unknown key speed"),
        ('title = "x"\nseconds = 9\n[[change]]\nat = 10\nlink = "line"\n[expect.line]\nstate = "up"\n', "a change at 10.0 s lies outside its 9.0 s"),
        ('title = "x"\nseconds = 9\n[[change]]\nat = 1\nlink = "lien"\n[expect.line]\nstate = "up"\n', "'lien' is none of lan, line, upstream"),
        ('title = "x"\nseconds = 9\n[[change]]\nat = 1\nlink = "line"\nlag = 3\n[expect.line]\nstate = "up"\n', "no impairment is called lag"),
    ],
)
def test_a_scenario_that_means_nothing_is_refused_with_its_file(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"odd.toml: {words}"):
        read(path)


def cut(at_s: float, link: str, seconds: float) -> list[OnLink]:
    return [OnLink(at_s, link, "both", None, {"cut": True}), OnLink(at_s + seconds, link, "both", None, {})]


A_LITTLE_OF_EVERYTHING = Scenario(
    "everything",
    "a little of everything",
    50,
    (
        *cut(6, "line", 7.5),
        *cut(19, "upstream", 7),
        *cut(32, "lan", 6),
        OnServer(40, "dns", rightly=False),
        OnLink(44, "line", "in", None, {"duplicate": 0.5}),
    ),
    Expectation("down"),
    Expectation("down"),
)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[Judged]:
    rules = [default_rule(SCALE), strict_rule(SCALE)]
    found, peers, noticed = session(tmp_path_factory.mktemp("session"), "seed", rules, [A_LITTLE_OF_EVERYTHING])
    values = as_values(found, peers, noticed)
    assert [each["rule"] for each in values["judged"]] == ["default", "strict"]
    return found


def test_the_daemons_record_is_true_to_the_line_by_both_rules(judged: list[Judged]) -> None:
    for each in judged:
        assert each.reproaches == (), list(told(A_LITTLE_OF_EVERYTHING, judged, []))
        assert [(match.told.state, match.told.cause) for match in each.comparison.matches] == [
            (State.DOWN, Cause.LINE),
            (State.DOWN, Cause.UPSTREAM),
            (State.UNKNOWN, Cause.LOCAL),
        ]
        assert all(match.within_bounds for match in each.comparison.matches if match.told.state is State.DOWN)


def test_what_it_says_can_be_read_by_a_person(judged: list[Judged]) -> None:
    lines = list(told(A_LITTLE_OF_EVERYTHING, judged, []))
    assert lines[0].startswith(("truth    the line was there for 70.9", "truth    the line was there for 71.0"))
    assert sum("down (line)" in line for line in lines) == 3  # the truth and two records
    assert lines.count("  as expected") == 2
