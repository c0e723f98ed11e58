"""The worked month of docs/sla.md: every number of that page, told by the functions that make the report.

The rounds around each event are judged and stepped one by one; the quiet hours between are skipped, which a test of their own allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from linewatch.sample.cause import Cause
from linewatch.sample.outcome import LOST, Outcome, Result
from linewatch.sample.round import Panel, Round, Seat
from linewatch.sample.target import Role
from linewatch.sla.availability import Availability, Verdict, availability, verdict
from linewatch.sla.charge import charged
from linewatch.sla.line_rows import line_indicators
from linewatch.sla.minutes import Y1540, Y1540_2011, LossCriterion, MinuteLoss, history_of, verdicts
from linewatch.sla.months import Served, contract_share, equivalent_months, served_count, service_months
from linewatch.sla.period import instant, month, year
from linewatch.sla.printed import clock_time, percent
from linewatch.sla.profiles import Definition, profiles
from linewatch.sla.terms import Contract, Payment, Terms
from linewatch.span import Span, microseconds
from linewatch.store.rollup import bucket_of, bucket_rtt_us, minute_of, minute_rollup
from linewatch.verdict.behind import behind
from linewatch.verdict.judge import Memory, endpoint_reading, line_verdict
from linewatch.verdict.lapse import with_lapses
from linewatch.verdict.machine import Standing, nothing_known, step
from linewatch.verdict.outage import outage_spans, outages
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule, default_stale_after
from linewatch.verdict.state import State, Transition
from linewatch.verdict.timeline import Timeline, timeline, within
from tests.verdict.drawn import lapses

ZONE = ZoneInfo("Asia/Shanghai")
MARCH = month("2022-03", ZONE)
PAGE = (Path(__file__).parents[2] / "docs" / "sla.md").read_text(encoding="utf-8")

LINE_RULE = Rule(interval=timedelta(seconds=3), stale_after=default_stale_after(timedelta(seconds=3)))
SITE_RULE = Rule(interval=timedelta(seconds=60), stale_after=default_stale_after(timedelta(seconds=60)))
LINE_RETRY, SITE_RETRY = 1, 10
ANCHORS = ("223.5.5.5", "119.29.29.29", "114.114.114.114", "tcp://180.76.76.76:53", "dns://223.6.6.6/www.gov.cn")
LINE_PANEL: Panel = (
    Seat(Role.GATEWAY, "192.168.1.1"),
    Seat(Role.NEXT_HOP, "10.8.0.1"),
    *(Seat(Role.ANCHOR, anchor) for anchor in ANCHORS),
)
SITE_PANEL: Panel = (Seat(Role.ENDPOINT, "https://weibo.com/"),)
ANSWER = Outcome(Result.OK, 23_400)
REFUSED = Outcome(Result.BAD, 31_000, Cause.STATUS)

CONTRACT = Contract(start=date(2022, 1, 1), end=date(2024, 12, 31), cost=Decimal(6), payments=(Payment(date(2022, 3, 15), Decimal(6), "a voucher"),))


def at(text: str) -> datetime:
    """A moment of March 2022 as the page writes it: `08 14:05:03`, in Asia/Shanghai."""
    return instant(f"2022-03-{text.replace(' ', 'T')}", ZONE)


def seconds(start: str, end: str, every: int) -> Iterator[datetime]:
    """The moments from `start` to `end`, both among them, `every` so many seconds."""
    now = at(start)
    while now <= at(end):
        yield now
        now += timedelta(seconds=every)


class Line:
    """The line's rounds as they are judged."""

    def __init__(self) -> None:
        self.standing, self.memory = nothing_known(), Memory()
        self.changes: list[Transition] = []
        self.readings: dict[datetime, Reading] = {}
        self.looked: list[tuple[Round, Reading]] = []

    def round(self, now: datetime, gateway: Outcome, beyond: Outcome) -> None:
        looked = Round(now, LINE_PANEL, (gateway, *([beyond] * (len(LINE_PANEL) - 1))))
        reading, self.memory, _ = line_verdict(LINE_RULE, self.memory, looked)
        self.readings[now] = reading
        self.looked.append((looked, reading))
        self.standing, changes = step(LINE_RULE, self.standing, reading)
        self.changes += changes

    def answers(self, start: str, end: str, every: int = 3) -> None:
        for now in seconds(start, end, every):
            self.round(now, ANSWER, ANSWER)

    def broken(self, start: str, end: str) -> None:
        for now in seconds(start, end, LINE_RETRY):
            self.round(now, ANSWER, LOST)

    def locally_silent(self, start: str, end: str) -> None:
        for now in seconds(start, end, 3):
            self.round(now, LOST, LOST)

    def quietly_until(self, text: str) -> None:
        self.standing, self.memory = skipped(self.standing, at(text)), Memory()


class Site:
    """The endpoint's rounds."""

    def __init__(self) -> None:
        self.standing = nothing_known()
        self.changes: list[Transition] = []

    def sees(self, outcome: Outcome, start: str, end: str, every: int = 60) -> None:
        for now in seconds(start, end, every):
            self.standing, changes = step(SITE_RULE, self.standing, endpoint_reading(Round(now, SITE_PANEL, (outcome,))))
            self.changes += changes

    def quietly_until(self, text: str) -> None:
        self.standing = skipped(self.standing, at(text))


def skipped(standing: Standing, until: datetime) -> Standing:
    """The standing after good rounds up to the one at `until`, of a service that is up."""
    assert standing.state is State.UP
    assert not standing.pending
    return replace(standing, seen=Reading(until, Kind.GOOD), agreed_at=until)


@pytest.fixture(scope="module")
def line() -> Line:
    told = Line()
    told.round(MARCH.span.start, ANSWER, ANSWER)
    # Two bad rounds, which are no outage.
    told.quietly_until("03 09:27:57")
    told.answers("03 09:28:00", "03 09:30:00")
    told.broken("03 09:30:03", "03 09:30:04")
    told.answers("03 09:30:05", "03 09:33:05")
    # The outage.
    told.quietly_until("08 14:02:57")
    told.answers("08 14:03:00", "08 14:05:00")
    told.broken("08 14:05:03", "08 14:47:19")
    told.answers("08 14:47:20", "08 14:47:20")
    told.answers("08 14:47:21", "08 14:51:21")
    # The office's own fault.
    told.quietly_until("15 08:07:57")
    told.answers("15 08:08:00", "15 08:09:57")
    told.locally_silent("15 08:10:00", "15 08:31:27")
    told.answers("15 08:31:30", "15 08:34:30")
    # The monitor was off.
    told.quietly_until("22 01:57:57")
    told.answers("22 01:58:00", "22 02:00:00")
    told.answers("22 02:06:42", "22 02:09:42")
    told.quietly_until("31 23:59:57")
    return told


@pytest.fixture(scope="module")
def site() -> Site:
    told = Site()
    told.sees(ANSWER, "01 00:00:00", "01 00:00:35", 35)
    # During the line's outage.
    told.quietly_until("08 14:03:35")
    told.sees(ANSWER, "08 14:04:35", "08 14:04:35")
    told.sees(LOST, "08 14:05:35", "08 14:47:15", SITE_RETRY)
    told.sees(ANSWER, "08 14:47:25", "08 14:47:35", SITE_RETRY)
    # An outage of its own.
    told.quietly_until("10 20:58:35")
    told.sees(ANSWER, "10 20:59:35", "10 20:59:35")
    told.sees(REFUSED, "10 21:00:35", "10 21:12:25", SITE_RETRY)
    told.sees(ANSWER, "10 21:12:35", "10 21:12:45", SITE_RETRY)
    # During the office's own fault.
    told.quietly_until("15 08:09:35")
    told.sees(LOST, "15 08:10:35", "15 08:31:25", SITE_RETRY)
    told.sees(ANSWER, "15 08:31:35", "15 08:31:45", SITE_RETRY)
    # The monitor was off.
    told.quietly_until("22 01:58:35")
    told.sees(ANSWER, "22 01:59:35", "22 01:59:35")
    told.sees(ANSWER, "22 02:06:45", "22 02:08:45")
    told.quietly_until("31 23:59:45")
    return told


@pytest.fixture(scope="module")
def line_history(line: Line) -> Timeline:
    return timeline(line.changes, MARCH.span.end)


@pytest.fixture(scope="module")
def line_figures(line_history: Timeline) -> Availability:
    return availability(line_history, MARCH.span, Terms())


@pytest.fixture(scope="module")
def site_history(site: Site) -> Timeline:
    return timeline(site.changes, MARCH.span.end)


@pytest.fixture(scope="module")
def site_own(site_history: Timeline, line_history: Timeline) -> Timeline:
    return behind(site_history, line_history)


@pytest.fixture(scope="module")
def site_figures(site_own: Timeline) -> Availability:
    return availability(site_own, MARCH.span, Terms())


Row = tuple[str, State, Cause | None, str, str, int]


def rows(history: Timeline) -> list[Row]:
    """The stretches that are not UP, as the page's tables list them."""
    return [
        (
            f"{stretch.span.start.astimezone(ZONE):%d}",
            stretch.state,
            stretch.cause,
            f"{stretch.span.start.astimezone(ZONE):%H:%M:%S}",
            f"{stretch.span.end.astimezone(ZONE):%H:%M:%S}",
            stretch.span.length // timedelta(seconds=1),
        )
        for stretch in history
        if stretch.state is not State.UP
    ]


def printed(number: int) -> str:
    return f"{number:,}"


def whole(duration: timedelta) -> int:
    """The whole seconds of a duration that has no others."""
    count, rest = divmod(microseconds(duration), 1_000_000)
    assert rest == 0
    return count


def test_quiet_hours_may_be_skipped() -> None:
    told = Line()
    told.answers("01 00:00:00", "01 01:00:00")
    assert [change.state for change in told.changes] == [State.UP]
    assert told.standing == skipped(replace(told.standing, seen=None, agreed_at=None), at("01 01:00:00"))


def test_march_2022_has_its_seconds() -> None:
    assert MARCH.span == Span(instant("2022-02-28T16:00Z", ZONE), instant("2022-03-31T16:00Z", ZONE))
    assert whole(MARCH.span.length) == 2_678_400
    assert "2,678,400" in PAGE


@pytest.mark.parametrize(
    ("moment", "kind", "cause"),
    [
        ("08 14:05:00", Kind.GOOD, None),
        ("08 14:05:03", Kind.BAD, Cause.LINE),
        ("08 14:05:04", Kind.BAD, Cause.LINE),
        ("08 14:05:05", Kind.BAD, Cause.LINE),
        ("08 14:47:19", Kind.BAD, Cause.LINE),
        ("08 14:47:20", Kind.DEGRADED, Cause.LOSS),
        ("08 14:47:21", Kind.DEGRADED, Cause.LOSS),
        ("08 14:48:09", Kind.DEGRADED, Cause.LOSS),
        ("08 14:48:12", Kind.GOOD, None),
        ("15 08:10:00", Kind.UNMEASURED, Cause.LOCAL),
        ("15 08:31:30", Kind.GOOD, None),
        ("22 02:06:42", Kind.GOOD, None),
    ],
)
def test_a_round_reads_as_the_page_says(line: Line, moment: str, kind: Kind, cause: Cause | None) -> None:
    assert line.readings[at(moment)] == Reading(at(moment), kind, cause)
    assert moment[3:] in PAGE


def test_the_line_is_not_up_where_the_page_says(line_history: Timeline) -> None:
    assert rows(line_history) == [
        ("03", State.DEGRADED, Cause.LOSS, "09:30:05", "09:30:59", 54),
        ("08", State.DOWN, Cause.LINE, "14:05:03", "14:47:20", 2537),
        ("08", State.DEGRADED, Cause.LOSS, "14:47:20", "14:48:12", 52),
        ("15", State.UNKNOWN, Cause.LOCAL, "08:10:00", "08:31:30", 1290),
        ("22", State.UNKNOWN, Cause.MONITOR, "02:00:03", "02:06:42", 399),
    ]
    for row in rows(line_history):
        assert table_row(row) in PAGE


def table_row(row: Row) -> str:
    day, state, cause, start, end, length = row
    return f"| {day} March | {state.name} | `{cause}` | {start} | {end} | {printed(length)} |"


def test_the_outage_lasted_between_its_bounds(line_history: Timeline) -> None:
    (outage,) = outages(line_history, MARCH.span)
    assert (whole(outage.least), whole(outage.span.length), whole(outage.most)) == (2536, 2537, 2540)
    assert outage.id("leased-line") == "leased-line@20220308T060503Z"
    assert clock_time(outage.span.length) == "00:42:17"
    for text in ("2,536", "2,537", "2,540", "`leased-line@20220308T060503Z`", "00:42:17"):
        assert text in PAGE


def test_the_line_has_its_seconds(line_figures: Availability) -> None:
    of = line_figures
    assert [whole(each) for each in (of.scheduled, of.excluded, of.up, of.degraded, of.down, of.unknown)] == [
        2_678_400,
        0,
        2_674_068,
        106,
        2_537,
        1_689,
    ]
    assert of.up + of.degraded + of.down + of.unknown + of.excluded == of.scheduled
    assert (whole(of.owed), whole(of.measured)) == (2_678_400, 2_676_711)
    assert (whole(of.charged_least), whole(of.charged), whole(of.charged_most)) == (2_536, 2_537, 2_540)
    for number in (2_674_068, 106, 1_689, 2_676_711):
        assert printed(number) in PAGE


def test_the_line_has_its_ratios(line_figures: Availability) -> None:
    of = line_figures
    assert of.observed == of.gross == 1 - Fraction(2_537, 2_676_711)
    assert of.low == 1 - Fraction(2_540 + 1_689, 2_678_400)
    assert of.high == 1 - Fraction(2_536, 2_678_400)
    assert of.coverage == Fraction(2_676_711, 2_678_400)
    shown = [percent(ratio, 6) for ratio in (of.observed, of.low, of.high, of.coverage)]
    assert shown == ["99.905219", "99.842107", "99.905316", "99.936939"]
    assert [percent(ratio) for ratio in (of.observed, of.low, of.high, of.coverage)] == ["99.90", "99.84", "99.90", "99.93"]
    for text in (*shown, "99.90 %", "99.84 %", "99.93 %"):
        assert text in PAGE


def test_the_line_missed_full_marks_and_met_three_nines(line_figures: Availability) -> None:
    assert verdict(line_figures, Terms()) is Verdict.NOT_MET
    assert verdict(line_figures, Terms(target=Fraction("0.999"))) is Verdict.MET
    assert verdict(line_figures, Terms(target=Fraction("0.999"), min_coverage=Fraction("0.9995"))) is Verdict.UNPROVEN


def test_stricter_terms_charge_more(line_history: Timeline) -> None:
    degraded = availability(line_history, MARCH.span, Terms(degraded="down"))
    assert whole(degraded.charged) == 2_643
    assert percent(degraded.observed, 6) == "99.901259"
    terms = Terms(local_faults="down")
    local = availability(charged(line_history, terms), MARCH.span, terms)
    assert (whole(local.down), whole(local.unknown), whole(local.measured)) == (3_827, 399, 2_678_001)
    assert percent(local.observed, 6) == "99.857094"
    for text in ("2,643", "99.901259", "3,827", "2,678,001", "99.857094"):
        assert text in PAGE


def test_the_month_by_five_definitions(line: Line, line_history: Timeline, line_figures: Availability) -> None:
    beside = outage_spans(line_history)
    strict = with_lapses(line_history, lapses(list(line.readings.values()), beside, LINE_RULE, MARCH.span.end))
    by_loss = [Definition("strict", strict, {}), *(Definition(name, by_minutes(line, each), {}) for name, each in BY_LOSS.items())]
    found = {each.name: each for each in profiles(line_history, MARCH.span, LINE_RULE, Terms(), others=by_loss)}
    told = {
        name: (whole(each.figures.down), whole(each.figures.unknown), percent(each.figures.observed, 6), each.outage_count)
        for name, each in found.items()
    }
    assert told == {
        "strict": (2_539, 1_689, "99.905144", 2),
        "standard": (2_537, 1_689, "99.905219", 1),
        "y1540": (2_580, 1_620, "99.903615", 1),
        "y1540-2011": (2_400, 1_500, "99.910344", 1),
        "carrier": (2_537, 1_689, "99.905219", 1),
    }
    assert found["standard"].figures == line_figures
    for name, (down, unknown, observed, count) in told.items():
        assert f"| `{name}` | {printed(down)} | {printed(unknown)} | {observed}… % | {count} |" in PAGE


BY_LOSS = {"y1540": Y1540, "y1540-2011": Y1540_2011}


def by_minutes(line: Line, criterion: LossCriterion) -> Timeline:
    """From the roll-ups of the rounds; the quiet minutes between them are known and lost nothing."""
    rolled = [minute_rollup(list(rounds)) for _, rounds in groupby(line.looked, lambda each: minute_of(each[0].at))]
    lost = [MinuteLoss(each.minute, each.sent, each.lost, each.unmeasured) for each in rolled]
    first, last = minute_of(MARCH.span.start), minute_of(MARCH.span.end)
    known = [(first, minute_of(at("22 02:01:00"))), (minute_of(at("22 02:06:00")), last)]
    return history_of(criterion, known, verdicts(criterion, lost, is_line=True), (first, last))


def test_the_site_was_down_where_the_page_says(site_history: Timeline) -> None:
    assert rows(site_history) == [
        ("08", State.DOWN, Cause.TIMEOUT, "14:05:35", "14:47:25", 2510),
        ("10", State.DOWN, Cause.STATUS, "21:00:35", "21:12:35", 720),
        ("15", State.DOWN, Cause.TIMEOUT, "08:10:35", "08:31:35", 1260),
        ("22", State.UNKNOWN, Cause.MONITOR, "02:00:35", "02:06:45", 370),
    ]
    for row in rows(site_history):
        assert table_row(row) in PAGE


def test_the_lines_outage_and_the_offices_fault_are_not_the_sites(site_own: Timeline) -> None:
    assert rows(site_own) == [
        ("08", State.UNKNOWN, Cause.LINE, "14:05:35", "14:47:25", 2510),
        ("10", State.DOWN, Cause.STATUS, "21:00:35", "21:12:35", 720),
        ("15", State.UNKNOWN, Cause.LOCAL, "08:10:35", "08:31:35", 1260),
        ("22", State.UNKNOWN, Cause.MONITOR, "02:00:35", "02:06:45", 370),
    ]
    for row in rows(site_own):
        assert table_row(row) in PAGE


def test_the_site_is_charged_its_own_outage_alone(site_own: Timeline, site_figures: Availability) -> None:
    (outage,) = outages(site_own, MARCH.span)
    assert (whole(outage.least), whole(outage.span.length), whole(outage.most)) == (710, 720, 780)
    of = site_figures
    assert [whole(each) for each in (of.up, of.degraded, of.down, of.unknown, of.measured)] == [2_673_540, 0, 720, 4_140, 2_674_260]
    assert of.observed == 1 - Fraction(720, 2_674_260)
    assert of.low == 1 - Fraction(780 + 4_140, 2_678_400)
    assert of.high == 1 - Fraction(710, 2_678_400)
    shown = [percent(ratio, 6) for ratio in (of.observed, of.low, of.high, of.coverage)]
    assert shown == ["99.973076", "99.816308", "99.973491", "99.845430"]
    assert [percent(ratio) for ratio in (of.observed, of.low, of.high, of.coverage)] == ["99.97", "99.81", "99.97", "99.84"]
    for text in (*shown, "2,673,540", "4,140", "2,674,260", "99.97 %", "99.81 %"):
        assert text in PAGE


def test_without_the_mask_the_line_would_be_charged_twice(site_history: Timeline) -> None:
    unmasked = availability(site_history, MARCH.span, Terms())
    assert whole(unmasked.down) == 4_490
    assert percent(unmasked.observed) == "99.83"
    assert "4,490" in PAGE
    assert "99.83 %" in PAGE


def test_march_is_served_from_the_second_in_which_enough_of_it_is_covered(line_history: Timeline) -> None:
    def march(as_of: datetime) -> Served:
        known = within(line_history, Span(MARCH.span.start, as_of))
        return service_months(known, 2022, MARCH, as_of, Terms(), CONTRACT)[2].served

    assert march(at("16 00:00:00")) is Served.UNPROVEN
    assert march(at("28 22:04:08")) is Served.UNPROVEN
    assert march(at("28 22:04:09")) is Served.SERVED
    assert march(MARCH.span.end) is Served.SERVED
    for text in ("2,410,560", "2,412,249", "28 March 22:04:09"):
        assert text in PAGE
    assert Fraction(9, 10) * 2_678_400 == 2_410_560 == 2_412_249 - 1_689


def test_the_year_of_this_one_month(line_history: Timeline, line_figures: Availability) -> None:
    whole_year = year(2022, ZONE)
    months = service_months(line_history, 2022, whole_year, whole_year.span.end, Terms(), CONTRACT)
    assert [each.served for each in months] == [Served.UNPROVEN] * 2 + [Served.SERVED] + [Served.UNPROVEN] * 9
    assert served_count(months) == 1
    assert equivalent_months(months) == line_figures.observed
    assert percent(equivalent_months(months) / 100, 6) == "0.999052"
    figures = availability(line_history, whole_year.span, Terms())
    assert whole(figures.scheduled) == 31_536_000
    assert percent(figures.coverage) == "8.48"
    assert figures.observed == line_figures.observed
    assert verdict(figures, Terms(target=Fraction("0.999"))) is Verdict.UNPROVEN
    rows_of_table = line_indicators(2022, figures, months, Terms(), CONTRACT)
    assert [(row.name, row.actual, row.met) for row in rows_of_table if row.source == "contract"] == [
        ("网络专线使用时限", Fraction(100), True),
        ("网络专线使用成本", Decimal(6), True),
    ]
    assert "31,536,000" in PAGE
    assert "8.48 %" in PAGE
    assert "0.999052" in PAGE


@pytest.mark.parametrize(
    ("start", "end", "share"),
    [(date(2022, 1, 1), date(2024, 12, 31), 12), (date(2022, 3, 15), date(2024, 12, 31), 9), (date(2022, 3, 1), date(2022, 11, 29), 8)],
)
def test_a_month_counts_only_where_all_of_it_lies_in_the_term(start: date, end: date, share: int) -> None:
    assert contract_share(2022, Contract(start=start, end=end)) == Fraction(share, 12)


def test_a_round_trip_time_keeps_two_percent_in_its_bucket() -> None:
    bucket = bucket_of(23_400)
    assert bucket == 257
    assert f"{bucket_rtt_us(bucket) / 1000:.3f}" == "23.387"
    assert abs(bucket_rtt_us(bucket) / 23_400 - 1) < 0.02
    assert "bucket 257" in PAGE
    assert "23.387 ms" in PAGE
