"""The tables of people: how they sign in, what they were sent, what they did, in `main`.

Whatever opens a door is stored as its digest, or sealed where it must be read again.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from waystation.storage.columns import Id, count, flag, json_text, metadata, words

ACCOUNT = "main.accounts.id"

profiles = Table(
    "profiles",
    # What the relay need not know of an account; one without a row is confirmed. totp, totp_new:
    # sealed secrets, "": none; totp_step: the last time step that was used, so that none is twice.
    metadata,
    Column("id", Id, ForeignKey(ACCOUNT, ondelete="CASCADE"), primary_key=True),
    words("name"),
    words("language"),
    Column("confirmed_ms", BigInteger),  # NULL: the address is not confirmed yet
    words("totp"),
    words("totp_new"),
    count("totp_step"),
    words("note"),  # the operator's
    Column("low_balance_nanos", BigInteger),  # NULL: as the alert's rule says; 0: never told
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", Id, ForeignKey(ACCOUNT, ondelete="CASCADE"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("used_ms", BigInteger),
)

mail_tokens = Table(
    "mail_tokens",  # what a letter's link carries; used once
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Id, ForeignKey(ACCOUNT, ondelete="CASCADE"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("email", Text, nullable=False),
    count("created_ms"),
    count("expires_ms"),
    CheckConstraint("purpose IN ('confirm', 'reset', 'change')", name="purpose"),
    Index(None, "account_id"),
)

letters = Table(
    "letters",  # on their way; a row leaves when its letter was taken, or nobody takes it
    metadata,
    Column("id", Id, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sealed", Text, nullable=False),  # the text, which may carry a link that opens a door
    count("created_ms"),
    count("due_ms"),
    count("attempts"),
    words("problem"),
    Index(None, "due_ms"),
    sqlite_autoincrement=True,
)

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("mask", Text, nullable=False),
    words("email"),  # "": whoever has it
    Column("account_group", Text, nullable=False, server_default="default"),
    count("credit_nanos"),
    count("uses_left", 1),
    Column("created_by", BigInteger),
    count("created_ms"),
    count("expires_ms"),
    sqlite_autoincrement=True,
)

sign_in_providers = Table(
    "sign_in_providers",  # OAuth 2
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    words("title"),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    words("sealed"),  # the client's secret; "": a public client
    words("issuer"),
    words("authorize_url"),
    words("token_url"),
    words("userinfo_url"),
    words("scopes"),
    flag("allow_private", False),
    flag("enabled", True),
    count("created_ms"),
    CheckConstraint("kind IN ('github', 'oidc', 'oauth2')", name="kind"),
    sqlite_autoincrement=True,
)

identities = Table(
    "identities",  # who somebody is elsewhere
    metadata,
    Column("provider_id", Id, ForeignKey(sign_in_providers.c.id), primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account_id", Id, ForeignKey(ACCOUNT, ondelete="CASCADE"), nullable=False),
    words("email"),
    count("created_ms"),
    Index(None, "account_id"),
)

oauth_flows = Table(
    "oauth_flows",  # sign-ins that are under way elsewhere; used once
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of the state
    Column("provider_id", Id, nullable=False),
    Column("browser", LargeBinary, nullable=False),  # digest of the cookie of who began
    Column("sealed", Text, nullable=False),  # PKCE verifier
    Column("account_id", BigInteger),  # who adds an identity; NULL: signs in
    words("invitation"),
    words("return_to"),
    count("expires_ms"),
)

access_tokens = Table(
    "access_tokens",  # for scripts: the account's own rights, without secrets and roles
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey(ACCOUNT, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("mask", Text, nullable=False),
    flag("read_only", False),
    Column("expires_ms", BigInteger),
    Column("used_ms", BigInteger),
    count("created_ms"),
    UniqueConstraint("account_id", "name"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",  # who changed what: added to, never changed. before, after: JSON without secrets
    metadata,
    Column("id", Id, primary_key=True),
    count("at_ms"),
    Column("actor_id", BigInteger),  # NULL: nobody who signed in
    words("actor"),
    Column("action", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    json_text("before", "null"),
    json_text("after", "null"),
    words("peer"),
    words("request_id"),
    Index(None, "actor_id", "id"),
    Index(None, "kind", "subject", "id"),
    sqlite_autoincrement=True,
)

redemption_codes = Table(
    "redemption_codes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("mask", Text, nullable=False),
    words("batch"),
    count("nanos"),
    Column("created_by", BigInteger),
    count("created_ms"),
    Column("expires_ms", BigInteger),
    flag("enabled", True),
    Column("redeemed_by", BigInteger),
    Column("redeemed_ms", BigInteger),
    Index(None, "batch", "id"),
    sqlite_autoincrement=True,
)

announcements = Table(
    "announcements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    words("body"),
    Column("level", Text, nullable=False, server_default="info"),
    flag("pinned", False),
    count("from_ms"),
    Column("until_ms", BigInteger),
    count("created_ms"),
    CheckConstraint("level IN ('info', 'warning', 'critical')", name="level"),
    sqlite_autoincrement=True,
)
