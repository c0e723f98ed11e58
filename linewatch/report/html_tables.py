"""The tables of the HTML report. A cell may hold several lines; a column whose name begins with `>` holds numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from linewatch.report import performance
from linewatch.report.carrier import Told, told
from linewatch.report.course import Month
from linewatch.report.document import Document, Excluded, ServiceReport
from linewatch.report.ledger import kind_of_entry
from linewatch.report.method import parameters
from linewatch.report.review import percentiles
from linewatch.report.table import Table
from linewatch.report.words import Words, named
from linewatch.sla.printed import NOTHING, clock_time, exact_seconds, percent
from linewatch.span import ZERO, Span
from linewatch.verdict.loss import Loss
from linewatch.verdict.outage import Outage, longest

MOST_OUTAGES = 400
"""How many outages of one service the report prints one by one, the longest; the other formats have them all."""


LONGEST_WORD = 24
"""The letters of the longest word that is not broken in a table."""


class Stamps:
    """How instants are printed: in the contract's zone, cut off to the second; with their offset only where it changes within `span`."""

    def __init__(self, zone: ZoneInfo, span: Span) -> None:
        self._zone = zone
        weeks = [span.start + timedelta(days=7 * week) for week in range(span.length // timedelta(days=7) + 1)]  # no zone has two offsets in a week
        offsets = {at.astimezone(zone).isoformat(timespec="seconds")[19:] for at in (*weeks, span.end)}
        self.offset = offsets.pop() if len(offsets) == 1 else None

    def __call__(self, at: datetime) -> str:
        """The instant for people."""
        text = at.astimezone(self._zone).isoformat(sep=" ", timespec="seconds")
        return text[:19] if text[19:] == self.offset else text

    @property
    def zone(self) -> str:
        """The zone, with its offset where it has but one: `Asia/Shanghai, UTC+08:00`."""
        return self._zone.key if self.offset is None else f"{self._zone.key}, UTC{self.offset}"


def wrapping(cell: str) -> str:
    """How a cell may be broken: `t` (tight) where it holds nothing but numbers, times and names of outages, `l` (long) where it has a word that no
    column is wide enough for, and nothing for any other text.
    """
    if all(re.fullmatch(r"(\d+ d )?[\d\s:.,+−…—/%-]{0,20}|\S{1,20}@\d{8}T\d{6}Z", line) for line in cell.split("\n")):
        return "t"
    return "l" if any(len(word) > LONGEST_WORD and word.isascii() for word in cell.split()) else ""


def numeric(cell: str) -> bool:
    """Whether a cell of a column of numbers holds one: words that stand there instead are set like other words."""
    return re.match(r"(< |[+−-])?[\d—]", cell) is not None


def milliseconds(value: float | None) -> str:
    """A round-trip time, cut off to a tenth; a dash where there is none."""
    return NOTHING if value is None else f"{math.floor(value * 10) / 10:.1f}"


def loss_percent(loss: Loss | None) -> str:
    """A loss cut off to a thousandth of a percent; where that hides it, the text says that it is there."""
    if loss is None:
        return NOTHING
    shown = percent(Fraction(loss.lost, loss.sent), 3)
    return "< 0.001" if loss.lost and shown == "0.000" else shown


def month_table(service: ServiceReport, months: Sequence[Month], words: Words) -> Table:
    """The months: figures, seconds, round-trip times and loss where there are any, and in a year's report what each counts as."""
    served = {month.label: words(month.served) for month in service.months}
    columns = named(words, "Month", ">Availability %", ">low … high %", ">Coverage %", ">Down", ">Degraded", ">Unknown")
    columns += (">p50 ms", ">p95 ms", *named(words, ">Loss %", "Served"))
    return _without_empty(words("Months"), columns, [_month(month, served) for month in months], always=4)


def _without_empty(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]], always: int = 0) -> Table:
    """A table without the columns in which nothing stands; the first `always` stay all the same, for that nothing was measured is told too."""
    kept = [i for i in range(len(columns)) if i < always or any(row[i] not in ("", NOTHING) for row in rows)]
    return Table(heading, tuple(columns[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in rows))


def _month(month: Month, served: dict[str, str]) -> tuple[str, ...]:
    figures = month.figures
    counts_as = served.get(month.label, NOTHING)
    if figures is None:
        return (month.label, *[NOTHING] * 9, counts_as)
    times = percentiles(month.rtt_us)
    return (
        month.label,
        percent(figures.observed),
        f"{percent(figures.low)} … {percent(figures.high)}",
        percent(figures.coverage),
        clock_time(figures.down),
        clock_time(figures.degraded),
        clock_time(figures.unknown),
        milliseconds(times["p50"]),
        milliseconds(times["p95"]),
        loss_percent(month.loss),
        counts_as,
    )


def outage_table(service: ServiceReport, stamps: Stamps, words: Words) -> Table:
    """The outages of a service, of very many the longest; a column in which nothing would stand is left out."""
    rows = list(zip(service.outages, service.charged_of, service.excluded_of, strict=True))
    found = [_outage(place + 1, *rows[place], service, stamps, words) for place in longest(service.outages, MOST_OUTAGES)]
    columns = named(words, "No.", "Start and name", "End and duration", "at least … at most", "Cause")
    columns += named(words, "Excluded and counted", "Ticket and the carrier's account")
    return _without_empty(words("Outage list"), columns, found)


def _outage(
    number: int, outage: Outage, counted: timedelta, excluded: timedelta, service: ServiceReport, stamps: Stamps, words: Words
) -> tuple[str, ...]:
    name = outage.id(service.subject.name)
    said = told(outage, service.notes.get(name, ()))
    end = words("ongoing") if outage.ended_at is None else stamps(outage.span.end)
    if outage.ended_at is not None and outage.ended_at > outage.span.end:
        end += "\n" + words("ended {time}").format(time=stamps(outage.ended_at))
    began = "" if outage.began_at == outage.span.start else "\n" + words("began {time}").format(time=stamps(outage.began_at))
    return (
        str(number),
        f"{stamps(outage.span.start)}\n{name}{began}",
        f"{end}\n{clock_time(outage.span.length)}",
        f"{clock_time(outage.least)}\n{clock_time(outage.most)}",
        "\n".join([words(outage.cause), *([said.cause] if said.cause else [])]),
        NOTHING if counted == outage.span.length else f"{clock_time(excluded)}\n{clock_time(counted)}",
        "\n".join([*([said.ticket] if said.ticket else []), *_reported(said, stamps, words)]) or NOTHING,
    )


def _reported(said: Told, stamps: Stamps, words: Words) -> Iterator[str]:
    """The carrier's times and how far each lies from the measured one: `+` is later than measured."""
    for word, at, difference in ((words("from"), said.start, said.start_difference), (words("to"), said.end, said.end_difference)):
        if at is not None:
            yield f"{word} {stamps(at)}" + ("" if difference is None else f" ({_signed(difference)})")


def _signed(duration: timedelta) -> str:
    return f"{'−' if duration < ZERO else '+'}{clock_time(abs(duration))}"


def profile_table(document: Document, words: Words) -> Table:
    """The definitions side by side, each with its parameters."""
    rows = tuple(
        (
            service.subject.title,
            profile.name,
            percent(profile.figures.observed),
            f"{percent(profile.figures.low)} … {percent(profile.figures.high)}",
            percent(profile.figures.coverage),
            clock_time(profile.figures.charged),
            str(profile.outage_count),
            parameters(profile.parameters),
        )
        for service in document.services
        for profile in service.profiles
    )
    columns = named(words, "Service", "Profile", ">Availability %", ">low … high %", ">Coverage %", ">Down", ">Outages", "Parameters")
    return Table(words("Profiles"), columns, rows)


def exclusion_table(document: Document, stamps: Stamps, words: Words) -> Table:
    """Every exclusion with the time that it removed from each service; services from which it removes the same share a row."""
    groups: dict[tuple[int, tuple[Span, ...]], list[tuple[str, Excluded]]] = {}
    for service in document.services:
        for each in service.exclusions:
            groups.setdefault((each.exclusion.id, each.spans), []).append((service.subject.title, each))
    rows = [_exclusion(group, stamps, words) for _, group in sorted(groups.items(), key=lambda item: item[0])]
    columns = named(words, "No.", "Services", "Start and end", "Repeats", "Reason", "Reference", "Entered by and when", ">Removed from each")
    return _without_empty(words("Exclusions"), columns, rows)


def _exclusion(group: Sequence[tuple[str, Excluded]], stamps: Stamps, words: Words) -> tuple[str, ...]:
    """One exclusion and the services that it holds for; of a recurring one the first window and how many there are."""
    entry, spans, removed = group[0][1].exclusion, group[0][1].spans, group[0][1].removed
    windows = f"{stamps(spans[0].start)}\n{stamps(spans[0].end)}"
    if len(spans) > 1:
        windows += "\n" + words("and {count} more").format(count=len(spans) - 1)
    titles = "\n".join(title for title, _ in group)
    entered = f"{entry.by}\n{stamps(entry.entered_at)}\n{kind_of_entry(group[0][1], words)}"
    return (str(entry.id), titles, windows, entry.repeat or NOTHING, entry.reason, entry.reference or NOTHING, entered, clock_time(removed))


def indicator_table(document: Document, words: Words) -> Table:
    """The performance table; a column in which nothing would stand is left out."""
    columns = named(words, "Level 1", "Level 2", "Indicator", "Target", ">Actual", "Result", ">Weight", ">Score", "Deviation and measures", "Note")
    rows = [
        (
            row.level1,
            row.level2,
            row.name,
            performance.target(row, words),
            performance.actual(row, words),
            performance.result(row, words),
            performance.weight(row),
            performance.score(row),
            performance.deviation(row, words),
            row.note,
        )
        for row in document.indicators
    ]
    return _without_empty(words("Performance indicators"), columns, rows)


def seconds_table(document: Document, words: Words) -> Table:
    """The exact seconds that every ratio is made of, so that it can be done again with a pencil."""
    rows = []
    for service in document.services:
        figures = service.figures
        parts = (figures.scheduled, figures.excluded, figures.unknown, figures.charged, figures.charged_least, figures.charged_most)
        rows.append((service.subject.title, *(f"{exact_seconds(part)}" for part in parts)))
    columns = named(words, "Service", ">T scheduled", ">X excluded", ">U unknown", ">D down", ">D at least", ">D at most")
    return Table(words("Seconds"), columns, tuple(rows))
