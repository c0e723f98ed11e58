"""The statements of the record that more than one room uses, and the inserts whose words differ between SQLite and PostgreSQL."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update
from sqlalchemy.dialects import sqlite

from linewatch.store.tables import events, minutes, panels, rtt_counts, samples, services, states

Row = dict[str, Any]
"""The parameters of one row, by column."""

INSERT_STATE = insert(states)
INSERT_EVENT = insert(events)
INSERT_RTT_COUNT = insert(rtt_counts)
INSERT_PANEL = insert(panels)
PANEL_ID = select(panels.c.id).where(panels.c.service_id == bindparam("service_id"), panels.c.seats == bindparam("seats"))
SERVICE_ID = select(services.c.id).where(services.c.name == bindparam("name"))
HEARD = update(services).where(services.c.id == bindparam("key")).values(heard_us=bindparam("heard_us"), open_minute=bindparam("open_minute"))


def _dialect_insert(dialect: str, table: Table) -> Any:
    """An insert that knows ON CONFLICT; typed Any, for the two dialects share the words but no class."""
    if dialect == "postgresql":
        # Imported only where it is used: it costs tens of milliseconds of every start.
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    return sqlite.insert(table)


@cache
def insert_or_keep(dialect: str, table: Table) -> Any:
    """An insert that leaves a row with the same primary key as it is; rowcount tells how many were new."""
    return _dialect_insert(dialect, table).on_conflict_do_nothing()


@cache
def insert_or_replace(dialect: str, table: Table, *columns: str) -> Any:
    """An insert that sets `columns` where the primary key is there already."""
    statement = _dialect_insert(dialect, table)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key], set_={name: statement.excluded[name] for name in columns}
    )


@cache
def enrolment(dialect: str) -> Any:
    """An insert of a service that updates the kind and interval of one of the same name."""
    statement = _dialect_insert(dialect, services)
    return statement.on_conflict_do_update(
        index_elements=["name"], set_={"kind": statement.excluded.kind, "interval_us": statement.excluded.interval_us}
    )


def insert_samples(connection: Connection, rows: list[Row]) -> int:
    """Insert samples; of two at the same microsecond of a service the first stands. Returns how many were left out for that."""
    if not rows:
        return 0
    # preserve_rowcount: psycopg's cursor is gone by the time that we ask.
    statement = insert_or_keep(connection.dialect.name, samples)
    return len(rows) - connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount


def replace_minutes(connection: Connection, rows: list[Row], keep: bool) -> None:
    """Write minutes, in place of those that are there, or beside them where `keep` says so."""
    dialect = connection.dialect.name
    statement = insert_or_keep(dialect, minutes) if keep else insert_or_replace(dialect, minutes, "rounds", "bad", "unmeasured", "sent", "lost")
    connection.execute(statement, rows)
