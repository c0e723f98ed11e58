"""What Alembic runs to migrate: the connection is handed in, its transaction is the caller's, so that a migration is kept whole or not at all."""

from __future__ import annotations

from alembic import context

from linewatch.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
