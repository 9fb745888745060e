"""Callers out of the store: many keys in one statement, and what changed since an epoch."""

import json
import logging
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from sys import intern

import msgspec
from sqlalchemy import RowMapping, bindparam, select

from waystation.identity.caller import Caller
from waystation.storage.database import Database
from waystation.storage.main import account_grants, accounts, tokens

_log = logging.getLogger(__name__)

BATCH_MAX = 256
_BATCH_SIZES = (1, 8, 64, BATCH_MAX)  # few forms of the statement, each prepared once
CHANGES_MAX = 5_000

_FIND = (
    select(
        tokens.c.digest,
        tokens.c.id,
        tokens.c.name,
        tokens.c.enabled,
        tokens.c.expires_ms,
        tokens.c.groups,
        tokens.c.models,
        tokens.c.allow_ips,
        tokens.c.hook_url,
        tokens.c.midjourney,
        accounts.c.id.label("account_id"),
        accounts.c.email,
        accounts.c.enabled.label("account_enabled"),
        accounts.c.account_group,
        accounts.c.role,
        account_grants.c.group_name,
    )
    .join(accounts, accounts.c.id == tokens.c.account_id)
    .outerjoin(account_grants, account_grants.c.account_id == accounts.c.id)
    .where(tokens.c.digest.in_(bindparam("digests", expanding=True)))
)
_CHANGED_TOKENS = (
    select(tokens.c.account_id, tokens.c.digest, tokens.c.version)
    .where(tokens.c.changed_epoch > bindparam("epoch"))
    .limit(CHANGES_MAX + 1)
)
_CHANGED_ACCOUNTS = (
    select(accounts.c.id, accounts.c.version)
    .where(accounts.c.changed_epoch > bindparam("epoch"))
    .limit(CHANGES_MAX + 1)
)


class Changes(msgspec.Struct, frozen=True):
    """What caches must forget. too_many: everything. digests: of all changed tokens, for keys
    that were unknown before. accounts: that changed, or a token of theirs did; not new ones."""

    too_many: bool
    digests: tuple[bytes, ...] = ()
    accounts: frozenset[int] = frozenset()


async def find_callers(database: Database, digests: Sequence[bytes]) -> dict[bytes, Caller]:
    """The callers of at most BATCH_MAX keys; unknown keys are left out. Raises StorageAway."""
    size = next(size for size in _BATCH_SIZES if size >= len(digests))
    padded = [*digests, *[digests[-1]] * (size - len(digests))]
    async with database.read() as connection:
        rows = (await connection.execute(_FIND, {"digests": padded})).mappings().all()
    return _callers(rows)


async def changes_since(database: Database, epoch: int) -> Changes:
    """Raises StorageAway."""
    async with database.read() as connection:
        changed_tokens = (await connection.execute(_CHANGED_TOKENS, {"epoch": epoch})).all()
        changed_accounts = (await connection.execute(_CHANGED_ACCOUNTS, {"epoch": epoch})).all()
    if len(changed_tokens) > CHANGES_MAX or len(changed_accounts) > CHANGES_MAX:
        return Changes(too_many=True)
    return Changes(
        too_many=False,
        digests=tuple(bytes(row.digest) for row in changed_tokens if row.digest is not None),
        accounts=frozenset(row.account_id for row in changed_tokens if row.version > 1)
        | frozenset(row.id for row in changed_accounts if row.version > 1),
    )


def _callers(rows: Sequence[RowMapping]) -> dict[bytes, Caller]:
    """One row for each granted group, or one without."""
    grants: dict[bytes, list[str]] = {}
    first: dict[bytes, RowMapping] = {}
    for row in rows:
        digest = bytes(row["digest"])
        first.setdefault(digest, row)
        if row["group_name"] is not None:
            grants.setdefault(digest, []).append(row["group_name"])
    callers: dict[bytes, Caller] = {}
    for digest, row in first.items():
        try:
            callers[digest] = _caller(row, _shared(tuple(sorted(grants.get(digest, ())))))
        except ValueError as fault:  # one bad row must not refuse the others of its batch
            _log.error(
                "token %d of account %d is unusable: %s", row["id"], row["account_id"], fault
            )
    return callers


def _caller(row: RowMapping, granted: tuple[str, ...]) -> Caller:
    remix, queue_code_22 = _midjourney(row["midjourney"])
    return Caller(
        account_id=row["account_id"],
        account_email=intern(row["email"]),
        account_enabled=row["account_enabled"],
        account_group=intern(row["account_group"]),
        role=row["role"],
        token_id=row["id"],
        token_name=row["name"],
        token_enabled=row["enabled"],
        expires_ms=row["expires_ms"],
        groups=_words(row["groups"]),
        models=_words(row["models"]),
        allow_ips=_networks(row["allow_ips"]),
        granted_groups=granted,
        hook_url=intern(row["hook_url"]),
        remix=remix,
        queue_code_22=queue_code_22,
    )


@lru_cache(maxsize=4096)
def _shared(words: tuple[str, ...]) -> tuple[str, ...]:
    """Most callers have the same lists: kept once."""
    return words


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(intern(word) for word in json.loads(text))


@lru_cache(maxsize=64)
def _midjourney(text: str) -> tuple[bool, bool | None]:
    """(remix, queue_code_22)"""
    said = json.loads(text)
    return bool(said.get("remix", False)), said.get("queue_code_22")


@lru_cache(maxsize=4096)
def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each, strict=False) for each in json.loads(text))
