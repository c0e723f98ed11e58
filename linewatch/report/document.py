"""What a report states: every figure of it as a value, before any format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from linewatch.report.account import Imported
from linewatch.report.course import Course
from linewatch.report.history import Subject
from linewatch.sample.event import Event
from linewatch.sla.availability import Availability, Verdict
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.indicators import Indicator, Total, total
from linewatch.sla.months import ServiceMonth
from linewatch.sla.period import Period
from linewatch.sla.profiles import STANDARD, Profile
from linewatch.span import Span
from linewatch.verdict.loss import Loss
from linewatch.verdict.outage import Outage
from linewatch.verdict.timeline import Stretch


@dataclass(frozen=True, slots=True)
class Excluded:
    """One exclusion as far as it lies in the period: `spans` are its windows there, `removed` the scheduled time in them.

    Where exclusions overlap each names all of its own time, so the sum may pass what is left out of the account.
    """

    exclusion: Exclusion
    spans: tuple[Span, ...]
    removed: timedelta


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """One service over the period. `months` is empty where the period is no year; `loss` and `rtt_us` are None or empty without samples.

    `figures` are those of the service hours, `around_the_clock` the same without regard to them (None where the hours are 24x7).
    `unknown` holds every stretch of UNKNOWN time with its cause; `imported` are the history files that the figures rest on, and
    `overlapped` how much of them did not count because this monitor had measured the same time. `notes` are by the outage's id, and some may
    be on what is no outage any more, since an import or a changed rule lets it begin at another second;
    `excluded_of[i]` is how much of outage i an exclusion takes out of the service hours, `charged_of[i]` the rest of it in them: what counts.
    `outage_count` is how many outages the definition of the `figures` counts, which under another profile than the rule in force is not how many
    `outages` there are. `course` is there where the report is to be drawn.
    """

    subject: Subject
    figures: Availability
    result: Verdict
    outage_count: int
    outages: tuple[Outage, ...]
    unknown: tuple[Stretch, ...]
    profiles: tuple[Profile, ...]
    months: tuple[ServiceMonth, ...]
    equivalent_months: Fraction | None
    loss: Loss | None
    rtt_us: Mapping[int, int]
    imported: tuple[Imported, ...]
    overlapped: timedelta
    around_the_clock: Availability | None = None
    exclusions: tuple[Excluded, ...] = ()
    notes: Mapping[str, tuple[Note, ...]] = field(default_factory=dict)
    excluded_of: tuple[timedelta, ...] = ()
    charged_of: tuple[timedelta, ...] = ()
    course: Course | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report: `span` is the part of the period that had passed at `as_of`.

    `events` are what happened to the watching itself in it, in the order of record, and before them the configuration that it began with.
    `profile` is the definition that the services' `figures` and `result` follow; everything else follows the rule in force.
    `budget` is what the whole performance table may cost, in 万元; `elsewhere` are rows of it that a report on some services alone does not fill in.
    """

    period: Period
    span: Span
    as_of: datetime
    version: str
    config_sha256: str
    services: tuple[ServiceReport, ...]
    indicators: tuple[Indicator, ...]
    events: tuple[Event, ...] = ()
    budget: Decimal | None = None
    profile: str = STANDARD
    elsewhere: tuple[Indicator, ...] = ()

    @property
    def indicator_total(self) -> Total:
        """What the rows of the performance table come to together."""
        return total(self.indicators, self.budget, self.elsewhere)
