"""The ledger's writing side: what people enter about the record. Every entry is a new row; nothing is changed and nothing deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, insert, select

from linewatch.sla.exclusions import Exclusion, Note, Revocation
from linewatch.store.faults import one_line
from linewatch.store.ledger_rows import exclusion_of, exclusion_row, note_row, revocation_row
from linewatch.store.tables import exclusions, notes, revocations

EXCLUSIONS = (
    select(
        exclusions,
        revocations.c.reason.label("revoked_reason"),
        revocations.c.author.label("revoked_author"),
        revocations.c.entered_us.label("revoked_us"),
    )
    .outerjoin(revocations)
    .order_by(exclusions.c.id)
)
"""The ledger in the order of entry, each exclusion with its revocation."""


class Ledger:
    """Writes entries beside a daemon that may be running; each is committed, whole, when its method returns.

    A transaction that writes is alone from its beginning, in either database, so what is read in it stands until it ends. Every method raises
    StoreError where the store cannot be written.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._connection.close()

    def add(self, entry: Exclusion, agree: Callable[[Sequence[Exclusion]], None] = lambda _: None) -> Exclusion:
        """Enter an exclusion; returned with the number that it was given.

        `agree` sees the ledger as it stands, while nobody else can enter anything; where it raises, nothing is written.
        """
        with one_line(self._name), self._connection.begin():
            agree(self._exclusions())
            key = self._connection.execute(insert(exclusions), exclusion_row(entry)).inserted_primary_key
        assert key is not None
        return replace(entry, id=key[0], revoked=None)

    def revoke(self, exclusion_id: int, entry: Revocation) -> Exclusion | None:
        """Take an exclusion back; returned as it stood before.

        None where there is none of that number. Nothing is written for that, nor where the one returned was revoked before.
        """
        with one_line(self._name), self._connection.begin():
            # Looked for here and not by the database, which has a greatest number.
            found = next((each for each in self._exclusions() if each.id == exclusion_id), None)
            if found is not None and found.revoked is None:
                self._connection.execute(insert(revocations), revocation_row(exclusion_id, entry))
        return found

    def note(self, note: Note) -> None:
        """Enter a note on an outage."""
        with one_line(self._name), self._connection.begin():
            self._connection.execute(insert(notes), note_row(note))

    def _exclusions(self) -> list[Exclusion]:
        return [exclusion_of(row) for row in self._connection.execute(EXCLUSIONS)]
