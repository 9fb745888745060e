"""Sign-ins through others: who somebody is at GitHub, at an OpenID Connect server, and at what else
this installation has a provider for. The rest stays, and is listed."""

from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.importing.sign_in_places import TITLES, Options, Places
from waystation.control.importing.source import Row, known_columns, number, pages, text
from waystation.control.importing.work import Work
from waystation.control.providers import named
from waystation.storage.main import identities

_CHUNK = 500
_SUBJECTS = ("sub", "id", "user_id")
"""Fields of userinfo by which our providers know somebody."""
_NAME = "a name at GitHub, which may be somebody else's by now: `--github-names` takes such names"


class Binding(NamedTuple):
    foreign_id: str
    who: str
    provider_id: int
    subject: str
    account_id: int


class SignIns:
    """github_names: names at GitHub are believed, too. one-api has nothing else, older versions of
    new-api neither; the number that never changes takes the name's place at the first sign-in."""

    def __init__(self, work: Work, options: Options, *, github_names: bool) -> None:
        self._work = work
        self._names = github_names
        self._places = Places(work, options)
        self._total = work.total("sign-ins")
        self._known: set[str] = set()
        self._taken: set[tuple[int, str]] = set()

    async def run(self) -> None:
        work = self._work
        async with work.database.read() as connection:
            self._known = set(await work.remembered.known(connection, "sign-in"))
        await self._places.look()
        for column in await known_columns(work.source, "users", tuple(TITLES)):
            await self._column(column)
        await self._own_making()

    async def _column(self, column: str) -> None:
        source, provider_id, looked = self._work.source, None, False
        where = f" AND {source.quoted(column)} <> ''"
        async for page in pages(source, "users", ("id", column), where):
            if not looked:  # nothing is made here for what nobody uses there
                provider_id, looked = await self._places.of_column(column), True
            await self._bring(
                [one for row in page if (one := self._judge(row, column, provider_id)) is not None]
            )

    def _judge(self, row: Row, column: str, provider_id: int | None) -> Binding | None:
        subject, place = text(row, column), TITLES[column]
        if column == "github_id" and not (subject.isdecimal() and self._work.system == "new-api"):
            if not self._names:
                self._leave(f"{column}:{row['id']}", subject, _NAME)
                return None
            subject = named(subject)
        return self._binding(f"{column}:{row['id']}", str(row["id"]), subject, provider_id, place)

    async def _own_making(self) -> None:
        """Of new-api: providers that its operator made."""
        source = self._work.source
        wanted = ("user_id", "provider_id", "provider_user_id")
        if not await known_columns(source, "user_oauth_bindings", wanted):
            return
        made = {}
        names = ("id", "name", "token_endpoint", "user_id_field")
        async for page in pages(source, "custom_oauth_providers", names):
            for row in page:
                usual = (text(row, "user_id_field") or "sub") in _SUBJECTS
                found = self._places.by_token_url(text(row, "token_endpoint")) if usual else None
                made[number(row, "id")] = found, text(row, "name")
        async for page in pages(source, "user_oauth_bindings", ("id", *wanted)):
            bindings = []
            for row in page:
                provider_id, place = made.get(number(row, "provider_id"), (None, "no provider"))
                one = self._binding(
                    f"binding:{row['id']}", str(number(row, "user_id")),
                    text(row, "provider_user_id"), provider_id, place,
                )  # fmt: skip
                bindings += [one] if one is not None else []
            await self._bring(bindings)

    def _binding(
        self, foreign_id: str, user_id: str, subject: str, provider_id: int | None, place: str
    ) -> Binding | None:
        account_id = self._work.accounts.get(user_id)
        if foreign_id in self._known:
            self._total.there += 1
            self._total.here += 1
            return None
        if account_id is None:
            self._leave(foreign_id, subject, "its user is not here")
        elif provider_id is None:
            self._leave(foreign_id, subject, f"no provider here for {place}")
        elif (provider_id, subject) in self._taken or not subject or len(subject) > 200:
            self._leave(foreign_id, subject, "another user's there, or none")
        else:
            self._taken.add((provider_id, subject))
            self._total.there += 1
            return Binding(foreign_id, user_id, provider_id, subject, account_id)
        return None

    def _leave(self, foreign_id: str, subject: str, reason: str) -> None:
        self._total.there += 1
        self._work.report.leave(self._total, foreign_id, subject, reason)

    async def _bring(self, bindings: list[Binding]) -> None:
        work, total = self._work, self._total
        if not bindings:
            return
        if work.dry:
            async with work.database.read() as connection:
                kept = self._kept(bindings, await _owners(connection, bindings))
            total.here += len(kept)
            total.new += len(kept)
            return
        async with work.database.write() as connection:
            owners = await _owners(connection, bindings)
            kept = self._kept(bindings, owners)
            rows = [
                {
                    "provider_id": one.provider_id,
                    "subject": one.subject,
                    "account_id": one.account_id,
                    "created_ms": work.now_ms,
                }
                for one in kept
                if (one.provider_id, one.subject) not in owners
            ]
            if rows:
                await connection.execute(insert(identities), rows)
            facts = [{"foreign_id": one.foreign_id, "our_id": one.account_id} for one in kept]
            await work.remembered.remember(connection, "sign-in", facts, work.now_ms)
        total.here += len(kept)
        total.new += len(kept)

    def _kept(self, bindings: list[Binding], owners: dict[tuple[int, str], int]) -> list[Binding]:
        """Those that are nobody else's here."""
        kept = []
        for one in bindings:
            if owners.get((one.provider_id, one.subject), one.account_id) == one.account_id:
                kept.append(one)
            else:
                reason = "somebody else's here"
                self._work.report.leave(self._total, one.foreign_id, one.subject, reason)
        return kept


async def _owners(
    connection: AsyncConnection, bindings: list[Binding]
) -> dict[tuple[int, str], int]:
    """Whose each is here already."""
    found: dict[tuple[int, str], int] = {}
    for provider_id in {one.provider_id for one in bindings}:
        subjects = [one.subject for one in bindings if one.provider_id == provider_id]
        for at in range(0, len(subjects), _CHUNK):
            query = select(identities.c.subject, identities.c.account_id).where(
                identities.c.provider_id == provider_id,
                identities.c.subject.in_(subjects[at : at + _CHUNK]),
            )
            for subject, account_id in await connection.execute(query):
                found[provider_id, subject] = account_id
    return found
