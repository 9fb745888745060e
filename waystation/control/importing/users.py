"""Users: who they are, how they sign in, and what they have."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import func, insert, select

from waystation.control.apply.read_accounts import EMAIL_LENGTH_MAX
from waystation.control.importing.remembered import ids_by
from waystation.control.importing.report import Total
from waystation.control.importing.source import Row, number, pages, text
from waystation.control.importing.work import Work
from waystation.control.mail.address import NO_ADDRESS
from waystation.identity.passwords import is_bcrypt
from waystation.ledger.messages import Transfer
from waystation.storage.database import next_epoch
from waystation.storage.main import accounts, profiles

ENABLED, DELETED = 1, 3
ADMIN, ROOT = 10, 100
_COLUMNS = (
    "id", "username", "password", "display_name", "role", "status", "email", "quota", "group",
    "deleted_at", "aff_quota", "created_at", "remark",
)  # fmt: skip
_EMAIL = re.compile(r"[^@\s,<>\"']+@[^@\s,<>\"']+\.[^@\s,<>\"']+")
_PLAIN = re.compile(r"[a-z0-9._-]{1,64}")


class Person(msgspec.Struct, frozen=True):
    """units: of quota, below 0 a debt. opened_nanos: what the account begins with here."""

    foreign_id: str
    username: str
    email: str
    units: int
    opened_nanos: int
    columns: Mapping[str, Any]
    name: str
    note: str


class Users:
    """spent: nanos of the log rows that come along, by their user's id: they are charged here
    again, so an account is opened with them on top of its balance."""

    def __init__(self, work: Work, spent: Mapping[int, int]) -> None:
        self._work = work
        self._spent = spent
        self._total = work.total("users")
        self._taken: set[str] = set()
        self._unclaimed = 0

    async def run(self) -> None:
        work = self._work
        async with work.database.read() as connection:
            known = await work.remembered.known(connection, "user")
        work.accounts |= {theirs: ours for theirs, ours in known.items() if ours is not None}
        async for page in pages(work.source, "users", _COLUMNS):
            people = [one for row in page if (one := self._judge(row, known)) is not None]
            await self._bring(people)
        if self._unclaimed:
            work.report.note(
                f"{self._unclaimed} units of invitation rewards that nobody has claimed stay behind"
            )
        await self._confirm(self._total)

    def _judge(self, row: Row, known: Mapping[str, int | None]) -> Person | None:
        report, total = self._work.report, self._total
        foreign_id, username, units = str(row["id"]), text(row, "username"), number(row, "quota")
        total.there += 1
        total.units_there += units
        if row.get("deleted_at") is not None or number(row, "status", ENABLED) == DELETED:
            report.leave(total, foreign_id, username, "deleted there", units)
            return None
        if foreign_id in known:
            return None
        self._unclaimed += number(row, "aff_quota")
        return self._person(row, foreign_id, username, units)

    def _person(self, row: Row, foreign_id: str, username: str, units: int) -> Person:
        work = self._work
        role, password = number(row, "role", 1), text(row, "password")
        if role == ADMIN:
            work.report.note(f"user {username!r} was an administrator, which is a user here")
        if password and not is_bcrypt(password):
            work.report.note(f"user {username!r} must set a new password: the hash is not bcrypt")
        if units < 0:
            work.report.note(f"user {username!r} owes {-units} units: noted, the balance is 0")
        columns = {
            "role": "operator" if role >= ROOT else "user",
            "password_hash": password if is_bcrypt(password) else None,
            "account_group": text(row, "group") or "default",
            "enabled": number(row, "status", ENABLED) == ENABLED,
            "created_ms": number(row, "created_at") * 1000 or work.now_ms,
        }
        opened = work.units.nanos(units) + self._spent.get(int(foreign_id), 0)
        return Person(
            foreign_id, username, text(row, "email").lower(), units, opened, columns,
            text(row, "display_name"), text(row, "remark"),
        )  # fmt: skip

    async def _bring(self, people: list[Person]) -> None:
        """One transaction, then the ledger."""
        work = self._work
        if not people:
            return
        if work.dry:
            async with work.database.read() as connection:
                await self._addresses(connection, people)
            for person in people:
                work.accounts[person.foreign_id] = work.invented_id()
                self._total.new += 1
                self._total.here += 1
                self._total.units_here += person.units
            return
        async with work.database.write() as connection:
            epoch = await next_epoch(connection, routing=False)
            addresses = await self._addresses(connection, people)
            rows = [
                {**person.columns, "email": email, "changed_epoch": epoch}
                for person, email in zip(people, addresses, strict=True)
            ]
            await connection.execute(insert(accounts), rows)
            ids = await ids_by(connection, accounts.c.email, addresses)
            await self._write_rest(connection, people, ids)
        work.accounts |= {person.foreign_id: one for person, one in zip(people, ids, strict=True)}
        self._total.new += len(people)
        await work.tell()

    async def _write_rest(self, connection: Any, people: list[Person], ids: list[int]) -> None:
        work = self._work
        both = list(zip(people, ids, strict=True))
        await connection.execute(
            insert(profiles),
            [
                {
                    "id": one,
                    "name": person.name or person.username,
                    "confirmed_ms": person.columns["created_ms"],
                    "note": person.note,
                }
                for person, one in both
            ],
        )
        remember = work.remembered.remember
        users = [
            {"foreign_id": person.foreign_id, "our_id": one, "units": person.units,
             "nanos": person.opened_nanos}
            for person, one in both
        ]  # fmt: skip
        await remember(connection, "user", users, work.now_ms)
        names = [{"foreign_id": person.username, "our_id": one} for person, one in both]
        await remember(connection, "username", names, work.now_ms)
        await work.promise_to_tell(connection, "account", [str(one) for one in ids], [])
        transfers = [_opening(work, person, one) for person, one in both if person.opened_nanos]
        refs = [f"{each.account_id}/{each.id}" for each in transfers]
        payloads = [msgspec.json.encode(each) for each in transfers]
        if refs:
            await work.promise_to_tell(connection, "transfer", refs, payloads)

    async def _addresses(self, connection: Any, people: list[Person]) -> list[str]:
        """Each account's: the user's own where it is one and nobody's else, or one of ours."""
        asked = {person.email for person in people if person.email}
        asked |= {made_up(person) for person in people}
        there: set[str] = set()
        listed = sorted(asked)
        for at in range(0, len(listed), 500):
            query = select(accounts.c.email).where(accounts.c.email.in_(listed[at : at + 500]))
            there |= set((await connection.execute(query)).scalars())
        return [self._address(person, there) for person in people]

    def _address(self, person: Person, there: set[str]) -> str:
        email = person.email
        usable = len(email) <= EMAIL_LENGTH_MAX and email.isprintable()
        if usable and _EMAIL.fullmatch(email) and email not in there | self._taken:
            self._taken.add(email)
            return email
        if email:
            self._work.report.note(
                f"user {person.username!r} cannot have the address {email!r} here (another's, or "
                "none), and signs in by name"
            )
        address = made_up(person)
        if address in there or address in self._taken:
            address = f"user-{person.foreign_id}-{self._work.report.origin}@{NO_ADDRESS}"
        self._taken.add(address)
        return address

    async def _confirm(self, total: Total) -> None:
        """What is here now, by our own rows."""
        work = self._work
        if work.dry:
            async with work.database.read() as connection:
                many, units, _ = await work.remembered.totals(connection, "user")
            total.here += many
            total.units_here += units
            return
        async with work.database.read() as connection:
            mine = accounts.c.id.in_(work.accounts.values()) if len(work.accounts) < 500 else None
            many, units, _ = await work.remembered.totals(connection, "user")
            if mine is not None:
                counted = select(func.count()).select_from(accounts).where(mine)
                many = int((await connection.execute(counted)).scalar_one())
        total.here, total.units_here = many, units


def made_up(person: Person) -> str:
    name = person.username.lower()
    return f"{name if _PLAIN.fullmatch(name) else f'user-{person.foreign_id}'}@{NO_ADDRESS}"


def _opening(work: Work, person: Person, account_id: int) -> Transfer:
    return Transfer(
        account_id=account_id,
        id=f"import:{work.report.origin}:{person.foreign_id}",
        kind="opening",
        nanos=person.opened_nanos,
        note=f"{work.report.origin} user {person.foreign_id}",
    )
