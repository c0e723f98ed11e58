"""The rows of a damaged SQLite table that can still be read: those before, between and behind its broken pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Cells = tuple[object, ...]
Key = tuple[int, ...]

_BEYOND_ALL = 1 << 62


@dataclass(slots=True)
class Torn:
    """A table of which some pages cannot be read: its columns, those of its key by which it is walked, and how often a walk broke off.

    `within` is an SQL condition, with its parameters, that holds still what of the key comes before them.
    """

    database: sqlite3.Connection
    table: str
    columns: Sequence[str]
    key: Sequence[str]
    within: str = "1"
    parameters: tuple[int, ...] = ()
    breaks: int = 0

    def rows(self) -> Iterator[Cells]:
        """Every row that can be read, each once, in no certain order.

        A walk upward ends at a page that is broken. The next key that can be read is sought in steps that double, and from there the walk goes down
        to the same page, and then on upward. A key that does not go up is a broken page too: it may lead in a circle.
        """
        reached = self._all(-1)
        while True:
            try:
                for row in self._upward(reached):
                    self._must(self._key_of(row) > reached)
                    reached = self._key_of(row)
                    yield row
            except sqlite3.DatabaseError as error:
                if str(error).startswith("no such table"):
                    return  # the store is of an older schema
                self.breaks += 1
            else:
                return
            beyond = self._beyond(reached)
            yield from self._downward(reached, self._all(_BEYOND_ALL) if beyond is None else beyond)
            if beyond is None:
                return
            reached = (*beyond[:-1], beyond[-1] - 1)

    def extent(self) -> tuple[int, int] | None:
        """The smallest and the largest of the first column of the key; None where that cannot be read."""
        ends = []
        try:
            for direction in ("", " DESC"):
                for row in self._walk(f"1 ORDER BY {self._order(direction)} LIMIT 1"):
                    ends.append(self._key_of(row)[0])
        except sqlite3.DatabaseError:
            return None
        return (ends[0], ends[1]) if len(ends) == 2 else None

    def _beyond(self, reached: Key) -> Key | None:
        """The first key behind the broken page that can be found; None where there is none."""
        step = 1
        while step < _BEYOND_ALL:
            sought = (reached[0] + step, *reached[1:])
            try:
                found = next(self._upward(sought, "LIMIT 1"), None)
                if found is None or self._key_of(found) > sought:
                    return None if found is None else self._key_of(found)
            except sqlite3.DatabaseError:
                pass
            step *= 2
        return None

    def _downward(self, reached: Key, beyond: Key) -> Iterator[Cells]:
        last = beyond
        try:
            for row in self._walk(
                f"{self._place} > {self._given} AND {self._place} < {self._given} ORDER BY {self._order(' DESC')}", *reached, *beyond
            ):
                self._must(reached < self._key_of(row) < last)
                last = self._key_of(row)
                yield row
        except sqlite3.DatabaseError:
            return

    def _upward(self, reached: Key, limit: str = "") -> Iterator[Cells]:
        return self._walk(f"{self._place} > {self._given} ORDER BY {self._order()} {limit}", *reached)

    def _walk(self, condition: str, *bounds: int) -> Iterator[Cells]:
        # By the table itself: an index of it may be broken, too.
        statement = f"SELECT {', '.join(self.columns)} FROM {self.table} NOT INDEXED WHERE {self.within} AND {condition}"
        yield from self.database.execute(statement, (*self.parameters, *bounds))

    @property
    def _place(self) -> str:
        """The key as a row value, which SQLite compares column by column."""
        return f"({', '.join(self.key)})"

    @property
    def _given(self) -> str:
        return f"({', '.join('?' for _ in self.key)})"

    def _order(self, direction: str = "") -> str:
        return ", ".join(f"{column}{direction}" for column in self.key)

    def _all(self, value: int) -> Key:
        return (value,) * len(self.key)

    def _key_of(self, row: Cells) -> Key:
        parts = [row[self.columns.index(column)] for column in self.key]
        self._must(all(isinstance(part, int) for part in parts))
        return tuple(part for part in parts if isinstance(part, int))

    def _must(self, holds: bool) -> None:
        if not holds:
            raise sqlite3.DatabaseError("the keys of the table are out of order")
