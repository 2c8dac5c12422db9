"""Alembic's entry: runs the migrations on the connection that ``ovh_sms.store.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from ovh_sms.store.tables import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
