"""What is worth a message, decided from how the services stand and what was told before; no clock, no I/O, no words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

from linewatch.sample.cause import Cause
from linewatch.verdict.outage import Outage
from linewatch.verdict.state import State

WORKS = (State.UP, State.DEGRADED)


class Topic(StrEnum):
    """What a message is about."""

    OUTAGE = "outage"  # confirmed and under way
    ENDED = "ended"
    DEGRADED = "degraded"  # for long
    CERTIFICATE = "certificate"  # near its end
    COVERAGE = "coverage"  # of the month, under what the terms ask for
    SUMMARY = "summary"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Sight:
    """How one service stands: its state, its outages of late (in order, the last one perhaps open), and what else may need a message.

    `coverage` is that of the running month, None before it says anything.
    """

    service: str
    state: State
    cause: Cause | None
    since: datetime | None
    outages: tuple[Outage, ...]
    certificate_expires_at: datetime | None = None
    coverage: Fraction | None = None
    min_coverage: Fraction = Fraction(99, 100)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before, and between, messages.

    `degraded_after` of degraded time are worth a message; a certificate is told of `certificate_within` its end. Of a service that fails again within
    `quiet` of the last outage told, the outages are told together when that time has passed.
    """

    degraded_after: timedelta = timedelta(minutes=15)
    certificate_within: timedelta = timedelta(days=14)
    quiet: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one service so far.

    Outages that began up to `until` are told, or were there before anyone listened; `open` is the beginning of the one whose end is still to be
    told, `last_at` when an outage was told last. `degraded_since` and `certificate` are the stretch and the certificate told last, `coverage_month`
    the month.
    """

    until: datetime
    open: datetime | None = None
    last_at: datetime | None = None
    degraded_since: datetime | None = None
    certificate: datetime | None = None
    coverage_month: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """One thing to be told: its topic, the service, the outage it is about, and how many more outages it speaks for."""

    topic: Topic
    service: str
    outage: Outage | None = None
    more: int = 0


def news(told: Told | None, sight: Sight, patience: Patience, month: str, now: datetime) -> tuple[Told, tuple[News, ...]]:
    """What there is to tell of a service at `now`, in the running `month`, and what is told then.

    Before anything was told (None), what has ended already is history; an outage under way is told. So it is where the clock was stepped back
    to before the last outage told.
    """
    if told is None or told.until > now:
        ended = [outage.began_at for outage in sight.outages if outage.ended_at is not None]
        until = max(ended, default=datetime.min.replace(tzinfo=now.tzinfo))
        told = Told(until) if told is None else replace(told, until=until)
    found: list[News] = []
    told = _take(found, *_ended(told, sight))
    told = _take(found, *_outage(told, sight, patience, now))
    told = _take(found, *_degraded(told, sight, patience, now))
    told = _take(found, *_certificate(told, sight, patience, now))
    told = _take(found, *_coverage(told, sight, month))
    return told, tuple(found)


Step = tuple[Told, News | None]


def _take(found: list[News], told: Told, one: News | None) -> Told:
    if one is not None:
        found.append(one)
    return told


def _ended(told: Told, sight: Sight) -> Step:
    """The end of the outage that was told as under way, once the service is seen to work again; one that the record has lost is told no more."""
    if told.open is None or sight.state not in WORKS:
        return told, None
    outage = next((each for each in sight.outages if each.began_at == told.open), None)
    if outage is None:
        return replace(told, open=None), None
    if outage.ended_at is None:
        return told, None
    return replace(told, open=None), News(Topic.ENDED, sight.service, outage)


def _outage(told: Told, sight: Sight, patience: Patience, now: datetime) -> Step:
    """The newest outage that is not told yet, with how many it speaks for; one that has ended meanwhile is told by its end alone."""
    fresh = [outage for outage in sight.outages if outage.began_at > told.until]
    if not fresh or (told.last_at is not None and timedelta(0) <= now - told.last_at < patience.quiet):
        return told, None
    last = fresh[-1]
    is_open = last.ended_at is None
    if not is_open and sight.state not in WORKS:
        return told, None
    after = replace(told, until=last.began_at, last_at=now, open=last.began_at if is_open else None)
    return after, News(Topic.OUTAGE if is_open else Topic.ENDED, sight.service, last, len(fresh) - 1)


def _degraded(told: Told, sight: Sight, patience: Patience, now: datetime) -> Step:
    if sight.state is not State.DEGRADED or sight.since is None or sight.since == told.degraded_since or now - sight.since < patience.degraded_after:
        return told, None
    return replace(told, degraded_since=sight.since), News(Topic.DEGRADED, sight.service)


def _certificate(told: Told, sight: Sight, patience: Patience, now: datetime) -> Step:
    expires_at = sight.certificate_expires_at
    if expires_at is None or expires_at == told.certificate or expires_at - now > patience.certificate_within:
        return told, None
    return replace(told, certificate=expires_at), News(Topic.CERTIFICATE, sight.service)


def _coverage(told: Told, sight: Sight, month: str) -> Step:
    if sight.coverage is None or sight.coverage >= sight.min_coverage or told.coverage_month == month:
        return told, None
    return replace(told, coverage_month=month), News(Topic.COVERAGE, sight.service)
