"""The status page: one HTML text without script, whose every number is the report's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from linewatch.report.html_tables import Stamps, milliseconds
from linewatch.report.overview import DAYS, Ahead, Incident, Overview, ServiceOverview
from linewatch.report.review import percentiles
from linewatch.report.words import Words, coverage_told
from linewatch.sla.availability import Availability, Verdict
from linewatch.sla.days import Day, Grade
from linewatch.sla.months import served_count
from linewatch.sla.printed import NOTHING, clock_time, percent, promised
from linewatch.span import ZERO, Span
from linewatch.verdict.state import State
from linewatch.web.sparkline import sparkline

LANGUAGES = {"zh": "zh-CN", "en": "en"}
MOST_INCIDENTS = 10
"""How many outages the page shows, the latest; a report has them all."""

MOST_YEARS = 10
MOST_NAMES = 3
CLASSES = {Grade.A: "a", Grade.B: "b", Grade.C: "c", Grade.D: "d", Grade.UNKNOWN: "u", Grade.EXCLUDED: "x", Grade.NOT_OWED: "n"}
"""How a day's bar looks; one without downtime needs no class of its own."""

_WORST_FIRST = (State.DOWN, State.UNKNOWN, State.DEGRADED, State.UP)


def status_page(seen: Overview, words: Words, old: bool) -> str:
    """The page; `old` says that the figures could not be made anew for a while."""
    until = seen.as_of.replace(microsecond=0)
    stamp = Stamps(seen.zone, Span(min(until - timedelta(days=DAYS), seen.year.span.start), until))
    name = " · ".join(each.subject.title for each in seen.services if each.subject.is_line)
    return _template("status.html.j2").render(
        words=words,
        lang=LANGUAGES[words.language],
        other="en" if words.language == "zh" else "zh",
        name=name or "linewatch",
        overall=_overall(seen),
        headline=_headline(seen, words),
        old=old,
        days=DAYS,
        stamp=stamp,
        seen=seen,
        label=seen.year.period.label,
        zone=stamp.zone,
        cards=[_Card(number, each, stamp, words) for number, each in enumerate(seen.services, start=1)],
        legend=_legend(words),
        incidents=[_incident(each, seen.zone, stamp, words) for each in seen.incidents[:MOST_INCIDENTS]],
        left_out=max(0, len(seen.incidents) - MOST_INCIDENTS),
        ahead=[_ahead(each, seen, stamp, words) for each in seen.ahead],
        years=_years(seen),
        months=_months(seen),
    )


def _overall(seen: Overview) -> State:
    """The worst state of all."""
    found = {each.now.state for each in seen.services}
    return next((state for state in _WORST_FIRST if state in found), State.UNKNOWN)


def _headline(seen: Overview, words: Words) -> str:
    """How many services stand in which state, the worst first."""
    counts = Counter(each.now.state for each in seen.services)
    if set(counts) == {State.UP}:
        return words("All services are up")
    return " · ".join(f"{words(state)} {counts[state]}{_names(seen, state)}" for state in _WORST_FIRST if counts[state])


def _names(seen: Overview, state: State) -> str:
    """Who stands so, where it is worth a name and these are few."""
    names = [each.now.title for each in seen.services if each.now.state is state]
    return f" ({', '.join(names)})" if state is not State.UP and len(names) <= MOST_NAMES else ""


class _Card:
    """What the page shows of one service."""

    def __init__(self, number: int, each: ServiceOverview, stamp: Stamps, words: Words) -> None:
        self.number = number
        self.subject = each.subject
        self.year = _year(each)
        self.now = each.now
        self.cause = words(each.now.cause) if each.now.cause else ""
        self.since = stamp(each.now.since) if each.now.since else NOTHING
        self.heard = stamp(each.now.heard_at) if each.now.heard_at else NOTHING
        self.days = [_day(day, words) for day in each.days]
        self.first = each.days[0].day.isoformat() if each.days else ""
        self.target = promised(each.subject.terms.target)
        self.latency = _latency(each, words)


@dataclass(frozen=True, slots=True)
class _Year:
    """What the page shows of a service's year; `months` is None for an endpoint."""

    figures: Availability
    result: Verdict
    bounds: str
    months: int | None
    left: str
    overspent: bool


def _year(each: ServiceOverview) -> _Year | None:
    """None where the year's service hours are not known."""
    if each.year is None or each.left is None:
        return None
    figures = each.year.figures
    return _Year(
        figures,
        each.year.result,
        f"{percent(figures.low)} … {percent(figures.high)}",
        served_count(each.year.months) if each.subject.is_line else None,
        f"−{clock_time(-each.left)}" if each.left < ZERO else clock_time(each.left),
        each.left < ZERO,
    )


@dataclass(frozen=True, slots=True)
class _Bar:
    css: str
    told: str


def _day(day: Day, words: Words) -> _Bar:
    """A day's bar: its class and what it says."""
    figures = day.figures
    parts = [f"{day.day}"]
    if figures.observed is None:
        parts.append(words(_MEANT[day.grade]))
    else:
        parts.append(f"{percent(figures.observed)} %")
    if figures.charged:
        parts.append(f"{words('Down')} {clock_time(figures.charged)}")
    if day.partial:
        parts.append(coverage_told(figures.coverage, words))
    if figures.excluded and day.grade is not Grade.EXCLUDED:
        parts.append(f"{words('Excluded')} {clock_time(figures.excluded)}")
    marks = [CLASSES.get(day.grade, ""), "p" if day.partial else ""]
    return _Bar(" ".join(filter(None, marks)), " · ".join(parts))


_MEANT = {Grade.UNKNOWN: "nothing measured", Grade.EXCLUDED: "excluded", Grade.NOT_OWED: "no service hours"}


def _legend(words: Words) -> Sequence[tuple[str, str]]:
    """The kinds of bars with what they mean."""
    return (
        ("", words("no downtime")),
        ("a", words("at least 99.9 %")),
        ("b", words("at least 99 %")),
        ("c", words("at least 90 %")),
        ("d", words("under 90 %")),
        ("p", words("coverage too low")),
        ("u", words("nothing measured")),
        ("x", words("excluded")),
        ("n", words("no service hours")),
    )


@dataclass(frozen=True, slots=True)
class _Latency:
    drawing: Markup
    told: str


def _latency(each: ServiceOverview, words: Words) -> _Latency | None:
    """The round-trip times of the last 24 hours; None where none was measured."""
    if not each.hours:
        return None
    counts: Counter[int] = Counter()
    for hour in each.hours.values():
        counts.update(hour)
    times = percentiles(counts)
    told = f"p50 {milliseconds(times['p50'])} · p95 {milliseconds(times['p95'])} ms"
    return _Latency(sparkline(each.hours, f"{words('Round-trip time, last 24 hours')}: {told}"), told)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One outage as the page shows it."""

    incident: Incident
    start: str
    end: str
    duration: str
    bounds: str
    cause: str
    ticket: str
    month: str
    state: Literal["open", "ended"]


def _incident(each: Incident, zone: ZoneInfo, stamp: Stamps, words: Words) -> _Shown:
    outage = each.outage
    return _Shown(
        each,
        stamp(outage.began_at),
        words("ongoing") if outage.ended_at is None else stamp(outage.ended_at),
        clock_time(outage.span.length),
        f"{clock_time(outage.least)} … {clock_time(outage.most)}",
        " · ".join(filter(None, (words(outage.cause), each.told.cause))),
        each.told.ticket,
        f"{outage.began_at.astimezone(zone):%Y-%m}",
        "open" if outage.ended_at is None else "ended",
    )


@dataclass(frozen=True, slots=True)
class _Window:
    start: str
    end: str
    whose: str
    reason: str
    reference: str
    running: bool


def _ahead(each: Ahead, seen: Overview, stamp: Stamps, words: Words) -> _Window:
    everyone = len(each.titles) == len(seen.services) > 1
    whose = words("all services") if everyone else "、".join(each.titles)
    entry = each.exclusion
    return _Window(stamp(each.span.start), stamp(each.span.end), whose, entry.reason, entry.reference, each.span.holds(seen.as_of))


def _years(seen: Overview) -> list[str]:
    """The years that have a report, this one first."""
    this = int(seen.year.period.label)
    first = this if seen.first_at is None else seen.first_at.astimezone(seen.zone).year
    return [f"{year:04d}" for year in range(this, min(first, this) - 1, -1)][:MOST_YEARS]


def _months(seen: Overview) -> list[str]:
    """The months of this year that have begun, the latest first."""
    return list(_down(seen.as_of.astimezone(seen.zone)))


def _down(local: datetime) -> Iterator[str]:
    for month in range(local.month, 0, -1):
        yield f"{local.year:04d}-{month:02d}"


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("linewatch.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters |= {"percent": percent}
    return environment.get_template(name)
