"""A new store made of what can still be read of a damaged one. The damaged one is copied, and left as it is."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Integer, Table, insert, select

from linewatch.errors import StoreError, UsageError
from linewatch.progress import Progress, told, untold
from linewatch.sample.event import Event, Happening
from linewatch.span import EPOCH, MICROSECOND, Span, from_epoch
from linewatch.store.address import address_of
from linewatch.store.batch import event_row, state_rows
from linewatch.store.faults import one_line
from linewatch.store.lock import hold
from linewatch.store.opening import open_for_reading, upgrade
from linewatch.store.reading import History
from linewatch.store.rolling import roll
from linewatch.store.rollup import MINUTE_US, MINUTES_PER_HOUR
from linewatch.store.rows import outcomes_of, panel_of, reading_of, transitions_of
from linewatch.store.salvage import Cells, Torn
from linewatch.store.sql import INSERT_EVENT
from linewatch.store.tables import events, metadata, minutes, panels, samples, services, states
from linewatch.verdict.machine import cut_off, nothing_known, resumed, step
from linewatch.verdict.rule import Rule, default_stale_after
from linewatch.verdict.state import Transition

_BATCH_ROWS = 5_000
_PAGE_BYTES = 4096
_EVER = from_epoch(7_258_118_400_000_000)  # the year 2200

Row = dict[str, Any]


@dataclass(slots=True)
class Recovered:
    """What a recovery came to: rows kept by table, rows that could be read and make no sense, and how often reading broke off.

    `judged_anew` are the changes of state that were missing and follow from the rounds that are left.
    """

    rows: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    breaks: int = 0
    judged_anew: int = 0


def recover(url: str, to: Path, rules: Mapping[str, Rule], at: datetime, progress: Progress = untold) -> Recovered:
    """Make the new store `to` of what can be read of the one at `url`; `rules` are those of the configuration, by service, and `at` is now.

    Where changes of state are missing, the time between their neighbours is judged anew from the rounds that are left, and is UNKNOWN where none
    are. Raises UsageError for a store that is not SQLite's and for a file that exists; StoreError where a daemon holds the store, or where not
    even the names of the services can be read.
    """
    address = address_of(url)
    if address.path is None:
        raise UsageError("only a store of SQLite's can be recovered; for PostgreSQL put a backup back")
    if to.exists():
        raise UsageError(f"{to} exists already and is left as it is; name a new file")
    with one_line(address.name):
        if not address.path.exists():
            raise StoreError(f"no store yet at {address.name}: there is nothing to recover")
        release = hold(address)
        try:
            return _recovered(address.path, to, rules, at, progress)
        finally:
            release()


def _recovered(store: Path, to: Path, rules: Mapping[str, Rule], at: datetime, progress: Progress) -> Recovered:
    try:
        folder = tempfile.TemporaryDirectory(prefix=f".{to.name}.", dir=to.parent)
    except OSError as error:
        raise UsageError(f"cannot write {to}: {error.strerror}") from error
    with folder as name:
        old, new = Path(name, "old"), Path(name, "new")
        progress("copied aside", None)
        shutil.copyfile(store, old)
        with suppress(FileNotFoundError):  # what was committed last lies in the log beside the file
            shutil.copyfile(f"{store}-wal", f"{old}-wal")
        try:
            made = _Making(old, new, progress).made(rules, at)
        except (StoreError, sqlite3.DatabaseError):
            _with_schema_of(new, old)
            new.unlink()
            made = _Making(old, new, progress).made(rules, at)
        os.link(new, to)  # unlike a rename it does not replace what came in between
        return made


def _with_schema_of(fresh: Path, old: Path) -> None:
    """Give a file whose first page or schema is gone those of a store that was just made.

    They say what the file is and where each table begins, and the migrations put the tables where they always put them. Where they did not, the rows
    make no sense and are left out.
    """
    with closing(sqlite3.connect(fresh)) as database:
        roots = {page for (page,) in database.execute("SELECT rootpage FROM sqlite_master")}
    pages = max(1, old.stat().st_size // _PAGE_BYTES)
    with fresh.open("rb") as good, old.open("r+b") as torn:
        for number in range(1, fresh.stat().st_size // _PAGE_BYTES + 1):
            page = bytearray(good.read(_PAGE_BYTES))
            if number == 1:
                # The file format (sqlite.org/fileformat2.html, 1.3): at 18 and 19 the journal, at 28 the number of pages, at 32 and 36 the free ones.
                page[18:20] = b"\2\2" if Path(f"{old}-wal").exists() else b"\1\1"
                page[28:40] = pages.to_bytes(4, "big") + bytes(8)
            if number not in roots:  # of an empty store those are the schema's
                torn.seek((number - 1) * _PAGE_BYTES)
                torn.write(page)


class _Making:
    """One recovery under way."""

    def __init__(self, old: Path, new: Path, progress: Progress) -> None:
        self._old, self._new = old, new
        self._progress = progress
        self._url = f"sqlite:///{new}"
        self._made = Recovered()
        self._known: dict[str, set[object]] = {}  # the keys that rows of other tables may name
        self._seats: dict[int, int] = {}  # how many outcomes a round of this panel has

    def made(self, rules: Mapping[str, Rule], at: datetime) -> Recovered:
        upgrade(self._url)
        with closing(sqlite3.connect(f"file:{quote(str(self._old))}?mode=ro", uri=True)) as old:
            old.text_factory = lambda text: text.decode(errors="replace")
            old.execute("PRAGMA writable_schema=ON")  # read what can be, though the schema may look odd
            with self._writing() as new, new.begin():
                for table in metadata.sorted_tables:
                    if table is not states:
                        self._copy(old, new, table)
            if not self._known["services"]:
                raise StoreError("of the damaged store not even the names of the services can be read; put a backup in its place")
            found = sorted(self._rows(old, states), key=lambda row: row["id"])
        whole = self._with_what_is_missing(found, rules)
        with self._writing() as new, new.begin():
            for some in _batches({**row, "id": number} for number, row in enumerate(whole, start=1)):
                new.execute(insert(states), some)
            self._made.rows["states"] = len(found)
            self._roll(new)
            told = {"breaks": self._made.breaks, "dropped": self._made.dropped, "judged_anew": self._made.judged_anew}
            new.execute(INSERT_EVENT, event_row(Event(at, Happening.RECOVERED, None, told), None))
        with closing(sqlite3.connect(self._new)) as done:
            done.execute("PRAGMA journal_mode=DELETE")  # one file, whole in itself
        return self._made

    def _writing(self) -> Connection:
        return address_of(self._url).engine("write", 0).connect()

    def _copy(self, old: sqlite3.Connection, new: Connection, table: Table) -> None:
        keys = self._known.setdefault(table.name, set())
        first_key = next(iter(table.primary_key)).name
        count = 0
        for some in _batches(self._rows(old, table)):
            count += new.execute(insert(table).prefix_with("OR IGNORE"), some, execution_options={"preserve_rowcount": True}).rowcount
            if table is panels:
                self._seats |= {row["id"]: len(panel_of(row["seats"])) for row in some}
            keys |= {row[first_key] for row in some} if len(table.primary_key) == 1 else set()
        self._made.rows[table.name] = count

    def _rows(self, old: sqlite3.Connection, table: Table) -> Iterator[Row]:
        """The rows of a table that can be read and make sense."""
        columns = [column.name for column in table.columns]
        for torn in self._walks(old, table, columns):
            for cells in told(torn.rows(), table.name, self._progress, _share(torn)):
                row = dict(zip(columns, cells, strict=True))
                if self._makes_sense(table, row):
                    yield row
                else:
                    self._made.dropped += 1
            self._made.breaks += torn.breaks

    def _walks(self, old: sqlite3.Connection, table: Table, columns: Sequence[str]) -> Iterator[Torn]:
        key = [column.name for column in table.primary_key]
        if len(key) == 1:
            yield Torn(old, table.name, columns, key)
            return
        for service in sorted(self._known["services"], key=str):
            assert isinstance(service, int)
            yield Torn(old, table.name, columns, key[1:], f"{key[0]} = ?", (service,))

    def _makes_sense(self, table: Table, row: Row) -> bool:
        for column in table.columns:
            value, kind = row[column.name], int if isinstance(column.type, Integer) else str
            if value is None and (column.nullable is False or column.primary_key):
                return False
            if value is not None and not isinstance(value, kind):
                return False
            for foreign in column.foreign_keys:
                if value is not None and value not in self._known[foreign.column.table.name]:
                    return False
        return self._can_be_read(table, row)

    def _can_be_read(self, table: Table, row: Row) -> bool:
        try:
            if table is panels:
                panel_of(row["seats"])
            elif table is samples:
                reading_of(row["at_us"], row["reading"], row["cause"])
                return len(outcomes_of(row["outcomes"])) == self._seats[row["panel_id"]]
            elif table is states:
                transitions_of([(row["at_us"], row["state"], row["cause"], row["earliest_us"])])
            elif table is events:
                Happening(row["kind"])
                json.loads(row["data"])
        except (KeyError, TypeError, ValueError, OverflowError, OSError):
            return False
        return True

    def _with_what_is_missing(self, found: list[Row], rules: Mapping[str, Rule]) -> list[Row]:
        """The changes of state in their order, and in the gaps between their numbers what the rounds say.

        Whether some are missing at the end no number tells: where anything is, the rounds are asked.
        """
        numbers = [0, *(row["id"] for row in found)]
        gaps: list[tuple[int, int | None]] = [(a, b) for a, b in pairwise(numbers) if b > a + 1]
        if gaps or self._made.breaks or self._made.dropped or not found:
            gaps.append((numbers[-1], None))
        placed = [((row["id"], 0), row) for row in found]
        self._progress("judged anew", None)
        with open_for_reading(self._url) as history, self._writing() as new:
            for service in new.execute(select(services.c.id, services.c.name, services.c.interval_us)).all():
                interval = from_epoch(service.interval_us) - EPOCH
                rule = rules.get(service.name) or Rule(interval, default_stale_after(interval))
                mine = [row for row in found if row["service_id"] == service.id and row["source_id"] is None]
                for before, after in _neighbours(mine, gaps):
                    changes = _judged_anew(history, service.name, rule, before, after)
                    self._made.judged_anew += len(changes)
                    number = before["id"] if before else 0
                    placed += [((number, 1), row) for row in state_rows(service.id, changes)]
        return [row for _, row in sorted(placed, key=lambda each: each[0])]

    def _roll(self, new: Connection) -> None:
        """Roll up the minutes of which the samples are left and the roll-ups are not."""
        for (service_id,) in new.execute(select(services.c.id)).all():
            there = select(minutes.c.minute).where(minutes.c.service_id == service_id)
            with_samples = select(samples.c.at_us // MINUTE_US).where(samples.c.service_id == service_id).distinct()
            missing = set(new.execute(with_samples).scalars()) - set(new.execute(there).scalars())
            hours = [list(of_hour) for _, of_hour in groupby(sorted(missing), key=lambda minute: minute // MINUTES_PER_HOUR)]
            for number, of_hour in enumerate(hours):
                self._progress("minutes made", number / len(hours))
                roll(new, service_id, of_hour)


def _share(torn: Torn) -> Callable[[int, Cells], float | None]:
    """How far a walk has come by the keys that it has passed."""
    ends, place = torn.extent(), torn.columns.index(torn.key[0])

    def share(_number: int, cells: Cells) -> float | None:
        at = cells[place]
        return None if ends is None or not isinstance(at, int) else (at - ends[0]) / (ends[1] - ends[0] + 1)

    return share


def _neighbours(mine: Sequence[Row], gaps: Iterable[tuple[int, int | None]]) -> list[tuple[Row | None, Row | None]]:
    """The last change of a service before each gap and the first one after it, each pair once."""
    pairs: dict[tuple[int, int], tuple[Row | None, Row | None]] = {}
    for start, end in gaps:
        before = next((row for row in reversed(mine) if row["id"] <= start), None)
        after = None if end is None else next((row for row in mine if row["id"] >= end), None)
        pairs[before["id"] if before else 0, after["id"] if after else 0] = (before, after)
    return list(pairs.values())


def _judged_anew(history: History, service: str, rule: Rule, before: Row | None, after: Row | None) -> list[Transition]:
    """The changes between two that are on record, as the machine makes them of the rounds that are left between.

    After the last one they go up to the round heard last: what is dated later was seen before the clock was stepped back.
    """
    last, following = _transition(before), _transition(after)
    standing = nothing_known() if last is None else resumed(rule, last, ())
    changes: list[Transition] = []
    start = EPOCH if last is None else last.at
    heard_at = history.heard_at(service)
    end = following.at if following is not None else _EVER if heard_at is None else heard_at + MICROSECOND
    for reading in history.readings(service, Span(start, max(end, start))):
        if last is None or reading.at > last.at:
            standing, made = step(rule, standing, reading)
            changes += made
    if following is not None:
        changes += cut_off(rule, standing, following.at)[1]
    return [change for change in changes if following is None or change.at < following.at]


def _transition(row: Row | None) -> Transition | None:
    return None if row is None else transitions_of([(row["at_us"], row["state"], row["cause"], row["earliest_us"])])[0]


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in rows:
        some.append(row)
        if len(some) == _BATCH_ROWS:
            yield some
            some = []
    if some:
        yield some
