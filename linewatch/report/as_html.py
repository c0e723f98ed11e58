"""The report as one HTML file: no network, no script, inline style and drawings; it prints on A4 and reads on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import chain
from shlex import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from linewatch.report import html_tables as made
from linewatch.report.as_table import hours
from linewatch.report.chart_calendar import calendar
from linewatch.report.chart_months import month_bars
from linewatch.report.chart_rounds import round_charts
from linewatch.report.chart_timeline import Track, thinnest, timeline
from linewatch.report.course import Course
from linewatch.report.document import Document, ServiceReport
from linewatch.report.headline import title
from linewatch.report.hours_told import hours_told
from linewatch.report.ledger import note_tables
from linewatch.report.method import method
from linewatch.report.performance import total_lines
from linewatch.report.svg import DARK
from linewatch.report.words import Words
from linewatch.sla.availability import Verdict
from linewatch.sla.months import served_count
from linewatch.sla.printed import clock_time, percent, promised
from linewatch.sla.profiles import STANDARD
from linewatch.span import merged
from linewatch.verdict.state import State

LANGUAGES = {"zh": "zh-CN", "en": "en"}


def as_html(document: Document, words: Words) -> str:
    """The whole report. `document` is one that is to be drawn (every service has its course); the same document gives the same text."""
    stamps = made.Stamps(document.period.zone, document.period.span)
    office = " · ".join(service.subject.title for service in document.services if service.subject.is_line)
    return _template("report.html.j2").render(
        document=document,
        title=title(document, words),
        words=words,
        lang=LANGUAGES[words.language],
        created=document.as_of.replace(microsecond=0).isoformat(),
        stamp=stamps,
        zone=stamps.zone,
        office=office,
        head_left=f"{title(document, words)} · {document.period.label}",
        head_right=office,
        foot_left=f"linewatch {document.version} · {words('counted to')} {stamps(document.as_of)}",
        foot_right=re.split(r"\{pages?\}", words("Page {page} of {pages}")),
        command=_command(document, words),
        recompute=f"linewatch recompute {_asked(document)}",
        chapters=[_Chapter(number, service, stamps, words) for number, service in enumerate(document.services, start=1)],
        overview=_overview(document, words),
        thinnest=_told_width(thinnest(document.period.span)),
        indicators=made.indicator_table(document, words) if document.indicators else None,
        totals=total_lines(document.indicator_total, words),
        method=method(document, words),
        profiles=made.profile_table(document, words),
        exclusions=made.exclusion_table(document, stamps, words),
        notes=list(note_tables(document, words)),
        seconds=made.seconds_table(document, words),
        dark=DARK,
    )


class _Chapter:
    """What the template shows of one service."""

    def __init__(self, number: int, service: ServiceReport, stamps: made.Stamps, words: Words) -> None:
        course = _course(service)
        self.service = service
        self.reason = _reason(service, words)
        self.hours = hours_told(service.subject.hours, words)
        self.scheduled = hours(service.figures.scheduled)
        self.served = served_count(service.months)
        self.equivalent = percent(None if service.equivalent_months is None else service.equivalent_months / 100)
        self.drawings = list(_drawings(f"s{number}", service, course, words)) if service.subject.is_line else []
        self.months = made.month_table(service, course.months, words)
        self.outages = made.outage_table(service, stamps, words)


def _reason(service: ServiceReport, words: Words) -> str:
    """Why the result is what it is, in a sentence."""
    figures = service.figures
    if not figures.scheduled:
        return words("No service hours lie in the period, so there is nothing to judge.")
    if not figures.owed:
        return words("All of the service time is excluded, so there is nothing to judge.")
    if figures.observed is None:
        return words("Nothing was measured, so nothing is proven.")
    if service.result == Verdict.NOT_MET:
        return words("What was observed is below the target.")
    least = promised(service.subject.terms.min_coverage)
    if service.result == Verdict.UNPROVEN:
        return words("What was observed reaches the target, but the coverage is below {least} %: nothing is proven.").format(least=least)
    return words("What was observed reaches the target, and the coverage is at least {least} %.").format(least=least)


@dataclass(frozen=True, slots=True)
class _Drawing:
    heading: str
    drawing: Markup
    caption: str = ""


def _drawings(name: str, service: ServiceReport, course: Course, words: Words) -> Iterator[_Drawing]:
    """The drawings of a line: a calendar for every year, the months, and where there are samples their round-trip times and loss."""
    title, terms = service.subject.title, service.subject.terms
    for year in sorted({month.label[:4] for month in course.months}):
        months = [month.label for month in course.months if month.label.startswith(year)]
        days = [day for day in course.days if f"{day.day.year:04d}" == year]
        heading = f"{words('Calendar of days')} {year}"
        yield _Drawing(heading, calendar(f"{name}-calendar-{year}", months, days, f"{title} · {heading}", words))
    if len(course.months) > 1:
        heading = words("Availability by month")
        caption = words("Slanted lines: coverage below {least} %. The upright line runs from the low to the high bound; an arrow: beyond the axis.")
        bars = month_bars(f"{name}-months", course.months, terms, f"{title} · {heading}", words)
        yield _Drawing(heading, bars, caption.format(least=promised(terms.min_coverage)))
        if any(month.rtt_us or month.loss for month in course.months):
            heading = words("Round-trip time and loss by month")
            caption = words("p50 and p95: half of the rounds, and 95 of 100, took no longer; each is exact to 2 %.")
            yield _Drawing(heading, round_charts(f"{name}-rounds", course.months, f"{title} · {heading}", words), caption)


def _overview(document: Document, words: Words) -> Markup:
    """The timeline of all services."""
    tracks = []
    for service in document.services:
        history = _course(service).history
        of_state = {state: merged(stretch.span for stretch in history if stretch.state is state) for state in State}
        excluded = merged(chain.from_iterable(each.spans for each in service.exclusions))
        tracks.append(Track(service.subject.title, of_state[State.DOWN], of_state[State.DEGRADED], of_state[State.UNKNOWN], excluded))
    return timeline("timeline", document.period.span, tracks, document.period.zone, words("Timeline of outages"), words)


def _course(service: ServiceReport) -> Course:
    assert service.course is not None, "a report that is drawn is reviewed with its course"
    return service.course


def _told_width(width: timedelta) -> str:
    """The time that the narrowest mark stands for; nothing where it is under a second."""
    return clock_time(width) if width >= timedelta(seconds=1) else ""


def _asked(document: Document) -> str:
    """The period and the service, as a command line asks for them."""
    label = document.period.label
    if re.fullmatch(r"\d{4}", label):
        asked = f"--year {label}"
    elif "Q" in label:
        asked = f"--quarter {label}"
    elif "/" in label:
        start, end = map(quote, label.split("/"))
        asked = f"--from {start} --to {end}"
    else:
        asked = f"--month {label}"
    return f"{asked} --service {document.services[0].subject.name}" if len(document.services) == 1 else asked


def _command(document: Document, words: Words) -> str:
    """The command that makes this report again."""
    profile = "" if document.profile == STANDARD else f" --profile {document.profile}"
    return f"linewatch sla {_asked(document)}{profile} --as-of {document.as_of.isoformat()} --lang {words.language} --format html"


def css_string(text: str) -> Markup:
    """A text as a CSS string: whatever is no letter, digit or Han character is written by its number, so that it can end neither string nor style."""
    told = "".join(c if (c.isascii() and c.isalnum()) or "\u4e00" <= c <= "\u9fff" else f"\\{ord(c):06x}" for c in text)
    return Markup('"' + told + '"')


def ticked(text: str) -> Markup:
    """A paragraph in which what stands between backticks is code."""
    return Markup("").join(Markup("<code>{}</code>").format(part) if i % 2 else escape(part) for i, part in enumerate(text.split("`")))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("linewatch.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    environment.filters |= {
        "percent": percent,
        "promised": promised,
        "clock": clock_time,
        "css": css_string,
        "numeric": made.numeric,
        "wrapping": made.wrapping,
        "ticked": ticked,
    }
    return environment.get_template(name)
