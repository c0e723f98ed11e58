"""Reports from the store: opens it for reading, asks `report` for the numbers, closes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from linewatch.config.loading import Loaded
from linewatch.report.account import Account, accounts
from linewatch.report.document import Document
from linewatch.report.headline import under
from linewatch.report.review import Office, review
from linewatch.report.standing import Now, now_of
from linewatch.sla.period import Period
from linewatch.sla.profiles import STANDARD
from linewatch.span import Span, from_epoch
from linewatch.store.opening import open_for_reading, upgrade
from linewatch.store.reading import History
from linewatch.store.rollup import HOUR_US, bucket_rtt_us
from linewatch.wiring.office import office, subject


class Readable:
    """The store as a report reads it: the histogram's buckets stand for round-trip times."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.transitions = history.transitions
        self.imports = history.imports
        self.tail = history.tail
        self.heard_at = history.heard_at
        self.loss = history.loss
        self.exclusions = history.exclusions
        self.notes = history.notes
        self.events = history.events
        self.lapses = history.lapses
        self.pruned_before = history.pruned_before
        self.doubtful = history.doubtful
        self.known_minutes = history.known_minutes
        self.lossy_minutes = history.lossy_minutes
        self.losses = history.losses
        self.kept_rounds = history.kept_rounds

    def rtt_counts(self, service: str, span: Span) -> Mapping[int, int]:
        """How many rounds had a round-trip time of so many microseconds, to the width of a bucket."""
        return {round(bucket_rtt_us(bucket)): count for bucket, count in self.history.rtt_counts(service, span).items()}

    def hourly_rtt_counts(self, service: str, span: Span) -> Mapping[datetime, Mapping[int, int]]:
        """The same for each hour that begins in the span and has any, by its beginning."""
        found: dict[datetime, dict[int, int]] = {}
        for hour, bucket, count in self.history.hourly_rtt_counts(service, span):
            found.setdefault(from_epoch(hour * HOUR_US), {})[round(bucket_rtt_us(bucket))] = count
        return found


@contextmanager
def readable(url: str) -> Iterator[Readable]:
    """The store, for as long as a report is made."""
    with open_for_reading(url) as history:
        yield Readable(history)


def sla(loaded: Loaded, period: Period, as_of: datetime, only: str | None = None, drawn: bool = False, profile: str = STANDARD) -> Document:
    """The report, where it is to be `drawn` with the course of every service; its figures are those of `profile`.

    Raises UsageError for an unknown service or a period in the future, StoreError where the store cannot be read.
    """
    told = _asked(loaded, period, as_of, only)
    with readable(loaded.settings.store.url) as record:
        return under(review(record, told, period, as_of, only, drawn), profile)


def outages_alone(loaded: Loaded, period: Period, as_of: datetime, only: str | None = None) -> Document:
    """The report without what a list of outages does not show: other definitions, rounds, events. Raises as `sla` does."""
    told = _asked(loaded, period, as_of, only)
    with readable(loaded.settings.store.url) as record:
        return review(record, told, period, as_of, only, figures_only=True)


def _asked(loaded: Loaded, period: Period, as_of: datetime, only: str | None) -> Office:
    """What the configuration says. Raises UsageError for an unknown service or a period in the future."""
    told = office(loaded)
    if only is not None:
        subject(told, only)
    period.until(as_of)
    return told


def standing(loaded: Loaded, as_of: datetime) -> Mapping[str, Account]:
    """The account of every service at `as_of`."""
    with readable(loaded.settings.store.url) as record:
        return accounts(record, office(loaded).subjects, as_of)


def standing_now(loaded: Loaded, as_of: datetime) -> list[Now]:
    """How every service stands at `as_of`, in the order of the configuration."""
    with readable(loaded.settings.store.url) as record:
        subjects = office(loaded).subjects
        told = accounts(record, subjects, as_of)
        return [now_of(record, told[each.name], as_of) for each in subjects]


def upgraded(loaded: Loaded) -> str:
    """Bring the store's schema up to date; returns the version that it has now. Raises StoreError."""
    return upgrade(loaded.settings.store.url)
