"""The gauges that equal the report: made from the store now and then, in a thread of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from linewatch.errors import UsageError
from linewatch.metrics.metrics import Metrics
from linewatch.report.account import accounts
from linewatch.report.document import Document
from linewatch.report.overview import Overview, allowed_seconds, overview
from linewatch.report.review import Office, document
from linewatch.sla import period
from linewatch.sla.hours import scheduled
from linewatch.sla.indicators import Value
from linewatch.sla.line_rows import table_names
from linewatch.sla.months import served_count
from linewatch.sla.printed import exact_seconds
from linewatch.watch.clock import Clock
from linewatch.wiring.messenger import Messenger, View
from linewatch.wiring.reports import readable


class FigureChore:
    """Shows the day's, the month's and the year's figures."""

    def __init__(
        self,
        url: str,
        office: Office,
        zone: ZoneInfo,
        metrics: Metrics,
        clock: Clock,
        messenger: Messenger,
        certificates: Mapping[str, datetime],
        show: Callable[[Overview], None],
    ) -> None:
        """`certificates` are the ends of those seen last, by service; `show` is given what the status page states, in the chore's thread."""
        self.office = office
        self.zone = zone
        self.messenger = messenger
        self._certificates = certificates
        self._show_overview = show
        self._url = url
        self._metrics = metrics
        self._clock = clock
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="figures")

    async def __call__(self) -> None:
        """Compute and publish them as of now, and tell people what is new in them.

        Raises StoreError; UsageError where a service goes by holidays that are not known. Those of the other services are published all the same,
        and people are told of every outage.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._show, self.office, self.zone, self._clock.now(), self.messenger)

    def _show(self, office: Office, zone: ZoneInfo, as_of: datetime, messenger: Messenger) -> None:
        local = as_of.astimezone(zone)
        names = [subject.name for subject in office.subjects]
        periods: dict[Literal["day", "month", "year"], period.Period] = {
            "day": period.day_of(as_of, zone),
            "month": period.month(f"{local:%Y-%m}", zone),
            "year": period.year(local.year, zone),
        }
        made: dict[str, Document] = {}
        refused: UsageError | None = None
        with readable(self._url) as record:
            told = accounts(record, office.subjects, as_of)
            for name, asked in periods.items():
                if as_of <= asked.span.start:
                    continue
                known, unknown = _by_what_is_known(office, asked)
                made[name] = document(record, office, told, known, asked, as_of, figures_only=True)
                self._stage(name, made[name], office)
                refused = unknown or refused
            self._metrics.show_as_of(as_of)
            if "year" in made:
                self._show_overview(overview(record, told, names, made["year"]))

            def report(asked: period.Period) -> Document:
                return document(record, office, told, names, asked, as_of, figures_only=True)

            messenger.look(View(as_of, told, made.get("month"), made.get("year"), dict(self._certificates), report))
        if refused is not None:
            raise refused

    def _stage(self, name: Literal["day", "month", "year"], made: Document, office: Office) -> None:
        for subject in office.subjects:  # what is not made is not known
            self._metrics.show_figures(subject.name, name)
            if name == "year":
                self._metrics.show_service_months(subject.name, None)
        for row_name in indicator_names(office) if name == "year" else ():
            self._metrics.show_indicator(row_name, None, None)
        for service in made.services:
            figures = service.figures
            self._metrics.show_figures(
                service.subject.name,
                name,
                observed=_float(figures.observed),
                low=_float(figures.low),
                high=_float(figures.high),
                coverage=_float(figures.coverage),
                downtime_seconds=exact_seconds(figures.charged),
                allowed_seconds=float(allowed_seconds(service, made.period)),
            )
            if service.months:
                self._metrics.show_service_months(service.subject.name, served_count(service.months))
        for row in made.indicators:
            self._metrics.show_indicator(row.name, _float(row.actual), _float(row.target))


def _by_what_is_known(office: Office, asked: period.Period) -> tuple[list[str], UsageError | None]:
    """The services whose hours are known for the whole of the period, and why not those of the last of the others."""
    known, unknown = [], None
    for subject in office.subjects:
        try:
            scheduled(subject.hours, asked.span, asked.zone)
        except UsageError as error:
            unknown = error
        else:
            known.append(subject.name)
    return known, unknown


def indicator_names(office: Office) -> list[str]:
    """The rows that the yearly report will have, so that their series exist from the start."""
    return table_names(office.declared, office.lines)


def _float(value: Value | None) -> float | None:
    return float(value) if isinstance(value, (Fraction, Decimal)) else None
