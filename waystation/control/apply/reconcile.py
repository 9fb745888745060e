"""The ledger learns what `main` says.

Every change of an account, token or group is in the outbox, written in the change's transaction,
and stays there until the ledger has acknowledged it. Beyond that both sides' versions are compared
at start and each minute, so that a ledger that was restored or replaced learns everything again.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, RowMapping, Table, bindparam, delete, func, select, update

from waystation.control.apply.run import chunks
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.ledger.messages import Done, Transfer
from waystation.ledger.policies import Budget, Limits, PutAccount, PutGroup, PutToken
from waystation.ledger.port import Answer, Question
from waystation.ledger.questions import AskVersions, Versions
from waystation.storage.database import Database
from waystation.storage.main import accounts, groups, outbox, tokens

Ask = Callable[[Question], Awaitable[Answer]]
"""Asks the ledger. Raises LedgerAway."""

Policy = PutAccount | PutToken | PutGroup

CHUNK = 256
"""Few enough that a ledger with callers before it does not keep them waiting."""
_TABLES: dict[str, Table] = {"account": accounts, "token": tokens, "group": groups}
_ORDER = {"account": 0, "group": 1, "token": 2, "transfer": 3}


class Told(NamedTuple):
    """told: commands that were acknowledged. waiting: still in the outbox. problems: refusals."""

    told: int
    waiting: int
    problems: tuple[str, ...]


async def reconcile(database: Database, ask: Ask) -> Told:
    """Send what waits, then compare versions and send what differs. Raises LedgerAway,
    StorageAway; what was not acknowledged is sent again by the next call."""
    first = await drain(database, ask)
    known = await ask(AskVersions(id=request_id()))
    if not isinstance(known, Versions):
        raise TypeError(f"the ledger answered AskVersions with {type(known).__name__}")
    count = 0
    for kind, versions in (
        ("account", dict(known.accounts)),
        ("group", dict(known.groups)),
        ("token", dict(known.tokens)),
    ):
        count += await _compare(database, ask, kind, versions)
    return Told(first.told + count, first.waiting, first.problems)


async def drain(database: Database, ask: Ask, at_once: int = CHUNK) -> Told:
    """Send the outbox, so many at once. Raises LedgerAway, StorageAway."""
    waiting = await _waiting(database)
    problems: list[str] = []
    told = 0
    for kind in sorted(_ORDER, key=lambda kind: _ORDER[kind]):
        mine = [row for row in waiting if row["kind"] == kind]
        for part in chunks(mine, at_once):
            answers = await _send(database, ask, kind, part)
            refused = await _settle(database, part, answers)
            problems += refused
            told += len(part) - len(refused)
    return Told(told, await count_waiting(database), tuple(problems))


async def count_waiting(database: Database) -> int:
    async with database.read() as connection:
        statement = select(func.count()).select_from(outbox).where(outbox.c.acked_ms.is_(None))
        return int((await connection.execute(statement)).scalar_one())


async def _waiting(database: Database) -> Sequence[RowMapping]:
    async with database.read() as connection:
        statement = select(outbox).where(outbox.c.acked_ms.is_(None)).order_by(outbox.c.id)
        return (await connection.execute(statement)).mappings().all()


async def _send(database: Database, ask: Ask, kind: str, rows: Sequence[RowMapping]) -> list[Done]:
    """The answer to each row. A row whose subject is gone has nothing to tell."""
    if kind == "transfer":
        commands: list[Question | None] = [
            msgspec.json.decode(row["payload"], type=Transfer) for row in rows
        ]
    else:
        refs = [row["ref"] for row in rows]
        names = refs if kind == "group" else [int(ref) for ref in refs]
        made = {_reference(each): each for each in await _read_policies(database, kind, names)}
        commands = [made.get(ref) for ref in refs]
    return list(await asyncio.gather(*(_ask_done(ask, command) for command in commands)))


async def _ask_done(ask: Ask, command: Question | None) -> Done:
    if command is None:
        return Done(id="", applied=False)
    answer = await ask(command)
    if not isinstance(answer, Done):
        raise TypeError(f"the ledger answered {command!r} with {type(answer).__name__}")
    return answer


async def _settle(
    database: Database, rows: Sequence[RowMapping], answers: Sequence[Done]
) -> list[str]:
    """Acknowledged policies leave, transfers stay as a promise kept. A row that was written anew
    meanwhile has another version and waits on. Returns what the ledger refused."""
    gone: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    for row, answer in zip(rows, answers, strict=True):
        facts = {"row": row["id"], "seen": row["version"], "said": answer.problem}
        bucket = refused if answer.problem else kept if row["kind"] == "transfer" else gone
        bucket.append(facts)
    this = (outbox.c.id == bindparam("row"), outbox.c.version == bindparam("seen"))
    said: dict[str, Any] = {"problem": bindparam("said")}
    async with database.write() as connection:
        for statement, facts_of in (
            (delete(outbox).where(*this), gone),
            (update(outbox).where(*this).values({"acked_ms": now_ms(), **said}), kept),
            (update(outbox).where(*this).values(said), refused),
        ):
            if facts_of:
                await connection.execute(statement, facts_of)
    return [
        f"{row['kind']} {row['ref']}: {answer.problem}"
        for row, answer in zip(rows, answers, strict=True)
        if answer.problem
    ]


async def _compare(database: Database, ask: Ask, kind: str, known: dict[Any, int]) -> int:
    """Send every row whose version the ledger does not have. A ledger that knows a newer one than
    `main` (which then was restored from a copy) gets the row under a version above its own."""
    table = _TABLES[kind]
    key = table.c.name if kind == "group" else table.c.id
    async with database.read() as connection:
        rows = (await connection.execute(select(key, table.c.version))).all()
    ahead = {name: known[name] + 1 for name, version in rows if known.get(name, 0) > version}
    behind = [name for name, version in rows if known.get(name, 0) < version]
    await _raise_versions(database, key, ahead)
    for part in chunks([*behind, *ahead], CHUNK):
        policies = await _read_policies(database, kind, part)
        await asyncio.gather(*(_ask_done(ask, each) for each in policies))
    return len(behind) + len(ahead)


async def _raise_versions(database: Database, key: Column[Any], versions: dict[Any, int]) -> None:
    if not versions:
        return
    async with database.write() as connection:
        for name, version in versions.items():
            await connection.execute(
                update(key.table).where(key == name).values({"version": version})
            )


async def _read_policies(database: Database, kind: str, names: Sequence[Any]) -> list[Policy]:
    """names: of groups, else ids."""
    table = _TABLES[kind]
    key = table.c.name if kind == "group" else table.c.id
    async with database.read() as connection:
        found = await connection.execute(select(table).where(key.in_(names)))
        return [policy(kind, row) for row in found.mappings()]


def policy(kind: str, row: RowMapping) -> Policy:
    """The row as the ledger judges by it."""
    limits = Limits(**json.loads(row["limits"]))
    if kind == "group":
        return PutGroup(group=row["name"], version=row["version"], limits=limits)
    budget = Budget(**json.loads(row["budget"]))
    if kind == "account":
        return PutAccount(
            account_id=row["id"],
            version=row["version"],
            enabled=row["enabled"],
            limits=limits,
            budget=budget,
            floor_nanos=row["floor_nanos"],
        )
    return PutToken(
        token_id=row["id"],
        account_id=row["account_id"],
        version=row["version"],
        enabled=row["enabled"] and not row["deleted"],
        expires_ms=row["expires_ms"],
        limits=limits,
        budget=budget,
    )


def _reference(command: Policy) -> str:
    if isinstance(command, PutGroup):
        return command.group
    return str(command.token_id if isinstance(command, PutToken) else command.account_id)
