"""Other definitions beside the headline."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewatch.sla.availability import availability
from linewatch.sla.profiles import Definition, headline, profiles, without_short_outages
from linewatch.sla.terms import Terms
from linewatch.span import Span
from linewatch.verdict.outage import outages
from linewatch.verdict.rule import Rule
from linewatch.verdict.timeline import padded
from tests.verdict.drawn import RULE, SLOT, at, drawn, history, line, slots

FIVE_MINUTES = 100  # slots of three seconds


@pytest.mark.parametrize(
    ("states", "lenient"),
    [
        ("UDDU", "UUUU"),
        ("UDDDU", "UDDDU"),  # exactly as long as the shortest that counts
        ("UDDUDDU", "UUUUUUU"),
        ("UDdDU", "UDdDU"),  # one outage, whatever its causes
        ("UDd_dU", "UUU_UU"),  # two outages, with a silence between
        ("UD~DU", "UU~UU"),
        ("DDUDD", "UUUUU"),
        ("____", "____"),
        ("", ""),
        ("UDDDUDU", "UDDDUUU"),
    ],
)
def test_short_outages_count_as_up(states, lenient):
    assert drawn(without_short_outages(line(states), 3 * SLOT), len(states)) == lenient


def test_the_two_profiles_of_a_history():
    short, long = "x" * (FIVE_MINUTES - 1), "x" * FIVE_MINUTES
    whole = history("." * 50 + short + "." * 50 + long + "." * 101)
    standard, carrier = profiles(whole, slots(0, 400), RULE, Terms())
    assert (standard.name, standard.outage_count) == ("standard", 2)
    assert standard.figures == availability(whole, slots(0, 400), Terms())
    assert standard.figures.observed == 1 - Fraction(199, 400)
    assert standard.parameters == {"fall": 3, "rise": 2, "interval_seconds": 3.0}
    assert (carrier.name, carrier.outage_count) == ("carrier", 1)
    assert carrier.figures.observed == 1 - Fraction(100, 400)
    assert carrier.parameters == {"ignored_below_seconds": 300.0}


def test_the_length_of_an_outage_is_not_that_of_its_part_in_the_period():
    """An outage of six minutes, one of them in the period: the carriers' habit does not apply."""
    whole = line("U" * 10 + "D" * 120 + "U" * 10)
    standard, carrier = profiles(whole, slots(110, 140), RULE, Terms())
    assert standard.figures == carrier.figures
    assert (standard.outage_count, carrier.outage_count) == (1, 1)


def test_the_parameters_are_those_of_the_rule_in_force():
    rule = Rule(interval=timedelta(seconds=60), stale_after=timedelta(seconds=180), fall=5, rise=1)
    standard, _ = profiles((), slots(0, 1), rule, Terms())
    assert standard.parameters == {"fall": 5, "rise": 1, "interval_seconds": 60.0}
    assert standard.figures.observed is None


@given(st.text(alphabet="UUUDDDd~_?", max_size=40).map(line), st.integers(0, 20), st.integers(1, 30), st.integers(0, 6))
def test_ignoring_short_outages_changes_nothing_else(whole, start, length, shortest):
    period = slots(start, start + length)
    lenient = without_short_outages(whole, shortest * SLOT)
    before, after = availability(whole, period, Terms()), availability(lenient, period, Terms())
    assert (after.unknown, after.degraded, after.scheduled) == (before.unknown, before.degraded, before.scheduled)
    assert after.up + after.down == before.up + before.down
    assert after.down <= before.down
    everything = Span(at(0), at(40))
    kept = [outage.span for outage in outages(whole, everything) if outage.span.length >= shortest * SLOT]
    assert [outage.span for outage in outages(lenient, everything)] == kept
    assert without_short_outages(lenient, shortest * SLOT) == lenient
    assert padded(lenient, everything)[-1].span.end == at(40)


def test_an_exclusion_counts_in_both_profiles():
    whole = line("U" * 10 + "D" * 10)
    standard, carrier = profiles(whole, slots(0, 20), replace(RULE, fall=1), Terms(), excluded=[slots(10, 20)])
    assert (standard.figures.observed, standard.figures.gross) == (1, Fraction(1, 2))
    assert (carrier.figures.observed, carrier.figures.gross) == (1, 1)


def test_every_definition_counts_over_the_same_hours_and_exclusions():
    standing, strict = line("U" * 10 + "D" * 10), line("D" * 20)
    others = [Definition("y1540", line(" " * 20), {"loss_above": 0.2}), Definition("strict", strict, {})]
    found = profiles(standing, slots(0, 20), RULE, Terms(), [slots(0, 16)], [slots(8, 12)], others)
    assert [each.name for each in found] == ["strict", "standard", "y1540", "carrier"]
    assert {(each.figures.scheduled, each.figures.excluded) for each in found} == {(16 * SLOT, 4 * SLOT)}
    by_name = {each.name: each for each in found}
    assert (by_name["strict"].figures.observed, by_name["strict"].figures.down) == (0, 12 * SLOT)
    assert (by_name["y1540"].figures.observed, by_name["y1540"].figures.coverage, by_name["y1540"].outage_count) == (None, 0, 0)
    assert headline(found) is by_name["standard"]
    assert headline(found, "strict") is by_name["strict"]
    whole_day = {name: each.around_the_clock for name, each in by_name.items()}
    assert {(figures.scheduled, figures.excluded) for figures in whole_day.values()} == {(20 * SLOT, 4 * SLOT)}
    assert (whole_day["standard"].down, whole_day["strict"].down) == (8 * SLOT, 16 * SLOT)


def test_a_definition_that_says_the_same_has_the_same_figures():
    whole = history("...xxx....")
    strict, standard, carrier = profiles(whole, slots(0, 10), RULE, Terms(), others=[Definition("strict", whole, {"fall": 1})])
    assert (strict.figures, strict.outage_count, strict.parameters) == (standard.figures, 1, {"fall": 1})
    assert standard.around_the_clock is strict.around_the_clock is None
    assert carrier.figures != standard.figures
