"""The daemon's messages: looks at the figures as they are made, decides what is new for each receiver, and hands it to its postman."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from linewatch.config.loading import Loaded, state_folder
from linewatch.config.notify import NotifyTable
from linewatch.config.services import LineService, Service, services
from linewatch.errors import UsageError
from linewatch.notify.memory import Memory, recalled, remember
from linewatch.notify.message import Message
from linewatch.notify.news import News, Patience, Sight, Topic, news
from linewatch.notify.outbox import Outbox
from linewatch.notify.postman import Outcome, Postman
from linewatch.report.account import Account
from linewatch.report.document import Document, ServiceReport
from linewatch.report.words import Words
from linewatch.sla.availability import availability
from linewatch.sla.hours import scheduled
from linewatch.sla.period import Period, day_of, month
from linewatch.sla.printed import clock_time
from linewatch.span import ZERO, Span
from linewatch.store.address import address_of
from linewatch.trouble import Trouble
from linewatch.verdict.outage import outages
from linewatch.wiring.wording import body_of, lateness, summary, title_of, trial

log = logging.getLogger("linewatch")

LOOKED_BACK = timedelta(days=32)
"""Outages older than this are told no more."""

COVERAGE_SPEAKS_AFTER = timedelta(days=1)
"""How much of a month must have passed before its coverage is worth a message."""


@dataclass(frozen=True, slots=True)
class View:
    """What there is to see at `as_of`: every account, the running month's and year's documents, the certificates seen, and reports on request."""

    as_of: datetime
    accounts: Mapping[str, Account]
    month: Document | None
    year: Document | None
    certificates: Mapping[str, datetime]
    report: Callable[[Period], Document]


@dataclass(frozen=True, slots=True)
class _Receiver:
    table: NotifyTable
    words: Words
    outbox: Outbox
    postman: Postman
    memory: Path
    not_kept: Trouble = field(default_factory=Trouble)
    not_made: Trouble = field(default_factory=Trouble)


class Messenger:
    """Every receiver of the configuration. `look` belongs to one thread; each postman has its own."""

    def __init__(self, loaded: Loaded, told: Callable[[str, Outcome], None]) -> None:
        """Raises UsageError for a URL that Apprise does not understand."""
        self._zone = loaded.settings.timezone
        folder = outbox_folder(loaded)
        self._receivers = [_receiver(table, folder / table.name, loaded, self._zone, told) for table in loaded.settings.notify]
        self._memories = {each.table.name: recalled(each.memory) for each in self._receivers}
        self._lines_turn = _lines_turn(services(loaded.settings))

    def start(self) -> None:
        """Begin to carry messages out, those first that wait from before."""
        for receiver in self._receivers:
            receiver.postman.start()

    def close(self) -> None:
        """Begin nothing more; what waits stays on disk."""
        for receiver in self._receivers:
            receiver.postman.close()

    def waiting(self) -> dict[str, int]:
        """How many messages wait for each receiver."""
        return {each.table.name: each.outbox.waiting() for each in self._receivers}

    def look(self, view: View) -> None:
        """Write what is new, and remember that it is told. A disk that does not take it is tried again with the next look."""
        for receiver in self._receivers:
            before = self._memories[receiver.table.name]
            after, messages = self._told(receiver, before, view)
            if after == before and not messages:
                continue
            try:
                new = [receiver.outbox.put(message) for message in messages]
                remember(receiver.memory, after)
            except OSError as error:
                if receiver.not_kept.goes_on(str(error.strerror), time.monotonic()):
                    log.warning("message not kept receiver=%s: %s", receiver.table.name, error.strerror)
                continue
            lasted = receiver.not_kept.over(time.monotonic())
            if lasted is not None:
                log.warning("messages are kept again receiver=%s after=%s", receiver.table.name, clock_time(lasted))
            self._memories[receiver.table.name] = after
            if any(new):
                receiver.postman.wake()

    def _told(self, receiver: _Receiver, before: Memory, view: View) -> tuple[Memory, list[Message]]:
        table = receiver.table
        patience = Patience(table.degraded_after, timedelta(days=table.certificate_days), table.quiet)
        label = f"{view.as_of.astimezone(self._zone):%Y-%m}"
        services, messages = dict(before.services), []
        for name, account in view.accounts.items():
            if (table.services and name not in table.services) or not account.history:
                continue
            sight = _sight(account, view, self._lines_turn.get(name, ZERO))
            services[name], found = news(before.services.get(name), sight, patience, label, view.as_of)
            messages += [self._message(receiver, each, sight, account, view) for each in found if each.topic in table.events]
        after = replace(before, services=services)
        due = _summary_due(table.summary, view.as_of, self._zone, timedelta(hours=table.summary_at.hour, minutes=table.summary_at.minute))
        if due is not None and due.label != before.summary:
            try:
                if before.summary and "summary" in table.events:  # the first one would be of time before anyone asked for it
                    messages.append(self._summary(receiver, due, view))
                after = replace(after, summary=due.label)
                receiver.not_made.over(time.monotonic())  # it says so itself
            except UsageError as error:  # the holidays of that time are not known yet
                if receiver.not_made.goes_on(str(error), time.monotonic()):
                    log.warning("summary not made receiver=%s: %s", table.name, error)
        return after, messages

    def _message(self, receiver: _Receiver, each: News, sight: Sight, account: Account, view: View) -> Message:
        year = _of(view.year, each.service)
        title = title_of(each, account.subject.title, receiver.words)
        body = body_of(each, sight, year, self._zone, receiver.words)
        return Message(f"{each.topic}:{_key(each, sight, view)}", each.topic, title, body, view.as_of)

    def _summary(self, receiver: _Receiver, due: Period, view: View) -> Message:
        document = view.report(due)
        wanted = receiver.table.services
        chosen = tuple(service for service in document.services if not wanted or service.subject.name in wanted)
        title, body = summary(replace(document, services=chosen), receiver.words)
        return Message(f"summary:{due.label}", Topic.SUMMARY, title, body, view.as_of)


def outbox_folder(loaded: Loaded) -> Path:
    """Where messages wait: beside the SQLite file, else in systemd's state directory, else beside the configuration."""
    file = address_of(loaded.settings.store.url).path
    if file is not None:
        return file.with_name(f"{file.name}.outbox")
    return (state_folder(os.environ) or loaded.path.absolute().parent) / "linewatch.outbox"


def tried_out(loaded: Loaded, only: str | None) -> Iterator[tuple[str, bool]]:
    """Send a test message to every receiver, or to `only` one, now and without the outbox: whether each took it.

    Raises UsageError for an unknown one.
    """
    names = [table.name for table in loaded.settings.notify]
    if not names:
        raise UsageError("the configuration has no [[notify]]: there is nobody to tell")
    if only is not None and only not in names:
        raise UsageError(f'no receiver is called "{only}"; the configuration has: {", ".join(names)}')
    for number, table in enumerate(loaded.settings.notify):
        if only in (None, table.name):
            yield table.name, _send(number, table)(*trial(_words(table, loaded)))


def _send(number: int, table: NotifyTable) -> Callable[[str, str], bool]:
    # Apprise is half a second of start-up, for those alone who use it.
    from linewatch.notify.delivery import delivery

    try:
        return delivery(table.url)
    except UsageError as error:
        raise UsageError(f'notify[{number}] "{table.name}": {error}') from None


def _words(table: NotifyTable, loaded: Loaded) -> Words:
    return Words(table.language or loaded.settings.language)


def _receiver(table: NotifyTable, folder: Path, loaded: Loaded, zone: ZoneInfo, told: Callable[[str, Outcome], None]) -> _Receiver:
    words = _words(table, loaded)
    outbox = Outbox(folder)
    send = _send(loaded.settings.notify.index(table), table)
    return _Receiver(table, words, outbox, Postman(table.name, outbox, send, lambda message: lateness(message, zone, words), told), folder / "told")


def _lines_turn(chosen: Sequence[Service]) -> Mapping[str, timedelta]:
    """How long the line in front of each endpoint may take to show that it is down, at a usual beat: the outage is its own then."""
    lines = {each.name: each for each in chosen if isinstance(each, LineService)}
    times = {name: line.interval + line.rule.fall * max(line.retry_interval, line.timeout) for name, line in lines.items()}
    return {each.name: times[each.behind] for each in chosen if not isinstance(each, LineService) and each.behind is not None}


def _sight(account: Account, view: View, lines_turn: timedelta) -> Sight:
    history, name = account.history, account.subject.name
    last = history[-1]
    found = outages(history, Span(min(view.as_of - LOOKED_BACK, history[-1].span.end), view.as_of))
    return Sight(
        service=name,
        state=last.state,
        cause=last.cause,
        since=last.span.start,
        outages=tuple(outage for outage in found if view.as_of - outage.began_at >= lines_turn),
        certificate_expires_at=view.certificates.get(name),
        coverage=_coverage(account, view),
        min_coverage=account.subject.terms.min_coverage,
    )


def _coverage(account: Account, view: View) -> Fraction | None:
    """The share of the running month that was measured, from the first record on: time before anyone listened is no alarm.

    None for a short time, and where the month's service hours are not known.
    """
    if view.month is None or _of(view.month, account.subject.name) is None:
        return None
    since = Span(max(view.month.span.start, min(account.history[0].span.start, view.as_of)), view.as_of)
    if since.length < COVERAGE_SPEAKS_AFTER:
        return None
    terms = account.subject.terms
    return availability(account.history, since, terms, scheduled(terms.hours, since, view.month.period.zone)).coverage


def _of(document: Document | None, name: str) -> ServiceReport | None:
    return next((service for service in document.services if service.subject.name == name), None) if document else None


def _key(each: News, sight: Sight, view: View) -> str:
    """What makes the news that news: the same twice is the same message."""
    if each.outage is not None:
        return each.outage.id(each.service)
    what = {Topic.DEGRADED: sight.since, Topic.CERTIFICATE: sight.certificate_expires_at}.get(each.topic) or f"{view.as_of:%Y-%m}"
    return f"{each.service}:{what}"


def _summary_due(kind: Literal["none", "daily", "monthly"], as_of: datetime, zone: ZoneInfo, at: timedelta) -> Period | None:
    """The day or month whose summary is the last that was due at `as_of`."""
    if kind == "none":
        return None
    shifted = (as_of.astimezone(zone).replace(tzinfo=None) - at).replace(tzinfo=zone).astimezone(UTC)
    if kind == "daily":
        return day_of(day_of(shifted, zone).span.start - timedelta(seconds=1), zone)
    first = month(f"{shifted.astimezone(zone):%Y-%m}", zone).span.start
    return month(f"{(first - timedelta(seconds=1)).astimezone(zone):%Y-%m}", zone)
