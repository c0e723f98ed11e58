"""The rows of a damaged SQLite table that can still be read: those before, between and behind its broken pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Cells = tuple[object, ...]

_BEYOND_ALL = 1 << 62


@dataclass(slots=True)
class Torn:
    """A table of which some pages cannot be read: its columns, the last column of its key by which it is walked, and how often a walk broke off.

    `within` is an SQL condition, with its parameters, that holds the rest of the key still.
    """

    database: sqlite3.Connection
    table: str
    columns: Sequence[str]
    key: str
    within: str = "1"
    parameters: tuple[int, ...] = ()
    breaks: int = 0

    def rows(self) -> Iterator[Cells]:
        """Every row that can be read, each once, in no certain order.

        A walk upward ends at a page that is broken. The next key that can be read is sought in steps that double, and from there the walk goes down
        to the same page, and then on upward. A key that does not go up is a broken page too: it may lead in a circle.
        """
        reached = -1
        while True:
            try:
                for row in self._walk(f"{self.key} > ? ORDER BY {self.key}", reached):
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
            yield from self._downward(reached, _BEYOND_ALL if beyond is None else beyond)
            if beyond is None:
                return
            reached = beyond - 1

    def _beyond(self, reached: int) -> int | None:
        """The first key behind the broken page that can be found; None where there is none."""
        step = 1
        while step < _BEYOND_ALL:
            try:
                found = next(self._walk(f"{self.key} > ? ORDER BY {self.key} LIMIT 1", reached + step), None)
                if found is None or self._key_of(found) > reached + step:
                    return None if found is None else self._key_of(found)
            except sqlite3.DatabaseError:
                pass
            step *= 2
        return None

    def _downward(self, reached: int, beyond: int) -> Iterator[Cells]:
        last = beyond
        try:
            for row in self._walk(f"{self.key} > ? AND {self.key} < ? ORDER BY {self.key} DESC", reached, beyond):
                self._must(reached < self._key_of(row) < last)
                last = self._key_of(row)
                yield row
        except sqlite3.DatabaseError:
            return

    def _walk(self, condition: str, *bounds: int) -> Iterator[Cells]:
        # By the table itself: an index of it may be broken, too.
        statement = f"SELECT {', '.join(self.columns)} FROM {self.table} NOT INDEXED WHERE {self.within} AND {condition}"
        yield from self.database.execute(statement, (*self.parameters, *bounds))

    def _key_of(self, row: Cells) -> int:
        key = row[self.columns.index(self.key)]
        self._must(isinstance(key, int))
        assert isinstance(key, int)
        return key

    def _must(self, holds: bool) -> None:
        if not holds:
            raise sqlite3.DatabaseError("the keys of the table are out of order")
