"""Where a token's tasks are told of, the secret of that, and its own way with Midjourney; channels
in remix mode. What a first start once said about faces is the operator's to say."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = "main"


def upgrade() -> None:
    for name, default in (("hook_url", ""), ("midjourney", "{}")):
        text = sa.Column(name, sa.Text(), server_default=default, nullable=False)
        op.add_column("tokens", text, schema=SCHEMA)
    for name in ("hook_turn", "hook_turned_ms"):
        number = sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
        op.add_column("tokens", number, schema=SCHEMA)
    remix: sa.Column[bool] = sa.Column(
        "remix", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("channels", remix, schema=SCHEMA)
    unsaid = "DELETE FROM main.settings WHERE name = 'midjourney' AND NOT managed AND value = :was"
    op.execute(sa.text(unsaid).bindparams(was='{"swap_face":true}'))


def downgrade() -> None:
    op.drop_column("channels", "remix", schema=SCHEMA)
    for name in ("hook_turned_ms", "hook_turn", "midjourney", "hook_url"):
        op.drop_column("tokens", name, schema=SCHEMA)
