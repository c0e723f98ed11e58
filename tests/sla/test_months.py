"""Service months: twelve of them, each by its own figures, and what the contract makes of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from linewatch.sample.cause import Cause
from linewatch.sla.months import Served, contract_share, equivalent_months, served_count, service_months
from linewatch.sla.period import months_of, year
from linewatch.sla.terms import Contract, Terms
from linewatch.span import Span
from linewatch.verdict.state import State
from linewatch.verdict.timeline import joined, plain

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = year(2022, ZONE)
MONTHS = months_of(2022, ZONE)
AFTER = datetime(2023, 6, 1, tzinfo=UTC)
WHOLE = Contract(start=date(2022, 1, 1), end=date(2024, 12, 31))
AGREED = Terms()
LETTERS = {"s": Served.SERVED, "n": Served.NOT_SERVED, "u": Served.UNPROVEN, "o": Served.OUTSIDE_CONTRACT, "f": Served.FUTURE}


def months(shares, as_of=AFTER, contract=WHOLE, terms=AGREED, excluded=()):
    """Twelve months of (share up, share down) from their beginning, the rest unknown."""
    parts = []
    for month, (up, down) in zip(MONTHS, shares, strict=True):
        first = month.span.start + month.span.length * up
        second = first + month.span.length * down
        parts += [plain(Span(month.span.start, first), State.UP, None), plain(Span(first, second), State.DOWN, Cause.LINE)]
        parts += [plain(Span(second, month.span.end), State.UNKNOWN, Cause.MONITOR)]
    whole = tuple(joined(part for part in parts if part.span.start < part.span.end))
    return service_months(whole, 2022, YEAR, as_of, terms, contract, excluded=excluded)


def drawn(found):
    letters = {served: letter for letter, served in LETTERS.items()}
    return "".join(letters[month.served] for month in found)


UP = (1, 0)


def test_a_year_without_a_fault_has_twelve_service_months():
    found = months([UP] * 12)
    assert drawn(found) == "s" * 12
    assert [month.label for month in found] == [f"2022-{index:02d}" for index in range(1, 13)]
    assert served_count(found) == equivalent_months(found) == 12


@pytest.mark.parametrize(
    ("up", "down", "letter"),
    [
        (1, 0, "s"),
        (0.9, 0.1, "s"),  # exactly the month's availability
        (0.875, 0.125, "n"),
        (0, 1, "n"),
        (0.9, 0, "s"),  # exactly the month's coverage
        (0.875, 0, "u"),
        (0, 0, "u"),
        (0.0625, 0.5, "u"),  # mostly down, but too little seen to say so
        (0.5, 0.4375, "n"),
    ],
)
def test_what_a_month_counts_as(up, down, letter):
    assert drawn(months([UP] * 5 + [(up, down)] + [UP] * 6)) == "sssss" + letter + "ssssss"


def test_the_terms_say_what_serves_a_month():
    terms = Terms(month_availability=Fraction(99, 100), month_coverage=Fraction(1, 2))
    found = months([(0.5, 0), (0.96875, 0.03125), (0.4375, 0), *[UP] * 9], terms=terms)
    assert drawn(found) == "snu" + "s" * 9


@pytest.mark.parametrize(
    ("start", "end", "letters"),
    [
        (None, None, "ssssssssssss"),
        (date(2022, 1, 1), date(2022, 12, 31), "ssssssssssss"),
        (date(2022, 1, 2), None, "osssssssssss"),
        (date(2022, 4, 1), None, "ooosssssssss"),
        (None, date(2022, 2, 28), "ssoooooooooo"),
        (None, date(2022, 2, 27), "sooooooooooo"),
        (date(2022, 3, 10), date(2022, 9, 20), "ooosssssoooo"),
        (date(2023, 1, 1), None, "oooooooooooo"),
        (date(2022, 5, 1), date(2022, 5, 31), "oooosooooooo"),
        (date(2022, 5, 2), date(2022, 5, 31), "oooooooooooo"),
    ],
)
def test_the_months_inside_the_contract(start, end, letters):
    contract = Contract(start=start, end=end)
    found = months([UP] * 12, contract=contract)
    assert drawn(found) == letters
    assert equivalent_months(found) == letters.count("s")
    assert contract_share(2022, contract) == Fraction(letters.count("s"), 12)
    assert all(month.figures is not None and month.figures.observed == 1 for month in found)


def test_a_leap_february_ends_on_its_last_day():
    assert contract_share(2024, Contract(end=date(2024, 2, 28))) == Fraction(1, 12)
    assert contract_share(2024, Contract(end=date(2024, 2, 29))) == Fraction(2, 12)


def test_months_to_come_have_no_figures():
    found = months([UP] * 12, as_of=MONTHS[4].span.start)
    assert drawn(found) == "ssssffffffff"
    assert [month.figures is None for month in found] == [False] * 4 + [True] * 8
    assert [month.lived for month in found] == [1] * 4 + [0] * 8


def test_a_month_to_come_outside_the_contract_is_outside():
    assert drawn(months([UP] * 12, as_of=MONTHS[0].span.end, contract=Contract(end=date(2022, 10, 31)))) == "sfffffffffoo"


@pytest.mark.parametrize(("lived", "letter"), [(0.0625, "u"), (0.875, "u"), (0.9, "s"), (1, "s")])
def test_a_running_month_is_not_served_before_it_is_covered(lived, letter):
    month = MONTHS[2]
    found = months([UP] * 12, as_of=month.span.start + month.span.length * lived)
    assert drawn(found) == "ss" + letter + "fffffffff"
    assert found[2].lived == Fraction(lived).limit_denominator(1000)


def test_a_running_month_counts_for_its_share_of_the_equivalent_months_once_it_is_proven():
    lived = [UP, (0.5, 0.5), *[UP] * 10]
    early = months(lived, as_of=MONTHS[2].span.start + MONTHS[2].span.length / 4)
    late = months(lived, as_of=MONTHS[2].span.start + MONTHS[2].span.length * 19 / 20)
    assert equivalent_months(early) == 1 + Fraction(1, 2)
    assert equivalent_months(late) == 1 + Fraction(1, 2) + Fraction(19, 20)


def test_months_without_a_measurement_add_nothing_to_the_equivalent():
    found = months([(0, 0), (0, 1), (0.25, 0.75), *[UP] * 9])
    assert equivalent_months(found) == 0 + 0 + Fraction(1, 4) + 9
    assert served_count(found) == 9


def test_an_exclusion_counts_in_the_months_too():
    month = MONTHS[5].span
    found = months([*[UP] * 5, (0.5, 0.5), *[UP] * 6], excluded=[Span(month.start + month.length / 2, month.end)])
    assert drawn(found) == "s" * 12
    assert found[5].figures.gross == Fraction(1, 2)
    found = months([UP] * 12, excluded=[month])
    assert drawn(found) == "sssssussssss"


def test_the_months_begin_at_the_midnights_of_the_zone():
    found = months([UP] * 12)
    assert [month.figures.scheduled for month in found] == [timedelta(days=days) for days in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)]
