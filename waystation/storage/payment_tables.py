"""Top-ups: who takes payments, and the orders, in `main`."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table, Text

from waystation.storage.columns import Id, count, flag, json_text, metadata, partial_index, words

payment_providers = Table(
    "payment_providers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    words("sealed"),  # its secrets as JSON
    words("base_url"),  # "": the provider's own
    words("merchant"),
    json_text("methods", "[]"),
    flag("by_form", True),  # EasyPay: the browser goes to submit.php; false: mapi.php is asked
    flag("allow_private", False),
    flag("enabled", True),
    CheckConstraint("name IN ('stripe', 'easypay')", name="name"),
    sqlite_autoincrement=True,
)

top_ups = Table(
    "top_ups",
    # An order to pay, or money that came by another way (provider manual). minor: what is paid, in
    # the currency's smallest unit. nanos: what is credited. reference: the provider's own number.
    # payment: its number of the payment itself, by which it tells of refunds. returned_minor: what
    # went back of it so far. problem: why a message about it was not believed.
    metadata,
    Column("id", Id, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("account_id", Id, ForeignKey("main.accounts.id"), nullable=False),
    Column("provider", Text, nullable=False),
    words("method"),
    Column("state", Text, nullable=False),
    Column("currency", Text, nullable=False),
    count("minor"),
    count("nanos"),
    count("returned_minor"),
    words("reference"),
    words("payment"),
    words("url"),
    words("note"),
    words("problem"),
    Column("created_by", BigInteger),  # an operator; NULL: the account's owner
    count("created_ms"),
    count("expires_ms"),
    Column("paid_ms", BigInteger),
    Column("refunded_ms", BigInteger),
    CheckConstraint("provider IN ('stripe', 'easypay', 'manual')", name="provider"),
    CheckConstraint("state IN ('pending', 'paid', 'expired', 'refunded')", name="state"),
    Index(None, "account_id", "id"),
    Index(None, "state", "id"),
    partial_index("ix_top_ups_waiting", "expires_ms", of="state = 'pending'"),
    sqlite_autoincrement=True,
)
