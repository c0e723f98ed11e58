"""The gauges that say what the report says: staged one by one, published all at once, so that no scrape sees half of a computation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product
from math import nan
from typing import Literal

from linewatch.metrics.text import Labels, braces, header, number
from linewatch.metrics.watched import Watched

Period = Literal["day", "month", "year"]
PERIODS: tuple[Period, ...] = ("day", "month", "year")
BOUNDS = ("observed", "low", "high")

AVAILABILITY = "linewatch_availability_ratio"
COVERAGE = "linewatch_coverage_ratio"
DOWNTIME = "linewatch_downtime_seconds"
ALLOWED = "linewatch_downtime_allowed_seconds"
MONTHS = "linewatch_service_months"
ACTUAL = "linewatch_indicator_actual"
TARGET = "linewatch_indicator_target"
AS_OF = "linewatch_figures_as_of_timestamp_seconds"

_FAMILIES: dict[str, tuple[tuple[str, ...], str]] = {
    AVAILABILITY: (
        ("service", "period", "bound"),
        "Availability in the running day, month or year, as the report has it; low counts unknown time as down, high as up. NaN: not known.",
    ),
    COVERAGE: (("service", "period"), "Share of the time to be judged that was observed. NaN: there is no such time."),
    DOWNTIME: (("service", "period"), "Downtime charged to the service in the running day, month or year."),
    ALLOWED: (("service", "period"), "Downtime that the target leaves for the whole of that day, month or year."),
    MONTHS: (("service",), "Served months of the running year."),
    ACTUAL: (("indicator",), "Actual value of an indicator of the performance table. NaN: not filled in."),
    TARGET: (("indicator",), "Target of an indicator of the performance table. NaN: it has no number."),
    AS_OF: ((), "Instant up to which the availability, coverage, downtime, months and indicators count."),
}

_Key = tuple[str, Labels]


class Figures:
    """The report's numbers as gauges; NaN until published, and NaN where the report has null."""

    def __init__(self) -> None:
        self._staged: dict[_Key, float] = {}
        self._published: dict[_Key, float] = {}
        self._prefixes: dict[str, tuple[tuple[_Key, str], ...]] = {}
        self.expect((), ())

    def expect(self, services: Sequence[Watched], indicators: Iterable[str]) -> None:
        """Have the series of these services and indicators and no others."""
        names = [service.name for service in services]
        labels: dict[str, Iterable[Labels]] = {
            AVAILABILITY: product(names, PERIODS, BOUNDS),
            COVERAGE: product(names, PERIODS),
            DOWNTIME: product(names, PERIODS),
            ALLOWED: product(names, PERIODS),
            MONTHS: product(names),
            ACTUAL: product(dict.fromkeys(indicators)),
            AS_OF: [()],
        }
        labels[ACTUAL] = labels[TARGET] = list(labels[ACTUAL])
        prefixes = {family: tuple(((family, key), f"{family}{braces(_FAMILIES[family][0], key)} ") for key in labels[family]) for family in _FAMILIES}
        known = {key for lines in prefixes.values() for key, _ in lines}
        self._staged = {key: value for key, value in self._staged.items() if key in known}
        self._published = {key: value for key, value in self._published.items() if key in known}
        self._prefixes = prefixes

    def stage(self, family: str, *labels: str, value: float | None) -> None:
        """Set one gauge from the next `publish` on."""
        self._staged[(family, labels)] = nan if value is None else float(value)

    def publish(self, at: datetime) -> None:
        """Show everything staged so far, counted up to `at` (UTC)."""
        self.stage(AS_OF, value=at.timestamp())
        known = {key for lines in self._prefixes.values() for key, _ in lines}
        self._published = {key: value for key, value in (self._published | self._staged).items() if key in known}
        self._staged = {}

    def text(self, *, openmetrics: bool) -> Iterator[str]:
        """The lines of all these families."""
        published = self._published
        for family, lines in self._prefixes.items():
            if lines:
                yield header(family, "gauge", _FAMILIES[family][1], openmetrics=openmetrics)
                yield from [f"{prefix}{number(published.get(key, nan))}\n" for key, prefix in lines]
