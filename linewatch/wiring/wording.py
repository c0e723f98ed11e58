"""News put into words: titles and bodies of messages, in the receiver's language."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from linewatch.notify.message import Message
from linewatch.notify.news import News, Sight, Topic
from linewatch.notify.postman import Lateness
from linewatch.report.document import Document, ServiceReport
from linewatch.report.table import local
from linewatch.report.words import Words, coverage_told
from linewatch.sla.printed import clock_time, percent, promised, with_sign
from linewatch.span import ZERO


def title_of(news: News, title: str, words: Words) -> str:
    """What a telephone shows of the message."""
    match news.topic:
        case Topic.OUTAGE:
            return words("Outage: {title}").format(title=title)
        case Topic.ENDED:
            lasted = clock_time(news.outage.span.length) if news.outage else ""
            return words("Restored: {title}, after {lasted}").format(title=title, lasted=lasted)
        case Topic.DEGRADED:
            return words("Degraded for long: {title}").format(title=title)
        case Topic.CERTIFICATE:
            return words("Certificate near its end: {title}").format(title=title)
        case Topic.COVERAGE:
            return words("Coverage in danger: {title}").format(title=title)
        case _:
            raise AssertionError(f"{news.topic} is no news of a service")


def body_of(news: News, sight: Sight, year: ServiceReport | None, zone: ZoneInfo, words: Words) -> str:
    """The facts, a line each; with the running year's figure where an outage has ended."""
    lines: list[str] = []
    outage = news.outage
    if outage is not None:
        lines.append(f"{words('Start')}: {local(outage.began_at, zone)}")
        if outage.ended_at is not None:
            lines.append(f"{words('End')}: {local(outage.ended_at, zone)}")
            lines.append(f"{words('Duration')}: {clock_time(outage.span.length)} ({clock_time(outage.least)} … {clock_time(outage.most)})")
        lines.append(f"{words('Cause')}: {words(outage.cause)}")
    elif news.topic is Topic.DEGRADED and sight.since is not None:
        lines.append(f"{words('Since')}: {local(sight.since, zone)}")
        lines.append(f"{words('Cause')}: {words(sight.cause or '')}")
    elif news.topic is Topic.CERTIFICATE and sight.certificate_expires_at is not None:
        lines.append(f"{words('Expires')}: {local(sight.certificate_expires_at, zone)}")
    elif news.topic is Topic.COVERAGE:
        lines.append(f"{words('Coverage of this month')}: {with_sign(sight.coverage)} ({words('needed')} {promised(sight.min_coverage)} %)")
    if news.more:
        lines.append(words("Outages shortly before it that were not told one by one: {more}").format(more=news.more))
    if news.topic is Topic.ENDED and year is not None:
        lines.append(year_line(year, words))
    return "\n".join(lines)


def year_line(service: ServiceReport, words: Words) -> str:
    """The running year's figure with its bounds and its coverage."""
    figures = service.figures
    bounds = f"{percent(figures.low)} … {percent(figures.high)}"
    covered = coverage_told(figures.coverage, words)
    return f"{words('Availability so far')}: {with_sign(figures.observed)} ({bounds}), {covered}"


def summary(document: Document, words: Words) -> tuple[str, str]:
    """Title and body of the summary of a day or a month: a line for each service."""
    lines = []
    for service in document.services:
        figures = service.figures
        down = clock_time(figures.charged)
        unknown = f", {words('Unknown')} {clock_time(figures.unknown)}" if figures.unknown > ZERO else ""
        outages = f"{words('Outages')} {len(service.outages)}, {words('Down')} {down}{unknown}"
        covered = coverage_told(figures.coverage, words)
        lines.append(f"{service.subject.title}: {with_sign(figures.observed)}, {covered}; {outages}")
    return words("Summary of {period}").format(period=document.period.label), "\n".join(lines)


def lateness(message: Message, zone: ZoneInfo, words: Words) -> Lateness:
    """How a message that could not leave in time is marked."""
    return Lateness(
        words("[late] {title}"), "{body}\n" + words("Written at {at}; it could not leave before.").format(at=local(message.written_at, zone))
    )


def trial(words: Words) -> tuple[str, str]:
    """Title and body of a test message."""
    return words("Test message of linewatch"), words("If you can read this, messages reach you.")
