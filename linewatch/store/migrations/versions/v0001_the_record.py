"""The record: services and their panels, samples, states, roll-ups, events and imported files."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text, UniqueConstraint, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Build the tables, in the order of their references."""
    _who_and_where_from()
    _what_was_seen()
    _roll_ups()


def _who_and_where_from() -> None:
    op.create_table(
        "services",
        Column("id", KEY, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("kind", Text, nullable=False),
        Column("interval_us", BigInteger, nullable=False),
        Column("heard_us", BigInteger),
        Column("open_minute", BigInteger),
        Column("pruned_us", BigInteger),
    )
    op.create_table(
        "panels",
        Column("id", KEY, primary_key=True),
        Column("service_id", KEY, ForeignKey("services.id"), nullable=False),
        Column("seats", Text, nullable=False),
        UniqueConstraint("service_id", "seats"),
    )
    op.create_table(
        "sources",
        Column("id", KEY, primary_key=True),
        Column("service_id", KEY, ForeignKey("services.id"), nullable=False),
        Column("kind", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("sha256", Text, nullable=False),
        Column("imported_us", BigInteger, nullable=False),
        Column("rows", BigInteger, nullable=False),
        Column("first_us", BigInteger, nullable=False),
        Column("last_us", BigInteger, nullable=False),
        Column("interval_us", BigInteger),
        UniqueConstraint("service_id", "kind", "sha256"),
    )


def _what_was_seen() -> None:
    op.create_table(
        "samples",
        Column("service_id", KEY, ForeignKey("services.id"), primary_key=True),
        Column("at_us", BigInteger, primary_key=True),
        Column("panel_id", KEY, ForeignKey("panels.id"), nullable=False),
        Column("reading", Text, nullable=False),
        Column("cause", Text),
        Column("outcomes", Text, nullable=False),
        Column("source_id", KEY, ForeignKey("sources.id")),
        sqlite_with_rowid=False,
    )
    bad = text("reading = 'b'")
    op.create_index("ix_samples_bad", "samples", ["service_id", "at_us"], sqlite_where=bad, postgresql_where=bad)
    op.create_table(
        "states",
        Column("id", KEY, primary_key=True),
        Column("service_id", KEY, ForeignKey("services.id"), nullable=False),
        Column("at_us", BigInteger, nullable=False),
        Column("state", Text, nullable=False),
        Column("cause", Text),
        Column("earliest_us", BigInteger, nullable=False),
        Column("source_id", KEY, ForeignKey("sources.id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_states_service_id_id", "states", ["service_id", "id"])
    op.create_table(
        "events",
        Column("id", KEY, primary_key=True),
        Column("at_us", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("service_id", KEY, ForeignKey("services.id")),
        Column("data", Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_events_at_us", "events", ["at_us"])


def _roll_ups() -> None:
    op.create_table(
        "minutes",
        Column("service_id", KEY, ForeignKey("services.id"), primary_key=True),
        Column("minute", BigInteger, primary_key=True),
        Column("rounds", Integer, nullable=False),
        Column("bad", Integer, nullable=False),
        Column("unmeasured", Integer, nullable=False),
        Column("sent", Integer, nullable=False),
        Column("lost", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rtt_counts",
        Column("service_id", KEY, ForeignKey("services.id"), primary_key=True),
        Column("hour", BigInteger, primary_key=True),
        Column("bucket", Integer, primary_key=True, autoincrement=False),
        Column("count", Integer, nullable=False),
        sqlite_with_rowid=False,
    )
