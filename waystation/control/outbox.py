"""What the ledger must be told, written down with the change itself."""

import msgspec
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Transfer
from waystation.storage.main import outbox


async def tell(connection: AsyncConnection, kind: str, ref: str, version: int) -> None:
    """kind: account, token or group; ref: the row's id or name. Sent by `reconcile`."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(outbox).values(
        kind=kind, ref=ref, version=version, created_ms=now_ms()
    )
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "ref"],
            set_={"version": version, "acked_ms": None, "problem": ""},
        )
    )


async def promise(connection: AsyncConnection, transfer: Transfer) -> bool:
    """Money by people, once for each id: the row stays, so a second promise is none. False: it
    was promised before."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    made = await connection.execute(
        dialect.insert(outbox)
        .values(
            kind="transfer",
            ref=f"{transfer.account_id}/{transfer.id}",
            payload=msgspec.json.encode(transfer),
            created_ms=now_ms(),
        )
        .on_conflict_do_nothing(index_elements=["kind", "ref"])
        .returning(outbox.c.id)
    )
    return made.scalar_one_or_none() is not None
