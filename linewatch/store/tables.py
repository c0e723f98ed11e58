"""The tables of the record as SQLAlchemy Core sees them; the migrations build the same, and a test proves it.

Every `*_us` column is a whole number of microseconds: an instant since 1970-01-01T00:00Z, or, for intervals, a duration. `minute` and `hour`
count whole minutes and hours since then. Enumerations are their short texts.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key's type is called INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")

services = Table(
    "services",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),  # line | endpoint
    Column("interval_us", BigInteger, nullable=False),
    Column("heard_us", BigInteger),  # the round kept last; changes in the transaction that keeps it
    Column("open_minute", BigInteger),  # the minute whose roll-up is still to come; so a crash loses none
    Column("pruned_us", BigInteger),  # live samples before it are gone, their roll-ups final; a whole hour
)

panels = Table(
    "panels",
    metadata,
    Column("id", Key, primary_key=True),
    Column("service_id", ForeignKey("services.id"), nullable=False),
    Column("seats", Text, nullable=False),  # JSON: a list of [role, target]
    UniqueConstraint("service_id", "seats"),
)

sources = Table(
    "sources",
    metadata,
    Column("id", Key, primary_key=True),
    Column("service_id", ForeignKey("services.id"), nullable=False),
    Column("kind", Text, nullable=False),  # samples | states
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("imported_us", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("interval_us", BigInteger),
    UniqueConstraint("service_id", "kind", "sha256"),
)

samples = Table(
    "samples",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("at_us", BigInteger, primary_key=True),
    Column("panel_id", ForeignKey("panels.id"), nullable=False),
    Column("reading", Text, nullable=False),  # g | d | b | u
    Column("cause", Text),
    Column("outcomes", Text, nullable=False),  # the grammar is in rows.py
    Column("source_id", ForeignKey("sources.id")),  # null: measured here
    # Bad rounds are few, and the strict account of a year asks for them alone. PostgreSQL's index has the same condition by its migration;
    # to say so here would import that dialect, and asyncio with it, at every start.
    Index("ix_samples_bad", "service_id", "at_us", sqlite_where=text("reading = 'b'")),
    sqlite_with_rowid=False,
)

states = Table(
    "states",
    metadata,
    Column("id", Key, primary_key=True),  # the order of record: a clock stepped back makes at_us go down
    Column("service_id", ForeignKey("services.id"), nullable=False),
    Column("at_us", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("cause", Text),
    Column("earliest_us", BigInteger, nullable=False),
    Column("source_id", ForeignKey("sources.id")),
    Index(None, "service_id", "id"),
    sqlite_autoincrement=True,
)

minutes = Table(
    "minutes",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("rounds", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("unmeasured", Integer, nullable=False),
    Column("sent", Integer, nullable=False),  # this and `lost`: rollup.Minute says whose
    Column("lost", Integer, nullable=False),
    sqlite_with_rowid=False,
)

rtt_counts = Table(
    "rtt_counts",
    metadata,
    Column("service_id", ForeignKey("services.id"), primary_key=True),
    Column("hour", BigInteger, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),  # rollup.bucket_rtt_us
    Column("count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at_us", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("service_id", ForeignKey("services.id")),
    Column("data", Text, nullable=False),  # JSON
    sqlite_autoincrement=True,
)

# The ledger. Its migration also has the database refuse every change and deletion of what was entered.

exclusions = Table(
    "exclusions",
    metadata,
    Column("id", Key, primary_key=True),  # the order of entry
    Column("services", Text, nullable=False),  # JSON: a list of names, empty for every service; they need not be on record yet
    Column("start_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("repeat", Text, nullable=False),  # an RRULE (RFC 5545), or empty
    Column("reason", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("entered_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

revocations = Table(
    "revocations",
    metadata,
    Column("exclusion_id", ForeignKey("exclusions.id"), primary_key=True, autoincrement=False),  # so an exclusion is revoked once
    Column("reason", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("entered_us", BigInteger, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Key, primary_key=True),
    Column("outage", Text, nullable=False),  # verdict.outage.Outage.id
    Column("ticket", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("carrier_start_us", BigInteger),
    Column("carrier_end_us", BigInteger),
    Column("author", Text, nullable=False),
    Column("entered_us", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
