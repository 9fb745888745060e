"""What Alembic runs: our connection, one transaction around everything."""

from alembic import context
from sqlalchemy import Connection

from waystation.storage.main import SCHEMA, metadata

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema=SCHEMA,
    version_table="schema_version",
    include_schemas=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
