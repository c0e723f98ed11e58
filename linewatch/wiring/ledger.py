"""Entries of the ledger: from what a person gives to what the store keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from linewatch.config.loading import Loaded
from linewatch.errors import UsageError
from linewatch.report.account import accounts
from linewatch.report.table import local
from linewatch.sla.entries import noted, unlike_others
from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.span import Span
from linewatch.store.opening import open_for_entry
from linewatch.verdict.outage import Outage, outages
from linewatch.wiring.office import now, office, subject
from linewatch.wiring.reports import readable


def enter(loaded: Loaded, entry: Exclusion, overlapping: bool) -> Exclusion:
    """Enter an exclusion; returned with its number. With `overlapping` it may leave out time that another one leaves out already.

    Raises UsageError for an unknown service or an overlap, StoreError.
    """
    told, zone = office(loaded), loaded.settings.timezone
    for service in entry.services:
        subject(told, service)
    with open_for_entry(loaded.settings.store.url) as ledger:
        return ledger.add(entry) if overlapping else ledger.add(entry, unlike_others(entry, zone, _shown(loaded)))


def take_back(loaded: Loaded, exclusion_id: int, entry: Revocation) -> Exclusion:
    """Revoke an exclusion. Raises UsageError where there is none of that number or it was revoked before, StoreError."""
    with open_for_entry(loaded.settings.store.url) as ledger:
        before = ledger.revoke(exclusion_id, entry)
    if before is None:
        raise UsageError(f"there is no exclusion {exclusion_id}; `linewatch exclude list` shows those that there are")
    if before.revoked is not None:
        revoked = before.revoked
        when = _shown(loaded)(revoked.entered_at)
        raise UsageError(f'exclusion {exclusion_id} was revoked before, on {when} by {revoked.by} ("{revoked.reason}")')
    return replace(before, revoked=entry)


def entries(loaded: Loaded, only: str | None = None) -> Sequence[Exclusion]:
    """The ledger in the order of entry, revoked exclusions among them, whole or what concerns `only` one service. Raises UsageError, StoreError."""
    if only is not None:
        subject(office(loaded), only)
    with readable(loaded.settings.store.url) as record:
        return [each for each in record.exclusions() if only is None or not each.services or only in each.services]


def write_note(loaded: Loaded, note: Note) -> Outage:
    """Keep a note; returns the outage that it is about, as it stands now.

    Raises UsageError where no such outage is on record or the note cannot be meant for it, StoreError.
    """
    service, named, _ = note.outage.partition("@")
    if not named:
        raise UsageError(f'an outage is named like leased-line@20220615T020000Z, not "{note.outage}"; `linewatch outages` lists them')
    outage = _outage(loaded, subject(office(loaded), service).name, note.outage)
    noted(note, outage, _shown(loaded))
    with open_for_entry(loaded.settings.store.url) as ledger:
        ledger.note(note)
    return outage


def _outage(loaded: Loaded, service: str, wanted: str) -> Outage:
    """The outage of that name in the whole history of the service, as reports judge it."""
    as_of = now()
    with readable(loaded.settings.store.url) as record:
        history = accounts(record, office(loaded).subjects, as_of)[service].history
    for outage in outages(history, Span(history[0].span.start, as_of)) if history else ():
        if outage.id(service) == wanted:
            return outage
    raise UsageError(f"there is no outage {wanted} on record; `linewatch outages` lists those of a period")


def _shown(loaded: Loaded) -> Callable[[datetime], str]:
    """How an instant is written in a message: in the contract's zone."""
    return lambda at: local(at, loaded.settings.timezone)
