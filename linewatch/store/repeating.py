"""What of a batch that is written again is on record already: a commit whose answer got lost, or a daemon killed before it knew.

Samples have a key and need no help. Changes of state and events have none but their order, so they are told by all that they say: two that
agree in every column, to the microsecond, are one.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, select

from linewatch.store.sql import Row
from linewatch.store.tables import events, services, states

_STATE = ("service_id", "at_us", "state", "cause", "earliest_us", "source_id")
_EVENT = ("at_us", "kind", "service_id", "data")


def new_states(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Those of the rows of `states` that are not on record."""
    return _new(connection, states, _STATE, rows)


def new_events(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Those of the rows of `events` that are not on record."""
    return _new(connection, events, _EVENT, rows)


def _new(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    if not rows:
        return []
    times = [row["at_us"] for row in rows]
    within = table.c.at_us.between(min(times), max(times))
    known = {tuple(row) for row in connection.execute(select(*(table.c[name] for name in columns)).where(within))}
    return [row for row in rows if tuple(row[name] for name in columns) not in known]


def not_pruned(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Those of the rows of `samples` whose hour is not yet pruned: one that was written, pruned and comes again must not stay for ever."""
    pruned = {key: at_us or 0 for key, at_us in connection.execute(select(services.c.id, services.c.pruned_us))}
    return [row for row in rows if row["at_us"] >= pruned[row["service_id"]]]
