"""Tokens: their keys go on working."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

import msgspec
from sqlalchemy import insert, select

from waystation.control.apply.fields import model_problem, to_json
from waystation.control.apply.read_accounts import TOKEN_NAME_LENGTH_MAX
from waystation.control.importing.remembered import ids_by
from waystation.control.importing.source import Row, flag, number, pages, text
from waystation.control.importing.work import Work
from waystation.identity.keys import digest, import_problem, mask
from waystation.storage.database import next_epoch
from waystation.storage.main import tokens

ENABLED, DISABLED, EXPIRED, EXHAUSTED = 1, 2, 3, 4
NEVER = -1
_COLUMNS = (
    "id", "user_id", "key", "status", "name", "created_time", "expired_time", "remain_quota",
    "used_quota", "unlimited_quota", "model_limits_enabled", "model_limits", "models",
    "allow_ips", "subnet", "group", "deleted_at",
)  # fmt: skip


class Wanted(msgspec.Struct, frozen=True):
    """units: what may still be spent with it; 0 of one without a limit."""

    foreign_id: str
    account_id: int
    name: str
    units: int
    columns: Mapping[str, Any]


class Tokens:
    """spent: nanos of the log rows that come along, by user and token there: a budget counts what
    is spent here, so it is larger by them."""

    def __init__(self, work: Work, spent: Mapping[tuple[int, int], int]) -> None:
        self._work = work
        self._spent = spent
        self._total = work.total("tokens")
        self._digests: set[bytes] = set()

    async def run(self) -> None:
        work = self._work
        async for page in pages(work.source, "tokens", _COLUMNS):
            async with work.database.read() as connection:
                known = await work.remembered.among(
                    connection, "token", (row["id"] for row in page)
                )
            wanted = [one for row in page if (one := self._judge(row, known)) is not None]
            await self._bring(wanted)
        async with work.database.read() as connection:
            many, units, _ = await work.remembered.totals(connection, "token")
        self._total.here += many
        self._total.units_here += units

    def _judge(self, row: Row, known: Mapping[str, int | None]) -> Wanted | None:
        work, total = self._work, self._total
        foreign_id, name = str(row["id"]), text(row, "name")
        units = 0 if flag(row, "unlimited_quota") else number(row, "remain_quota")
        total.there += 1
        total.units_there += units
        if foreign_id in known and row.get("deleted_at") is None:
            return None
        account_id = work.accounts.get(str(row.get("user_id")))
        key = f"sk-{text(row, 'key').removeprefix('sk-')}"
        problem = import_problem(key)
        if row.get("deleted_at") is not None:
            problem = "deleted there"
        elif account_id is None:
            problem = "its user is not here"
        if problem is not None or account_id is None:
            self._leave(foreign_id, name, problem or "", units)
            return None
        columns = self._columns(row, foreign_id, key, units)
        return Wanted(foreign_id, account_id, _clean_name(name), units, columns)

    def _leave(self, foreign_id: str, name: str, reason: str, units: int) -> None:
        self._work.report.leave(self._total, foreign_id, name, reason, units)

    def _columns(self, row: Row, foreign_id: str, key: str, units: int) -> dict[str, Any]:
        work = self._work
        expires = number(row, "expired_time", NEVER)
        budget = {}
        if not flag(row, "unlimited_quota"):
            spent = self._spent.get((number(row, "user_id"), int(foreign_id)), 0)
            budget["total"] = max(0, work.units.nanos(units)) + spent
        nets, whole = _networks(text(row, "allow_ips") or text(row, "subnet"))
        if not whole:
            work.report.note(f"token {foreign_id} is disabled: its list of addresses is not one")
        models = _words(text(row, "models"))
        if flag(row, "model_limits_enabled"):
            models = _words(text(row, "model_limits"))
            if not models:
                work.report.note(f"token {foreign_id} is disabled: it may call no model there")
                whole = False
        if any(model_problem(model) for model in models):
            models = [model for model in models if not model_problem(model)]
            work.report.note(f"token {foreign_id}: a model's name that cannot be one is left out")
            whole = whole and bool(models)
        group = text(row, "group")
        return {
            "digest": digest(key),
            "mask": mask(key),
            "groups": to_json([group] if group else []),
            "models": to_json(models),
            "allow_ips": to_json(nets),
            "expires_ms": None if expires == NEVER else expires * 1000,
            "enabled": whole and _is_enabled(row, units, work.now_ms),
            "budget": to_json(budget),
            "created_ms": number(row, "created_time") * 1000 or work.now_ms,
        }

    async def _bring(self, wanted: list[Wanted]) -> None:
        work = self._work
        if not wanted:
            return
        if work.dry:
            async with work.database.read() as connection:
                brought = await self._without_taken_keys(connection, wanted)
            self._total.here += len(brought)
            self._total.units_here += sum(one.units for one in brought)
            self._total.new += len(brought)
            return
        async with work.database.write() as connection:
            epoch = await next_epoch(connection, routing=False)
            brought = await self._without_taken_keys(connection, wanted)
            await self._write(connection, brought, epoch)
        self._total.new += len(brought)
        await work.tell()

    async def _write(self, connection: Any, brought: list[Wanted], epoch: int) -> None:
        work = self._work
        if not brought:
            return
        names = await _names_of(connection, {one.account_id for one in brought})
        rows = [
            {
                **one.columns,
                "account_id": one.account_id,
                "name": _free_name(names, one),
                "changed_epoch": epoch,
            }
            for one in brought
        ]
        await connection.execute(insert(tokens), rows)
        digests = [one.columns["digest"] for one in brought]
        ids = await ids_by(connection, tokens.c.digest, digests)
        facts = [
            {"foreign_id": one.foreign_id, "our_id": our_id, "units": one.units, "nanos": 0}
            for one, our_id in zip(brought, ids, strict=True)
        ]
        await work.remembered.remember(connection, "token", facts, work.now_ms)
        await work.promise_to_tell(connection, "token", [str(one) for one in ids], [])

    async def _without_taken_keys(self, connection: Any, wanted: list[Wanted]) -> list[Wanted]:
        """A key belongs to one token, whoever's."""
        taken = set(self._digests) if self._work.dry else set()
        digests = [one.columns["digest"] for one in wanted]
        for at in range(0, len(digests), 500):
            query = select(tokens.c.digest).where(tokens.c.digest.in_(digests[at : at + 500]))
            taken |= {bytes(each) for each in (await connection.execute(query)).scalars()}
        free: list[Wanted] = []
        for one in wanted:
            if one.columns["digest"] in taken:
                reason = "its key is another token's here"
                self._leave(one.foreign_id, one.name, reason, one.units)
            else:
                taken.add(one.columns["digest"])
                free.append(one)
        if self._work.dry:
            self._digests |= taken
        return free


async def _names_of(connection: Any, account_ids: set[int]) -> set[tuple[int, str]]:
    names: set[tuple[int, str]] = set()
    listed = sorted(account_ids)
    for at in range(0, len(listed), 500):
        query = select(tokens.c.account_id, tokens.c.name).where(
            tokens.c.account_id.in_(listed[at : at + 500])
        )
        names |= {(row.account_id, row.name) for row in await connection.execute(query)}
    return names


def _free_name(names: set[tuple[int, str]], one: Wanted) -> str:
    """Theirs may repeat; ours are told apart by them."""
    name = one.name
    if (one.account_id, name) in names:
        tail = f" {one.foreign_id}"
        name = f"{name[: TOKEN_NAME_LENGTH_MAX - len(tail)]}{tail}"
    names.add((one.account_id, name))
    return name


def _clean_name(name: str) -> str:
    plain = "".join(" " if each == "," else each for each in name if each.isprintable()).strip()
    return plain[:TOKEN_NAME_LENGTH_MAX].strip() or "token"


def _is_enabled(row: Row, units: int, now_ms: int) -> bool:
    """There a token that ran out of time or quota is marked so; here it is judged each time."""
    status = number(row, "status", ENABLED)
    if status == EXPIRED:
        return 0 <= number(row, "expired_time", NEVER) * 1000 <= now_ms
    if status == EXHAUSTED:
        return not flag(row, "unlimited_quota") and units <= 0
    return status == ENABLED


def _words(listed: str) -> list[str]:
    return list(dict.fromkeys(word for each in listed.split(",") if (word := each.strip())))


def _networks(listed: str) -> tuple[list[str], bool]:
    """False: there is something that is none, so nothing can be said of who may call."""
    nets: list[str] = []
    for word in listed.replace(",", "\n").split():
        try:
            ip_network(word, strict=False)
        except ValueError:
            return [], False
        nets.append(word)
    return list(dict.fromkeys(nets)), True
