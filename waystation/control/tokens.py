"""Tokens made, listed and disabled by an operator."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.outbox import tell
from waystation.identity.keys import digest, mask, mint
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database, next_epoch
from waystation.storage.main import accounts, groups, tokens

NAME_CHARACTERS_MAX = 30


class TokenRefused(Exception):
    """It says why."""


class TokenMade(msgspec.Struct, frozen=True):
    """key: told this once."""

    id: int
    account: str
    name: str
    key: str

    def __repr__(self) -> str:
        return f"TokenMade(id={self.id}, name={self.name!r})"


class TokenSeen(msgspec.Struct, frozen=True):
    """mask: enough of the key to recognise it. expires_ms: unix milliseconds, None: never."""

    id: int
    account: str
    name: str
    mask: str
    groups: tuple[str, ...]
    models: tuple[str, ...]
    expires_ms: int | None
    enabled: bool
    managed: bool


async def create_token(
    database: Database, email: str, name: str, group_names: Sequence[str] = ()
) -> TokenMade:
    """Raises TokenRefused, StorageAway."""
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise TokenRefused(f"a token's name has 1 to {NAME_CHARACTERS_MAX} printable characters")
    key = mint()
    async with database.write() as connection:
        epoch = await next_epoch(connection)
        account_id = await _account_id(connection, email)
        await _refuse_unknown_groups(connection, group_names)
        if await _find(connection, account_id, name) is not None:
            raise TokenRefused(f"{email} has a token {name!r} already")
        row = insert(tokens).values(
            account_id=account_id,
            name=name,
            digest=digest(key),
            mask=mask(key),
            groups=json.dumps(list(group_names)),
            changed_epoch=epoch,
            created_ms=now_ms(),
        )
        token_id = int((await connection.execute(row.returning(tokens.c.id))).scalar_one())
        await tell(connection, "token", str(token_id), 1)
    return TokenMade(token_id, email, name, key)


async def list_tokens(database: Database, email: str) -> list[TokenSeen]:
    """In the order of making. Raises TokenRefused, StorageAway."""
    async with database.read() as connection:
        account_id = await _account_id(connection, email)
        query = select(tokens).where(tokens.c.account_id == account_id, ~tokens.c.deleted)
        rows = (await connection.execute(query.order_by(tokens.c.id))).all()
    return [
        TokenSeen(
            id=row.id,
            account=email,
            name=row.name,
            mask=row.mask,
            groups=tuple(json.loads(row.groups)),
            models=tuple(json.loads(row.models)),
            expires_ms=row.expires_ms,
            enabled=row.enabled,
            managed=row.managed,
        )
        for row in rows
    ]


async def disable_token(database: Database, email: str, name: str) -> bool:
    """False: it was disabled already. Raises TokenRefused, StorageAway."""
    async with database.write() as connection:
        epoch = await next_epoch(connection)
        row = await _find(connection, await _account_id(connection, email), name)
        if row is None or row.deleted:
            raise TokenRefused(f"{email} has no token {name!r}")
        if row.managed:
            raise TokenRefused(
                f"the token {name!r} is managed by the configuration file: "
                "set enabled = false there and apply it"
            )
        if not row.enabled:
            return False
        version = row.version + 1
        await connection.execute(
            update(tokens)
            .where(tokens.c.id == row.id)
            .values(enabled=False, version=version, changed_epoch=epoch)
        )
        await tell(connection, "token", str(row.id), version)
    return True


async def _account_id(connection: AsyncConnection, email: str) -> int:
    query = select(accounts.c.id).where(accounts.c.email == email.strip().lower())
    found = (await connection.execute(query)).scalar_one_or_none()
    if found is None:
        raise TokenRefused(f"there is no account {email}")
    return int(found)


async def _find(connection: AsyncConnection, account_id: int, name: str) -> Any:
    query = select(tokens).where(tokens.c.account_id == account_id, tokens.c.name == name)
    return (await connection.execute(query)).first()


async def _refuse_unknown_groups(connection: AsyncConnection, names: Sequence[str]) -> None:
    known = set((await connection.execute(select(groups.c.name))).scalars())
    unknown = [name for name in names if name not in known | {"auto"}]
    if unknown:
        raise TokenRefused(f"there is no group {unknown[0]!r}")
