"""Read by Alembic for every migration; the connection is handed over by ``upgrade``."""

from alembic import context

from rom_tracker.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
