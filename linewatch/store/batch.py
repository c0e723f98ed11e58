"""One transaction of the writer: how a batch of entries becomes rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, update

from linewatch.sample.event import Event
from linewatch.sample.round import Panel, Round
from linewatch.span import microseconds, to_epoch
from linewatch.store.backlog import Entry
from linewatch.store.entry import ServiceRow
from linewatch.store.repeating import new_events, new_states, not_pruned
from linewatch.store.rolling import roll
from linewatch.store.rollup import MINUTE_US
from linewatch.store.rows import LETTER, outcomes_text, panel_text
from linewatch.store.sql import (
    HEARD,
    INSERT_EVENT,
    INSERT_PANEL,
    INSERT_STATE,
    PANEL_ID,
    SERVICE_ID,
    Row,
    enrolment,
    insert_samples,
)
from linewatch.store.tables import services
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition

_OPEN_MINUTES = select(services.c.id, services.c.open_minute)
_NONE_OPEN = update(services).values(open_minute=None)


class Directory:
    """The keys of services and panels, looked up once on a connection; thrown away with it, and after a transaction that failed."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._services: dict[str, int] = {}
        self._panels: dict[tuple[int, Panel], int] = {}

    def service(self, name: str) -> int:
        """The key of a service that is enrolled."""
        if name not in self._services:
            self._services[name] = self.connection.execute(SERVICE_ID, {"name": name}).scalar_one()
        return self._services[name]

    def panel(self, service_id: int, panel: Panel) -> int:
        """The key of a panel of a service, recorded where it is new."""
        known = self._panels.get((service_id, panel))
        if known is None:
            row = {"service_id": service_id, "seats": panel_text(panel)}
            known = self.connection.execute(PANEL_ID, row).scalar()
            if known is None:
                self.connection.execute(INSERT_PANEL, row)
                known = self.connection.execute(PANEL_ID, row).scalar_one()
            self._panels[service_id, panel] = known
        return known


def write_batch(directory: Directory, entries: Sequence[Entry], again: bool = False) -> int:
    """Write the entries on the directory's connection, in its transaction. Returns how many samples were left out as duplicates.

    With `again` they, or some of them, may be on record from an earlier try: what is there, to the microsecond and in every column, is left out.
    """
    connection = directory.connection
    for entry in entries:
        if entry.enrolled is not None:
            enrol(connection, entry.enrolled)
    rows = [sample_row(directory, entry.service, *entry.sample) for entry in entries if entry.service and entry.sample]
    if again:
        rows = not_pruned(connection, rows)
    duplicates = insert_samples(connection, rows)
    states = [row for entry in entries if entry.service for row in state_rows(directory.service(entry.service), entry.transitions)]
    events = [
        event_row(entry.event, None if entry.event.service is None else directory.service(entry.event.service)) for entry in entries if entry.event
    ]
    if again:
        states, events = new_states(connection, states), new_events(connection, events)
    if states:
        connection.execute(INSERT_STATE, states)
    if events:
        connection.execute(INSERT_EVENT, events)
    _note_heard(connection, rows)
    if any(entry.settles for entry in entries):
        settle(connection)
    return duplicates


def enrol(connection: Connection, service: ServiceRow) -> None:
    """Make a service known, or bring its kind and interval up to date."""
    row = {"name": service.name, "kind": service.kind, "interval_us": microseconds(service.interval)}
    connection.execute(enrolment(connection.dialect.name), row)


def sample_row(directory: Directory, service: str, looked: Round, reading: Reading, source_id: int | None = None) -> Row:
    """The row of one round; `source_id` is None for what was measured here."""
    service_id = directory.service(service)
    return {
        "service_id": service_id,
        "at_us": to_epoch(looked.at),
        "panel_id": directory.panel(service_id, looked.panel),
        "reading": LETTER[reading.kind],
        "cause": reading.cause,
        "outcomes": outcomes_text(looked.outcomes),
        "source_id": source_id,
    }


def state_rows(service_id: int, transitions: Iterable[Transition], source_id: int | None = None) -> list[Row]:
    """The rows of transitions, in order."""
    return [
        {
            "service_id": service_id,
            "at_us": to_epoch(change.at),
            "state": change.state,
            "cause": change.cause,
            "earliest_us": to_epoch(change.earliest_at),
            "source_id": source_id,
        }
        for change in transitions
    ]


def event_row(event: Event, service_id: int | None) -> Row:
    """The row of an event, of the whole watch where `service_id` is None."""
    return {
        "at_us": to_epoch(event.at),
        "kind": event.kind,
        "service_id": service_id,
        "data": json.dumps(dict(event.data), ensure_ascii=False, sort_keys=True),
    }


def _note_heard(connection: Connection, rows: Sequence[Row]) -> None:
    """Note each service's newest round, and roll up the minutes that its rounds have left behind."""
    times: dict[int, list[int]] = {}
    for row in rows:
        times.setdefault(row["service_id"], []).append(row["at_us"])
    if not times:
        return
    was_open = {row.id: row.open_minute for row in connection.execute(_OPEN_MINUTES)}
    heard = []
    for service_id, at_us in times.items():
        minutes = {at // MINUTE_US for at in at_us}
        current = at_us[-1] // MINUTE_US
        left_behind = minutes | {current if was_open[service_id] is None else was_open[service_id]}
        left_behind.discard(current)
        if left_behind:
            roll(connection, service_id, left_behind)
        heard.append({"key": service_id, "heard_us": at_us[-1], "open_minute": current})
    connection.execute(HEARD, heard)


def settle(connection: Connection) -> None:
    """Roll up the minutes that are still open: no more rounds come for now."""
    for service_id, minute in connection.execute(_OPEN_MINUTES).all():
        if minute is not None:
            roll(connection, service_id, [minute])
    connection.execute(_NONE_OPEN)
