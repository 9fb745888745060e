"""What the ledger must be told, written down with the change itself."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.kernel.clock import now_ms
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
