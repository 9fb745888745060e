"""A relay key's own row, for its balance and log pages.

Expired and spent keys still may look; disabled ones and those of disabled accounts may not.
"""

import json

import msgspec
from sqlalchemy import select

from waystation.errors import Fault
from waystation.identity.credentials import Credential
from waystation.identity.keys import shape
from waystation.storage.database import Database
from waystation.storage.main import accounts, tokens


class TokenOwner(msgspec.Struct, frozen=True):
    """models: the allow-list, () = all. total_nanos: the token's own budget, None = none."""

    token_id: int
    account_id: int
    name: str
    models: tuple[str, ...]
    expires_ms: int | None
    total_nanos: int | None


async def find_token(database: Database, shown: Credential) -> TokenOwner:
    """Raises Fault: invalid_api_key, token_disabled, user_banned; StorageAway."""
    if shape(shown.key) == "ours_broken":
        raise Fault("invalid_api_key")
    query = (
        select(tokens, accounts.c.enabled.label("account_enabled"))
        .join_from(tokens, accounts)
        .where(tokens.c.digest == shown.digest)
    )
    async with database.read() as connection:
        row = (await connection.execute(query)).first()
    if row is None or row.deleted:
        raise Fault("invalid_api_key")
    if not row.account_enabled:
        raise Fault("user_banned")
    if not row.enabled:
        raise Fault("token_disabled")
    return TokenOwner(
        token_id=row.id,
        account_id=row.account_id,
        name=row.name,
        models=tuple(json.loads(row.models)),
        expires_ms=row.expires_ms,
        total_nanos=json.loads(row.budget).get("total"),
    )
