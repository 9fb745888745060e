"""The tables of `main`: configuration, accounts, tokens; what the ledger must be told.

On PostgreSQL they live in the schema `main`; in SQLite every file's own schema has that name, so
one set of statements serves both. Money and rates are decimal text or integer nano-USD, time is
unix milliseconds, lists and maps are JSON text. A row that `waystation apply` manages says so.

changed_epoch: the configuration epoch whose transaction wrote the row; what caches ask by.
version: 1 when the row is made, grows with each change of it; the ledger is told it.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from waystation.storage.alert_tables import alert_deliveries as alert_deliveries
from waystation.storage.alert_tables import alert_receivers as alert_receivers
from waystation.storage.alert_tables import alerts as alerts
from waystation.storage.columns import SCHEMA as SCHEMA
from waystation.storage.columns import Id, count, flag, json_text, words
from waystation.storage.columns import metadata as metadata
from waystation.storage.import_tables import imports as imports
from waystation.storage.payment_tables import payment_providers as payment_providers
from waystation.storage.payment_tables import top_ups as top_ups
from waystation.storage.people_tables import access_tokens as access_tokens
from waystation.storage.people_tables import announcements as announcements
from waystation.storage.people_tables import audit as audit
from waystation.storage.people_tables import identities as identities
from waystation.storage.people_tables import invitations as invitations
from waystation.storage.people_tables import letters as letters
from waystation.storage.people_tables import mail_tokens as mail_tokens
from waystation.storage.people_tables import oauth_flows as oauth_flows
from waystation.storage.people_tables import profiles as profiles
from waystation.storage.people_tables import recovery_codes as recovery_codes
from waystation.storage.people_tables import redemption_codes as redemption_codes
from waystation.storage.people_tables import sign_in_providers as sign_in_providers
from waystation.storage.task_tables import task_deliveries as task_deliveries
from waystation.storage.task_tables import task_hooks as task_hooks
from waystation.storage.task_tables import task_requests as task_requests
from waystation.storage.task_tables import task_runners as task_runners
from waystation.storage.task_tables import tasks as tasks

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # lower case
    Column("role", Text, nullable=False, server_default="user"),
    Column("password_hash", Text),  # argon2id; NULL: cannot sign in
    Column("account_group", Text, nullable=False, server_default="default"),
    flag("enabled", True),
    json_text("limits", "{}"),  # {"rpm": 60, "tpm": 100000, "concurrency": 10}
    json_text("budget", "{}"),  # {"total": nanos, "day": …, "week": …, "month": …}
    count("floor_nanos"),
    count("version", 1),
    count("changed_epoch"),
    flag("managed", False),
    count("created_ms"),
    CheckConstraint("role IN ('user', 'operator')", name="role"),
    Index(None, "changed_epoch"),
    sqlite_autoincrement=True,
)

account_grants = Table(
    "account_grants",  # groups an account may use beyond its own and the selectable ones
    metadata,
    Column("account_id", Id, ForeignKey(accounts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("group_name", Text, primary_key=True),
    flag("managed", False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey(accounts.c.id), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, unique=True),  # sha256 of the key without "sk-"; NULL: deleted
    Column("mask", Text, nullable=False),  # for display: "sk-wsAb12Cd34…x9Zq"
    json_text("groups", "[]"),  # in order; [] the account's own; "auto" the operator's list
    json_text("models", "[]"),
    json_text("allow_ips", "[]"),
    Column("expires_ms", BigInteger),
    flag("enabled", True),
    flag("deleted", False),
    json_text("limits", "{}"),
    json_text("budget", "{}"),
    words("hook_url"),  # where its tasks are told of, "": the deployment's
    json_text("midjourney", "{}"),  # remix, queue_code_22
    count("hook_turn"),  # how often the secret of its hooks was changed, and when lately
    count("hook_turned_ms"),
    count("version", 1),
    count("changed_epoch"),
    flag("managed", False),
    count("created_ms"),
    UniqueConstraint("account_id", "name"),
    Index(None, "changed_epoch"),
    sqlite_autoincrement=True,
)

groups = Table(
    "groups",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("rate", Text, nullable=False, server_default="1"),
    words("label"),
    words("description"),
    words("pros"),
    words("cons"),
    json_text("tags", "[]"),
    flag("visible", True),
    flag("selectable", False),
    json_text("allowed_account_groups", "[]"),
    json_text("limits", "{}"),
    flag("own_members", False),  # true: group_members says who; false: the channels' `groups` do
    count("version", 1),
    flag("managed", False),
    count("created_ms"),
    sqlite_autoincrement=True,
)

channels = Table(
    "channels",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("vendor", Text, nullable=False),
    words("base_url"),  # "": the vendor's
    flag("allow_private", False),
    json_text("groups", "[]"),
    json_text("operations", "[]"),  # asked of it; none: all that the vendor offers by itself
    json_text("models", "[]"),
    json_text("model_map", "{}"),
    count("priority"),
    count("weight", 1),
    json_text("tags", "[]"),
    json_text("cost", "{}"),
    json_text("limits", "{}"),
    json_text("deadlines", "{}"),
    words("header_overrides"),  # sealed JSON, for it may carry credentials; "": none
    json_text("body_overrides", "{}"),
    json_text("strip", "[]"),  # what is taken out of requests
    flag("remix", False),  # Midjourney's buttons open a window
    words("proxy"),  # sealed, for it may carry a password; "": none
    Column("on_disconnect", Text, nullable=False, server_default="abort"),
    flag("enabled", True),
    flag("managed", False),
    count("created_ms"),
    CheckConstraint("on_disconnect IN ('abort', 'drain')", name="on_disconnect"),
    sqlite_autoincrement=True,
)

channel_keys = Table(
    "channel_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel_id", Id, ForeignKey(channels.c.id, ondelete="CASCADE"), nullable=False),
    count("position"),
    Column("sealed", Text, nullable=False),
    Column("sealed_by", Text, nullable=False),  # the master key's id
    Column("fingerprint", Text, nullable=False),  # keyed digest, to compare without opening
    flag("enabled", True),
    count("created_ms"),
    UniqueConstraint("channel_id", "fingerprint"),
    sqlite_autoincrement=True,
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", Id, ForeignKey(groups.c.id, ondelete="CASCADE"), primary_key=True),
    Column("channel_id", Id, ForeignKey(channels.c.id, ondelete="CASCADE"), primary_key=True),
    Column("priority", BigInteger),  # NULL: the channel's own
    Column("weight", BigInteger),
)

group_rates = Table(
    "group_rates",
    metadata,
    Column("account_group", Text, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("rate", Text, nullable=False),
    flag("managed", False),
)

PRICE_KINDS = (
    "input",
    "cached_input",
    "output",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
    "audio_in",
    "audio_out",
    "image_in",
    "image_out",
    "per_call",
    "per_image",
    "per_character",
    "per_second",
)

prices = Table(
    "prices",  # decimal text: USD per 1,000,000 tokens, per_call USD; NULL: not said
    metadata,
    Column("id", Id, primary_key=True),
    Column("model", Text, nullable=False),
    count("effective_ms"),  # 0: since ever
    Column("source", Text, nullable=False),
    Column("version", Text, nullable=False),
    *(Column(kind, Text) for kind in PRICE_KINDS),
    Column("tiers", Text),  # JSON
    Column("tools", Text),  # JSON
    Column("images", Text),  # JSON: [{size, quality, price}, …]
    Column("service_tiers", Text),  # JSON: tier → factor
    words("origin"),  # of a catalogue row: where the figures come from, and the day
    flag("managed", False),
    count("created_ms"),
    CheckConstraint("source IN ('override', 'catalogue')", name="source"),
    UniqueConstraint("model", "effective_ms", "source"),
    sqlite_autoincrement=True,
)

settings = Table(
    "settings",  # what the operator sets at run time; value is JSON
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    flag("managed", False),
)

config_epoch = Table(
    # One row. Each change of configuration counts it up in its own transaction; `routing` is the
    # epoch of the last change of groups, channels, prices, rates or settings.
    "config_epoch",
    metadata,
    Column("id", Integer, primary_key=True),
    count("epoch"),
    count("routing"),
    CheckConstraint("id = 1", name="single"),
)

secrets = Table(
    "secrets",  # name → sealed value; "check" refuses a wrong master key
    metadata,
    Column("name", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
)

signing_keys = Table(
    "signing_keys",  # of links; the newest signs, all of them verify until `retired_ms`
    metadata,
    Column("id", Text, primary_key=True),
    Column("sealed", Text, nullable=False),
    count("created_ms"),
    Column("retired_ms", BigInteger),
)

sessions = Table(
    "sessions",  # sign-ins of the console; digest: sha256 of the opaque session token
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", Id, ForeignKey(accounts.c.id, ondelete="CASCADE"), nullable=False),
    count("created_ms"),
    count("expires_ms"),
    words("peer"),
    words("agent"),
    words("method"),  # password, or the provider's name
    count("proven_ms"),  # when the person last proved to be who signed in
    Index(None, "account_id"),
)

outbox = Table(
    "outbox",
    # What the ledger must be told. kind account, token, group: ref is the row's id or name, the
    # command is built from the row when it is sent. kind transfer: ref is "<account>/<transfer>",
    # payload the Transfer as JSON; the row stays when acknowledged, so that it is granted once.
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("ref", Text, nullable=False),
    count("version"),
    Column("payload", LargeBinary),
    count("created_ms"),
    Column("acked_ms", BigInteger),
    words("problem"),
    CheckConstraint("kind IN ('account', 'token', 'group', 'transfer')", name="kind"),
    UniqueConstraint("kind", "ref"),
    Index(
        "ix_outbox_waiting",
        "id",
        sqlite_where=text("acked_ms IS NULL"),
        postgresql_where=text("acked_ms IS NULL"),
    ),
    sqlite_autoincrement=True,
)

artefacts = Table(
    # Pictures and the like that are kept in the object store. A row is written after its object:
    # it never points at nothing. Deleting marks the row, then the object goes, then `gone` is set.
    "artefacts",
    metadata,
    Column("id", Text, primary_key=True),  # drawn at random: who does not have it cannot guess it
    Column("account_id", Id, ForeignKey(accounts.c.id), nullable=False),
    Column("token_id", BigInteger),
    words("request_id"),
    words("task_id"),
    Column("kind", Text, nullable=False),  # img, audio, video, text: in links and object names
    Column("content_type", Text, nullable=False),
    Column("object", Text, nullable=False),  # its name in the object store
    count("bytes"),
    Column("width", BigInteger),
    Column("height", BigInteger),
    Column("sha256", Text, nullable=False),  # hexadecimal
    count("created_ms"),
    Column("expires_ms", BigInteger),  # NULL: as the setting artefact_days says
    Column("deleted_ms", BigInteger),
    flag("gone", False),
    Column("pending_ms", BigInteger),  # since when it waits to be paid for; NULL: it does not
    Index(None, "account_id", "created_ms", "id"),
    Index(
        "ix_artefacts_pending",
        "pending_ms",
        "id",
        sqlite_where=text("pending_ms IS NOT NULL"),
        postgresql_where=text("pending_ms IS NOT NULL"),
    ),
    Index(
        "ix_artefacts_there",
        "created_ms",
        sqlite_where=text("deleted_ms IS NULL"),
        postgresql_where=text("deleted_ms IS NULL"),
    ),
    Index(
        "ix_artefacts_expiring",
        "expires_ms",
        sqlite_where=text("deleted_ms IS NULL AND expires_ms IS NOT NULL"),
        postgresql_where=text("deleted_ms IS NULL AND expires_ms IS NOT NULL"),
    ),
    Index(
        "ix_artefacts_going",
        "deleted_ms",
        sqlite_where=text("deleted_ms IS NOT NULL AND NOT gone"),
        postgresql_where=text("deleted_ms IS NOT NULL AND NOT gone"),
    ),
)

stored_responses = Table(
    "stored_responses",
    # What a request may name as `previous_response_id`. channel_id: of the upstream account that
    # keeps it; NULL: we keep it, in `sealed` (JSON: the request's items and the response).
    # context_tokens: what it adds to the prompt of the next. id: as the caller knows it.
    metadata,
    Column("account_id", Id, ForeignKey(accounts.c.id, ondelete="CASCADE"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("channel_id", BigInteger),
    count("key_id"),
    Column("model", Text, nullable=False),
    words("previous"),
    count("context_tokens"),
    count("bytes"),
    words("sealed"),
    count("created_ms"),
    count("expires_ms"),
    Index(None, "expires_ms"),
)
