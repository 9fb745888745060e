"""Redemption codes: what was handed out goes on being worth something."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from waystation.control.desk.codes import code_digest
from waystation.control.importing.remembered import ids_by
from waystation.control.importing.source import Row, number, pages, text
from waystation.control.importing.work import Work
from waystation.storage.main import redemption_codes

ENABLED, DISABLED, USED = 1, 2, 3
_BATCH_LENGTH_MAX = 64
_COLUMNS = (
    "id", "key", "status", "name", "quota", "created_time", "redeemed_time", "used_user_id",
    "expired_time", "deleted_at",
)  # fmt: skip


class Codes:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._total = work.total("codes")

    async def run(self) -> None:
        work = self._work
        async for page in pages(work.source, "redemptions", _COLUMNS):
            async with work.database.read() as connection:
                known = await work.remembered.among(connection, "code", (row["id"] for row in page))
                taken = await _taken(connection, [text(row, "key") for row in page])
            wanted = {}
            for row in page:
                made = self._judge(row, known, taken)
                if made is not None:
                    wanted[str(row["id"])] = made
            await self._bring(wanted)
        async with work.database.read() as connection:
            many, units, _ = await work.remembered.totals(connection, "code")
        self._total.here += many
        self._total.units_here += units

    def _judge(
        self, row: Row, known: Mapping[str, int | None], taken: set[bytes]
    ) -> dict[str, Any] | None:
        work, total = self._work, self._total
        key, units, name = text(row, "key"), number(row, "quota"), text(row, "name")
        total.there += 1
        total.units_there += units
        reason = ""
        if row.get("deleted_at") is not None:
            reason = "deleted there"
        elif str(row["id"]) in known:
            return None
        elif not key or units <= 0:
            reason = "it is worth nothing"
        elif code_digest(key) in taken:
            reason = "the same code is here"
        if reason:
            work.report.leave(total, row["id"], name, reason, units)
            return None
        status = number(row, "status", ENABLED)
        expires = number(row, "expired_time")
        redeemed = number(row, "redeemed_time") * 1000 or work.now_ms
        return {
            "digest": code_digest(key),
            "mask": f"{key[:4]}…{key[-2:]}",
            "batch": name[:_BATCH_LENGTH_MAX],
            "nanos": work.units.nanos(units),
            "created_ms": number(row, "created_time") * 1000 or work.now_ms,
            "expires_ms": expires * 1000 if expires > 0 else None,
            "enabled": status in (ENABLED, USED),
            "redeemed_ms": redeemed if status == USED else None,
            "redeemed_by": work.accounts.get(str(row.get("used_user_id")))
            if status == USED
            else None,
            "units": units,
        }

    async def _bring(self, wanted: Mapping[str, dict[str, Any]]) -> None:
        work = self._work
        self._total.new += len(wanted)
        units = {theirs: one.pop("units") for theirs, one in wanted.items()}
        if work.dry:
            self._total.here += len(wanted)
            self._total.units_here += sum(units.values())
            return
        if not wanted:
            return
        async with work.database.write() as connection:
            await connection.execute(insert(redemption_codes), list(wanted.values()))
            digests = [one["digest"] for one in wanted.values()]
            ids = await ids_by(connection, redemption_codes.c.digest, digests)
            facts = [
                {"foreign_id": theirs, "our_id": ours, "units": units[theirs], "nanos": 0}
                for theirs, ours in zip(wanted, ids, strict=True)
            ]
            await work.remembered.remember(connection, "code", facts, work.now_ms)


async def _taken(connection: Any, keys: list[str]) -> set[bytes]:
    digests = [code_digest(key) for key in keys if key]
    taken: set[bytes] = set()
    for at in range(0, len(digests), 500):
        query = select(redemption_codes.c.digest).where(
            redemption_codes.c.digest.in_(digests[at : at + 500])
        )
        taken |= {bytes(one) for one in (await connection.execute(query)).scalars()}
    return taken
