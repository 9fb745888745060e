"""Prices of speech by character, of listening by second."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = "main"


def upgrade() -> None:
    op.add_column("prices", sa.Column("per_character", sa.Text(), nullable=True), schema=SCHEMA)
    op.add_column("prices", sa.Column("per_second", sa.Text(), nullable=True), schema=SCHEMA)
    # The shipped catalogue is written anew, now with sound.
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")


def downgrade() -> None:
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")
    op.drop_column("prices", "per_second", schema=SCHEMA)
    op.drop_column("prices", "per_character", schema=SCHEMA)
