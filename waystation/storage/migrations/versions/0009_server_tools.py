"""Factors of service tiers in prices, and what a channel takes out of requests."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SCHEMA = "main"


def upgrade() -> None:
    op.add_column("prices", sa.Column("service_tiers", sa.Text(), nullable=True), schema=SCHEMA)
    strip = sa.Column("strip", sa.Text(), server_default="[]", nullable=False)
    op.add_column("channels", strip, schema=SCHEMA)
    # The shipped catalogue is written anew, now with factors.
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")


def downgrade() -> None:
    op.execute("DELETE FROM main.settings WHERE name = 'catalogue_edition'")
    op.drop_column("channels", "strip", schema=SCHEMA)
    op.drop_column("prices", "service_tiers", schema=SCHEMA)
