"""Prices of pictures, and what a channel is asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = "main"


def upgrade() -> None:
    op.add_column("prices", sa.Column("per_image", sa.Text(), nullable=True), schema=SCHEMA)
    op.add_column("prices", sa.Column("images", sa.Text(), nullable=True), schema=SCHEMA)
    operations = sa.Column("operations", sa.Text(), server_default="[]", nullable=False)
    op.add_column("channels", operations, schema=SCHEMA)
    # The shipped catalogue is written anew, now with pictures.
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")


def downgrade() -> None:
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")
    op.drop_column("channels", "operations", schema=SCHEMA)
    op.drop_column("prices", "images", schema=SCHEMA)
    op.drop_column("prices", "per_image", schema=SCHEMA)
