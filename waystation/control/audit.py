"""Who changed what: written in the transaction of the change itself, never changed afterwards."""

import json
from typing import Any

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
from waystation.storage.main import audit

_WORDS_MAX = 20_000
SECRET_FIELDS = frozenset(
    {
        "password",
        "password_hash",
        "keys",
        "key",
        "digest",
        "sealed",
        "header_overrides",
        "proxy",
        "client_secret",
        "token",
        "secret",
        "code",
    }
)


class Actor(msgspec.Struct, frozen=True):
    """account_id None: nobody who signed in. name: an address, as it was then."""

    account_id: int | None
    name: str
    peer: str
    request_id: str


async def record(
    connection: AsyncConnection,
    actor: Actor,
    action: str,
    kind: str,
    subject: str,
    before: object = None,
    after: object = None,
) -> None:
    """before, after: what differs, as JSON; secrets are named, never told."""
    old, new = without_secrets(before), without_secrets(after)
    if isinstance(old, dict) and isinstance(new, dict):
        same = {name for name in old.keys() & new.keys() if old[name] == new[name]}
        same -= SECRET_FIELDS
        old = {name: value for name, value in old.items() if name not in same}
        new = {name: value for name, value in new.items() if name not in same}
    await connection.execute(
        insert(audit).values(
            at_ms=now_ms(),
            actor_id=actor.account_id,
            actor=actor.name,
            action=action,
            kind=kind,
            subject=subject[:256],
            before=_text(old),
            after=_text(new),
            peer=actor.peer,
            request_id=actor.request_id,
        )
    )


def without_secrets(value: object) -> Any:
    """Plain JSON; what may be a secret is "(set)" or "(none)"."""
    plain = msgspec.to_builtins(value)
    return _cleaned(plain)


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: ("(set)" if each else "(none)") if name in SECRET_FIELDS else _cleaned(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    return value


def _text(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True).replace("\\u0000", "")
    return text if len(text) <= _WORDS_MAX else json.dumps(text[:_WORDS_MAX])
