"""A look at the store for a person: is it whole, how large is it, of which schema."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from linewatch.store.address import address_of
from linewatch.store.check import check
from linewatch.store.faults import one_line
from linewatch.store.opening import open_for_reading
from linewatch.store.schema import VERSIONS


@dataclass(frozen=True, slots=True)
class Inspected:
    """A store that is whole: its name, the version of its schema, and its size where the backend says it."""

    name: str
    schema: str
    bytes: int | None


def inspected(url: str) -> Inspected:
    """Check the whole store, samples included. Raises StoreError where it cannot be read, StoreDamaged where it is not whole."""
    address = address_of(url)
    open_for_reading(url).close()  # refuses what is missing, older, newer or someone else's
    with one_line(address.name), address.engine("read", 5).connect() as connection:
        if address.path is None:
            size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar()
            return Inspected(address.name, VERSIONS[-1], size)
        check(connection, address.path, whole=True)
        return Inspected(address.name, VERSIONS[-1], address.path.stat().st_size)
