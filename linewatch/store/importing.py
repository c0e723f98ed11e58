"""How a history file enters the record: whole, in one transaction, and once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import islice
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, bindparam, func, insert, select

from linewatch.progress import Progress, told, untold
from linewatch.sample.round import Round
from linewatch.span import microseconds, to_epoch
from linewatch.store.batch import Directory, enrol, sample_row, state_rows
from linewatch.store.entry import ServiceKind, ServiceRow, Source
from linewatch.store.faults import database_line
from linewatch.store.rolling import roll
from linewatch.store.rollup import HOUR_US, MINUTES_PER_HOUR
from linewatch.store.sql import INSERT_STATE, insert_samples
from linewatch.store.tables import samples, sources
from linewatch.verdict.reading import Reading
from linewatch.verdict.state import Transition

_CHUNK_ROWS = 2_000

_KNOWN = select(sources.c.id).where(
    sources.c.service_id == bindparam("service_id"), sources.c.kind == bindparam("kind"), sources.c.sha256 == bindparam("sha256")
)
_NEXT_SAMPLE = select(func.min(samples.c.at_us)).where(samples.c.service_id == bindparam("service_id"), samples.c.at_us >= bindparam("start"))


class Importer:
    """Writes history files beside a daemon that may be running: the daemon's rows wait while a file goes in.

    Where the importing ends early, by an exception or a kill, nothing of the file is kept.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def enrol(self, service: str, kind: ServiceKind, interval: timedelta) -> None:
        """Make a service known, or note its new interval; before a file of it is imported."""
        with database_line(self._name), self._connection.begin():
            enrol(self._connection, ServiceRow(service, kind, interval))

    def import_states(self, service: str, source: Source, transitions: Sequence[Transition]) -> bool:
        """Keep a file of states; False, and nothing changed, where a file of the same bytes was imported for the service before."""
        return self.import_samples(service, source, (), transitions)

    def import_samples(
        self,
        service: str,
        source: Source,
        rounds: Iterable[tuple[Round, Reading]],
        transitions: Sequence[Transition],
        progress: Progress = untold,
    ) -> bool:
        """Keep a file of rounds with what they were judged to be; False, and nothing changed, where it was imported before.

        A round at the very microsecond of one that is on record is left out: what was measured, or imported first, stands.
        """
        directory = Directory(self._connection)
        with database_line(self._name), self._connection.begin():
            service_id = directory.service(service)
            source_id = self._record(service_id, source)
            if source_id is None:
                return False
            for chunk in _chunks(told(rounds, "rounds stored", progress, lambda number, _: number / source.rows)):
                insert_samples(self._connection, [sample_row(directory, service, *looked, source_id=source_id) for looked in chunk])
            self._finish(service_id, source, source_id, transitions, progress)
        return True

    def _record(self, service_id: int, source: Source) -> int | None:
        """Note the file itself; None where it is there already."""
        key = {"service_id": service_id, "kind": source.kind, "sha256": source.sha256}
        if self._connection.execute(_KNOWN, key).scalar() is not None:
            return None
        about = {
            "name": source.name,
            "imported_us": to_epoch(source.imported_at),
            "rows": source.rows,
            "first_us": to_epoch(source.first_at),
            "last_us": to_epoch(source.last_at),
            "interval_us": None if source.interval is None else microseconds(source.interval),
        }
        self._connection.execute(insert(sources), {**key, **about})
        found: int = self._connection.execute(_KNOWN, key).scalar_one()
        return found

    def _finish(self, service_id: int, source: Source, source_id: int, transitions: Sequence[Transition], progress: Progress) -> None:
        rows = state_rows(service_id, transitions, source_id)
        if rows:
            self._connection.execute(INSERT_STATE, rows)
        if source.kind == "samples":
            self._roll(service_id, source, progress)

    def _roll(self, service_id: int, source: Source, progress: Progress) -> None:
        """Roll up every hour of the file that holds samples."""
        first, end = to_epoch(source.first_at), to_epoch(source.last_at)
        start = first // HOUR_US * HOUR_US
        while (at_us := self._connection.execute(_NEXT_SAMPLE, {"service_id": service_id, "start": start}).scalar()) is not None and at_us <= end:
            hour = at_us // HOUR_US
            progress("minutes made", max(0.0, (at_us - first) / max(1, end - first)))
            roll(self._connection, service_id, range(hour * MINUTES_PER_HOUR, (hour + 1) * MINUTES_PER_HOUR))
            start = (hour + 1) * HOUR_US


def _chunks(rounds: Iterable[tuple[Round, Reading]]) -> Iterable[list[tuple[Round, Reading]]]:
    left = iter(rounds)
    while chunk := list(islice(left, _CHUNK_ROWS)):
        yield chunk
