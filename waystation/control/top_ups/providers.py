"""Who takes payments: rows with sealed secrets. One without its secrets is as if it were not."""

import json
from typing import Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.top_ups import easypay
from waystation.storage.main import payment_providers
from waystation.storage.sealing import Sealing

Name = Literal["stripe", "easypay"]
NEEDED: dict[str, tuple[str, ...]] = {"stripe": ("key", "webhook"), "easypay": ("key",)}
"""The secrets without which nothing can be asked or believed."""


class Ready(msgspec.Struct, frozen=True):
    """One that can be paid through, opened."""

    row: Any
    secrets: dict[str, str]
    methods: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Ready({self.row.name!r})"


async def ready_provider(connection: AsyncConnection, sealing: Sealing, name: str) -> Ready | None:
    """None: off, or a secret is missing. Raises SealBroken."""
    query = select(payment_providers).where(
        payment_providers.c.name == name, payment_providers.c.enabled
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None or not is_whole(row.name, opened := open_secrets(sealing, row)):
        return None
    if name == "easypay" and not (row.merchant and row.base_url):
        return None
    methods = ("card",) if name == "stripe" else tuple(json.loads(row.methods) or easypay.METHODS)
    return Ready(row, opened, methods)


def open_secrets(sealing: Sealing, row: Any) -> dict[str, str]:
    """Raises SealBroken."""
    told: dict[str, str] = json.loads(sealing.open(row.sealed, "payment")) if row.sealed else {}
    return told


def is_whole(name: str, secrets: dict[str, str]) -> bool:
    return all(secrets.get(each) for each in NEEDED[name])


def takes(name: str, currency: str) -> bool:
    """Whether one can pay in this currency through it."""
    return bool(currency) and (name != "easypay" or currency == easypay.CURRENCY)
