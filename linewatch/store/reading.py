"""The read side of the record: one snapshot of it, and the questions that reports and restarts ask."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, literal_column, select

from linewatch.sample.event import Event, Happening
from linewatch.sample.round import Panel, Round
from linewatch.sla.exclusions import Exclusion, Note
from linewatch.sla.minutes import MinuteLoss, Range, minutes_of
from linewatch.span import EPOCH, Span, from_epoch, merged, to_epoch
from linewatch.store import lapses, losses
from linewatch.store.entry import ServiceRow, Source
from linewatch.store.faults import one_line
from linewatch.store.kept import KeptRound, kept_rounds
from linewatch.store.ledger import EXCLUSIONS
from linewatch.store.ledger_rows import exclusion_of, note_of
from linewatch.store.rollup import HOUR_US, MINUTE_US, Minute
from linewatch.store.rows import LETTER, instant, outcomes_of, panel_of, reading_of, transitions_of
from linewatch.store.tables import events, minutes, notes, panels, rtt_counts, samples, services, sources, states
from linewatch.verdict.lapse import Lapse
from linewatch.verdict.reading import Kind, Reading
from linewatch.verdict.rule import Rule
from linewatch.verdict.state import State, Transition

_TRANSITION = (states.c.at_us, states.c.state, states.c.cause, states.c.earliest_us)
_READING = (samples.c.at_us, samples.c.reading, samples.c.cause)
_STREAM_ROWS = 1_000
_SOURCE_ID = select(sources.c.id).where(
    sources.c.service_id == bindparam("service_id"), sources.c.sha256 == bindparam("sha256"), sources.c.kind == "samples"
)
_END = datetime(9999, 1, 1, tzinfo=UTC)


class History:
    """The record as it was at the first question: all answers of one History agree with each other, whatever is written meanwhile.

    It holds a read transaction, so close it (or use it in a `with`) when the report is made: SQLite's log cannot be cut back before.
    A service that the record does not know has no rows. Every method raises StoreError where the store cannot be read, and
    StoreDamaged where a row makes no sense.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._ids: dict[str, int] | None = None
        self._ledger: list[Exclusion] | None = None
        self._notes: list[Note] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the snapshot back."""
        self._connection.close()

    def services(self) -> list[ServiceRow]:
        """Every service on record, in order of enrolment."""
        with one_line(self._name):
            return [
                ServiceRow(row.name, row.kind, timedelta(microseconds=row.interval_us), _maybe(row.heard_us), _maybe(row.pruned_us))
                for row in self._connection.execute(select(services).order_by(services.c.id))
            ]

    def heard_at(self, service: str) -> datetime | None:
        """The time of the live round kept last."""
        with one_line(self._name):
            return _maybe(self._connection.execute(select(services.c.heard_us).where(services.c.name == service)).scalar())

    def transitions(self, service: str, since: datetime | None = None) -> list[Transition]:
        """The live transitions, in order of record; with `since` from the last change to UP before that instant on, at the latest.

        So an outage that reaches over the instant is whole. Where imported files stand beside what was measured here, all are told.
        """
        return self._from(self._id(service), None, None if self._is_mixed(service) else since)

    def last_transition(self, service: str) -> Transition | None:
        """The live transition recorded last."""
        wanted = (states.c.service_id == self._id(service), states.c.source_id.is_(None))
        found = self._transitions(select(*_TRANSITION).where(*wanted).order_by(states.c.id.desc()).limit(1))
        return found[0] if found else None

    def _transitions(self, statement: Select[Any]) -> list[Transition]:
        with one_line(self._name):
            return transitions_of(self._connection.execute(statement).all())

    def imports(self, service: str, since: datetime | None = None) -> list[tuple[Source, list[Transition]]]:
        """The imported files of a service in order of import, each with its transitions in order; `since` as for those measured here."""
        lean = None if self._is_mixed(service) else since
        with one_line(self._name):
            found = self._connection.execute(select(sources).where(sources.c.service_id == self._id(service)).order_by(sources.c.id)).all()
        return [(_source(row), self._from(row.service_id, row.id, lean)) for row in found]

    def _is_mixed(self, service: str) -> bool:
        with one_line(self._name):
            file = self._connection.execute(select(sources.c.id).where(sources.c.service_id == self._id(service)).limit(1)).scalar()
        return file is not None and self.last_transition(service) is not None

    def _from(self, service_id: int, source_id: int | None, since: datetime | None) -> list[Transition]:
        of_source = states.c.source_id.is_(None) if source_id is None else states.c.source_id == source_id
        wanted = [states.c.service_id == service_id, of_source]
        if since is not None:
            wanted.append(states.c.id >= self._first_id(wanted, since))
        return self._transitions(select(*_TRANSITION).where(*wanted).order_by(states.c.id))

    def _first_id(self, wanted: Sequence[ColumnElement[bool]], since: datetime) -> int:
        """The last change to UP before the first one, in the order of record, that is dated to the instant or later."""
        with one_line(self._name):
            later = self._connection.execute(select(func.min(states.c.id)).where(*wanted, states.c.at_us >= to_epoch(since))).scalar()
            before = () if later is None else (states.c.id < later,)
            up = select(func.max(states.c.id)).where(*wanted, *before, states.c.state == State.UP.value)
            return self._connection.execute(up).scalar() or 0

    def exclusions(self) -> list[Exclusion]:
        """The ledger of exclusions, in the order of entry; read once, for a report asks for it again for each service."""
        if self._ledger is None:
            with one_line(self._name):
                self._ledger = [exclusion_of(row) for row in self._connection.execute(EXCLUSIONS)]
        return self._ledger

    def notes(self) -> list[Note]:
        """What was written about outages, in the order of entry; read once too."""
        if self._notes is None:
            with one_line(self._name):
                self._notes = [note_of(row) for row in self._connection.execute(select(notes).order_by(notes.c.id))]
        return self._notes

    def tail(self, service: str, count: int) -> list[Reading]:
        """The last `count` live readings up to the round heard last, in order of time."""
        with one_line(self._name):
            found = self._connection.execute(self._last(service, count, select(*_READING))).all()
            return [reading_of(*row) for row in reversed(found)]

    def last_rounds(self, service: str, count: int) -> list[tuple[Round, Reading]]:
        """The last `count` live rounds up to the one heard last, with their readings, in order of time."""
        columns = select(*_READING, samples.c.panel_id, samples.c.outcomes)
        with one_line(self._name):
            return list(self._looked(service, self._last(service, count, columns)))[::-1]

    def _last(self, service: str, count: int, columns: Select[Any]) -> Select[Any]:
        # What lies after the round heard last was measured before the clock was stepped back.
        heard = select(services.c.heard_us).where(services.c.name == service).scalar_subquery()
        wanted = (samples.c.service_id == self._id(service), samples.c.at_us <= heard, samples.c.source_id.is_(None))
        return columns.where(*wanted).order_by(samples.c.at_us.desc()).limit(count)

    def rounds(self, service: str, span: Span, imported: bool = False) -> Iterator[tuple[Round, Reading]]:
        """The rounds of a span with their readings, in order of time, as a stream; with `imported`, those of history files among them."""
        columns = select(*_READING, samples.c.panel_id, samples.c.outcomes)
        with one_line(self._name):
            yield from self._looked(service, self._within(service, span, imported, columns))

    def extent(self, service: str, span: Span) -> Span:
        """From the first of those rounds to the last one, imported ones included; empty where there is none."""
        of_span = self._within(service, span, True, select(samples.c.at_us))
        with one_line(self._name):
            first = self._connection.execute(of_span.limit(1)).scalar()
            last = self._connection.execute(of_span.order_by(None).order_by(samples.c.at_us.desc()).limit(1)).scalar()
        return Span(span.start, span.start) if first is None or last is None else Span(instant(first), instant(last + 1))

    def kept_rounds(self, service: str, span: Span, sha256: str | None = None) -> Iterator[KeptRound]:
        """The rounds of a span measured here, or those of the imported file with that SHA-256, in order of time, as a stream."""
        columns = select(*_READING, samples.c.panel_id, samples.c.outcomes)
        with one_line(self._name):
            source_id = self._source_id(service, sha256)
            wanted = self._within(service, span, True, columns).where(samples.c.source_id.is_not_distinct_from(source_id))
            yield from kept_rounds(self._stream(wanted), self._panels(service))

    def readings(self, service: str, span: Span, kinds: Collection[Kind] = tuple(Kind), imported: bool = False) -> Iterator[Reading]:
        """The readings of a span of some kinds, in order of time, as a stream; the bad ones alone are found through an index of their own."""
        # Spelt out and not bound, for a partial index is only used where the statement shows its condition.
        letters: list[ColumnElement[str]] = [literal_column(f"'{LETTER[kind]}'") for kind in kinds]
        condition = samples.c.reading == letters[0] if len(letters) == 1 else samples.c.reading.in_(letters)
        statement = self._within(service, span, imported, select(*_READING)).where(condition)
        with one_line(self._name):
            for row in self._stream(statement):
                yield reading_of(*row)

    def _within(self, service: str, span: Span, imported: bool, columns: Select[Any]) -> Select[Any]:
        of_span = (samples.c.at_us >= to_epoch(span.start), samples.c.at_us < to_epoch(span.end))
        found = columns.where(samples.c.service_id == self._id(service), *of_span).order_by(samples.c.at_us)
        return found if imported else found.where(samples.c.source_id.is_(None))

    def _looked(self, service: str, statement: Select[Any]) -> Iterator[tuple[Round, Reading]]:
        by_id = self._panels(service)
        for at_us, letter, cause, panel_id, outcomes in self._stream(statement):
            reading = reading_of(at_us, letter, cause)
            yield Round(reading.at, by_id[panel_id], outcomes_of(outcomes)), reading

    def _panels(self, service: str) -> dict[int, Panel]:
        seats = select(panels.c.id, panels.c.seats).where(panels.c.service_id == self._id(service))
        return {key: panel_of(text) for key, text in self._connection.execute(seats)}

    def _source_id(self, service: str, sha256: str | None) -> int | None:
        if sha256 is None:
            return None
        found: int | None = self._connection.execute(_SOURCE_ID, {"service_id": self._id(service), "sha256": sha256}).scalar()
        return found

    def _stream(self, statement: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(statement, execution_options={"yield_per": _STREAM_ROWS})

    def loss(self, service: str, span: Span) -> tuple[int, int]:
        """How many echoes were lost and how many sent in the minutes that begin in the span; rollup.Minute says whose. (0, 0): none known."""
        sums = select(func.coalesce(func.sum(minutes.c.lost), 0), func.coalesce(func.sum(minutes.c.sent), 0))
        with one_line(self._name):
            lost, sent = self._connection.execute(self._minutes_within(service, span, sums)).one()
            return int(lost), int(sent)

    def minutes(self, service: str, span: Span) -> Iterator[Minute]:
        """The roll-ups of the minutes that begin in the span, in order; a minute without a round has none, nor has the one still running."""
        columns = select(minutes.c.minute, minutes.c.rounds, minutes.c.bad, minutes.c.unmeasured, minutes.c.sent, minutes.c.lost)
        with one_line(self._name):
            for row in self._stream(self._minutes_within(service, span, columns).order_by(minutes.c.minute)):
                yield Minute(*row)

    def known_minutes(self, service: str, wanted: Range) -> list[Range]:
        """The minutes in which anything was sent, as sorted, disjoint ranges that do not touch."""
        with one_line(self._name):
            return losses.known_minutes(self._connection, self._id(service), wanted)

    def lossy_minutes(self, service: str, wanted: Range, above: Fraction) -> list[MinuteLoss]:
        """The minutes whose loss passes `above`, in order."""
        with one_line(self._name):
            return losses.lossy_minutes(self._connection, self._id(service), wanted, above)

    def losses(self, service: str, wanted: Sequence[int]) -> list[MinuteLoss]:
        """The loss of these minutes (sorted), as far as they are known, in order."""
        with one_line(self._name):
            return losses.losses(self._connection, self._id(service), wanted)

    def lapses(self, service: str, span: Span, beside: Sequence[Span], rule: Rule, as_of: datetime, sha256: str | None = None) -> list[Lapse]:
        """The rows of bad rounds in the span that do not lie in `beside` (sorted, disjoint), in order of time.

        They are those measured here, or those of the imported file with that SHA-256; rounds from `as_of` on are left out.
        """
        with one_line(self._name):
            service_id = self._id(service)
            source_id = self._source_id(service, sha256)
            return lapses.lapses(self._connection, lapses.Wanted(service_id, source_id, rule, as_of), span, beside)

    def pruned_before(self, service: str) -> datetime | None:
        """The live rounds before it are gone; None where none is."""
        with one_line(self._name):
            return _maybe(self._connection.execute(select(services.c.pruned_us).where(services.c.name == service)).scalar())

    def doubtful(self, service: str, span: Span, rule: Rule) -> list[Span]:
        """The time of which the record no longer says when a round was bad, sorted and disjoint.

        Where live rounds were pruned: the minutes that held a bad one, and as long after each as a round may reach. Where rounds could not
        be kept at the time: all of it.
        """
        pruned = self.pruned_before(service)
        found = [] if pruned is None else self._bad_minutes(service, span, pruned)
        found += self._lost(service)
        return merged(part for each in found if (part := Span(each.start, each.end + rule.stale_after).clip(span)) is not None)

    def _bad_minutes(self, service: str, span: Span, pruned: datetime) -> list[Span]:
        with one_line(self._name):
            found = losses.bad_minutes(self._connection, self._id(service), minutes_of(span, pruned))
        return [Span(from_epoch(minute * MINUTE_US), from_epoch((minute + 1) * MINUTE_US)) for minute in found]

    def _lost(self, service: str) -> list[Span]:
        lost = [event.data for event in self.events(Span(EPOCH, _END), (Happening.SAMPLES_LOST,)) if event.service == service]
        return [Span(datetime.fromisoformat(str(data["first_at"])), datetime.fromisoformat(str(data["last_at"]))) for data in lost]

    def _minutes_within(self, service: str, span: Span, columns: Select[Any]) -> Select[Any]:
        first, end = _units(span, MINUTE_US)
        return columns.where(minutes.c.service_id == self._id(service), minutes.c.minute >= first, minutes.c.minute < end)

    def rtt_counts(self, service: str, span: Span) -> dict[int, int]:
        """How many rounds had a round-trip time in each bucket (rollup.bucket_rtt_us), over the hours that begin in the span."""
        first, end = _units(span, HOUR_US)
        of_hours = (rtt_counts.c.service_id == self._id(service), rtt_counts.c.hour >= first, rtt_counts.c.hour < end)
        sums = select(rtt_counts.c.bucket, func.sum(rtt_counts.c.count)).where(*of_hours).group_by(rtt_counts.c.bucket)
        with one_line(self._name):
            return {bucket: int(count) for bucket, count in self._connection.execute(sums.order_by(rtt_counts.c.bucket))}

    def hourly_rtt_counts(self, service: str, span: Span) -> list[tuple[int, int, int]]:
        """The same of each hour (of the epoch) that begins in the span: hour, bucket and count."""
        first, end = _units(span, HOUR_US)
        of_hours = (rtt_counts.c.service_id == self._id(service), rtt_counts.c.hour >= first, rtt_counts.c.hour < end)
        sums = select(rtt_counts.c.hour, rtt_counts.c.bucket, func.sum(rtt_counts.c.count)).where(*of_hours)
        ordered = sums.group_by(rtt_counts.c.hour, rtt_counts.c.bucket).order_by(rtt_counts.c.hour, rtt_counts.c.bucket)
        with one_line(self._name):
            return [(hour, bucket, int(count)) for hour, bucket, count in self._connection.execute(ordered)]

    def events(self, span: Span, kinds: Collection[Happening] = tuple(Happening)) -> list[Event]:
        """The events of a span, in order of record."""
        of_span = (events.c.at_us >= to_epoch(span.start), events.c.at_us < to_epoch(span.end), events.c.kind.in_(sorted(kinds)))
        found = select(events.c.at_us, events.c.kind, services.c.name, events.c.data).outerjoin(services).where(*of_span).order_by(events.c.id)
        with one_line(self._name):
            return [Event(instant(at_us), Happening(kind), name, json.loads(data)) for at_us, kind, name, data in self._connection.execute(found)]

    def _id(self, service: str) -> int:
        """The key of a service; one that no row has where the service is not on record."""
        if self._ids is None:
            with one_line(self._name):
                self._ids = {name: key for key, name in self._connection.execute(select(services.c.id, services.c.name))}
        return self._ids.get(service, 0)


def _units(span: Span, unit_us: int) -> tuple[int, int]:
    """The first unit of the epoch that begins in the span, and the first that begins after it."""
    return -(-to_epoch(span.start) // unit_us), -(-to_epoch(span.end) // unit_us)


def _maybe(at_us: int | None) -> datetime | None:
    return None if at_us is None else instant(at_us)


def _source(row: Any) -> Source:
    interval = None if row.interval_us is None else timedelta(microseconds=row.interval_us)
    first_at, last_at = instant(row.first_us), instant(row.last_us)
    return Source(row.kind, row.name, row.sha256, instant(row.imported_us), row.rows, first_at, last_at, interval)
