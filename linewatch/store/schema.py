"""The store's schema: which version it is of, whether this linewatch knows it, and how it is brought up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, inspect, text

from linewatch.errors import StoreTooNew
from linewatch.store.faults import no_database
from linewatch.store.tables import metadata

VERSIONS = ("0001", "0002")
"""Every version that this linewatch knows, in order; Alembic, which knows them too, is slow to import and asked only to migrate."""

Standing = Literal["none", "older", "current"]


def standing(connection: Connection, name: str) -> Standing:
    """How the schema behind `connection` compares with ours; `none` is an empty database.

    Raises StoreTooNew for a version that this linewatch does not know, StoreDamaged for a database that is someone else's.
    """
    found = _version(connection)
    if found is None:
        tables = set(inspect(connection).get_table_names())
        foreign = tables - {"alembic_version"} if connection.dialect.name == "sqlite" else tables & set(metadata.tables)
        if foreign and "alembic_version" not in tables:
            raise no_database(name)
        return "older" if foreign else "none"
    if found not in VERSIONS:
        raise StoreTooNew(f"the store {name} was written by a newer linewatch (schema {found}, this one knows up to {VERSIONS[-1]})")
    return "current" if found == VERSIONS[-1] else "older"


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def migrate(connection: Connection) -> None:
    """Bring the schema up to date inside the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
