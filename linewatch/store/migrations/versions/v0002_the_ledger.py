"""The ledger: exclusions, their revocations, and notes on outages. The database itself refuses to change or delete what was entered."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer, "sqlite")
LEDGER = ("exclusions", "revocations", "notes")
REFUSAL = "the ledger is append-only: nothing in it is changed or deleted"


def upgrade() -> None:
    """Build the tables, and what keeps them append-only."""
    op.create_table(
        "exclusions",
        Column("id", KEY, primary_key=True),
        Column("services", Text, nullable=False),
        Column("start_us", BigInteger, nullable=False),
        Column("end_us", BigInteger, nullable=False),
        Column("repeat", Text, nullable=False),
        Column("reason", Text, nullable=False),
        Column("reference", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("entered_us", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "revocations",
        Column("exclusion_id", KEY, ForeignKey("exclusions.id"), primary_key=True, autoincrement=False),
        Column("reason", Text, nullable=False),
        Column("author", Text, nullable=False),
        Column("entered_us", BigInteger, nullable=False),
    )
    op.create_table(
        "notes",
        Column("id", KEY, primary_key=True),
        Column("outage", Text, nullable=False),
        Column("ticket", Text, nullable=False),
        Column("cause", Text, nullable=False),
        Column("text", Text, nullable=False),
        Column("carrier_start_us", BigInteger),
        Column("carrier_end_us", BigInteger),
        Column("author", Text, nullable=False),
        Column("entered_us", BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def _guard_sqlite() -> None:
    for table in LEDGER:
        for act in ("UPDATE", "DELETE"):
            name = f"{table}_refuse_{act.lower()}"
            op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def _guard_postgresql() -> None:
    body = f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END"
    op.execute(f"CREATE FUNCTION linewatch_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    for table in LEDGER:
        acts = "UPDATE OR DELETE OR TRUNCATE"
        op.execute(f"CREATE TRIGGER {table}_refuse_change BEFORE {acts} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION linewatch_refuse_change()")
